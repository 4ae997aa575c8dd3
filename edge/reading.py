"""The values that every room speaks: readings, findings and their evidence.

Records are frozen and carry no behaviour; times are integer nanoseconds since the
Unix epoch (UTC), always named `*_ns`.
"""

from enum import IntEnum, StrEnum
from hashlib import blake2b
from typing import Final

from msgspec import Struct

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 3_600 * SECOND_NS
DAY_NS: Final = 24 * HOUR_NS


class Kind(StrEnum):
    """What a device measures or watches: the `{kind}` segment of its topic."""

    WATER = "water"
    ELEC = "elec"
    GAS = "gas"
    HEAT = "heat"
    DOOR = "door"
    FACE = "face"
    CAM = "cam"
    LIFT = "lift"
    PLUG = "plug"
    LEAK = "leak"
    SMOKE = "smoke"
    SOS = "sos"
    ENV = "env"


class Quality(StrEnum):
    """How far a value may be trusted, as its source or the edge judged it."""

    GOOD = "good"
    SUSPECT = "suspect"
    STALE = "stale"
    FAULT = "fault"
    CLOCK_UNSET = "clock_unset"
    ESTIMATED = "estimated"


class TimeSource(StrEnum):
    """Whose clock `at_ns` came from."""

    METER = "meter"
    DEVICE = "device"
    GATEWAY = "gateway"
    NETWORK = "network"
    RECEIVER = "receiver"
    UNSET = "unset"


class Reading(Struct, frozen=True, array_like=True, gc=False):
    """One value of one channel of one device, as admitted by the edge.

    `unit` is the dwelling that the topic named; the registry, asked at `at_ns`, has the
    last word. `value` is in the channel's canonical unit of measure (water in m3) or a
    text for status channels; `resolution` is the register's tick in that same unit, 0
    where unknown. `(device, boot, seq)` identifies the message it came in. `offset_ns` is what
    the edge added to the time that the source gave, and is part of `at_ns` already.
    """

    device: str
    unit: str
    kind: Kind
    channel: str
    value: float | str
    at_ns: int
    received_ns: int
    clock: TimeSource
    quality: Quality
    historical: bool
    seq: int
    boot: int
    resolution: float = 0.0
    offset_ns: int = 0


class Tier(IntEnum):
    """How urgent a finding is; the lower, the sooner a person must be told."""

    URGENT = 1
    IMPORTANT = 2
    GENERAL = 3
    INFO = 0


class FindingState(StrEnum):
    """What a finding says of its condition."""

    RAISED = "raised"
    UPDATED = "updated"
    CLEARED = "cleared"


class Timeliness(StrEnum):
    """How old the data were when the finding was made.

    LIVE and LATE findings are for people (late ones say so); BACKFILL ones are history,
    stored and never paged.
    """

    LIVE = "live"
    LATE = "late"
    BACKFILL = "backfill"


class Evidence(Struct, frozen=True):
    """Why a finding was made, in numbers and in one sentence of each language.

    `seen` and `usual` map a name with its unit (`volume_l`, `silence_h`) to a number or a
    text. `complete_until_ns` is the watermark the finding rests on. `delay_s_worst` is the
    longest time this rule can take for this home or device, at its observed interval.
    """

    seen: dict[str, float | str]
    usual: dict[str, float | str]
    complete_until_ns: int
    delay_s_worst: float
    sentence_zh: str
    sentence_en: str


class Finding(Struct, frozen=True):
    """One statement of one rule about one subject.

    `id` is stable over every replay of the same input; `revision` counts its statements
    from 0, so `(id, revision)` is the idempotency key. `subject` is a path of opaque codes:
    `site/building/unit`, or `site/building/unit/device` where the device itself is meant.
    """

    id: str
    revision: int
    rule: str
    rule_version: int
    subject: str
    category: str
    tier: Tier
    state: FindingState
    since_ns: int
    at_ns: int
    timeliness: Timeliness
    evidence: Evidence


def finding_id(rule: str, subject: str, since_ns: int) -> str:
    """The id of the finding that `rule` makes about `subject` since `since_ns`: 16 hex digits."""
    return blake2b(f"{rule}\n{subject}\n{since_ns}".encode(), digest_size=8).hexdigest()
