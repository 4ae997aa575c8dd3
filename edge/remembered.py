"""The parts of the pipeline as they go into a checkpoint: plain records, beside what they record.

They have a module of their own since the parts themselves may be compiled, and the fields of
these records are read off by msgspec, which a compiled class does not allow.
"""

from typing import Final

from msgspec import Struct, field

from edge.outage import Outage

NEVER_NS: Final = -(2**63)


class NamesState(Struct, array_like=True):
    """The names of a device's last messages, and the checksums of what they said (4 bytes each).

    `runs` holds boot, first sequence number and length of each run, one after the other. Older
    checkpoints hold other digests in the place of the checksums.
    """

    runs: list[int] = field(default_factory=list)
    digests: bytes = b""
    checksums: bytes = b""


class GapsState(Struct, array_like=True):
    """The last gaps, as they came."""

    recent_ns: list[int] = field(default_factory=list)


class RhythmState(Struct, array_like=True):
    """When a device was last heard, and the last gaps before that."""

    last_ns: int | None = None
    heard: int = 0
    counted_ns: int = 0
    newest_ns: int = 0
    arrival_gaps: GapsState = field(default_factory=GapsState)
    event_gaps: GapsState = field(default_factory=GapsState)


class PresenceState(Struct, array_like=True):
    """A device's silence and rhythm.

    `base_ns` and `missed_ns` are where its account stood when its silence began to count;
    `began_ns` is when it could first be heard.
    """

    base_ns: int = 0
    missed_ns: int = 0
    began_ns: int | None = None
    adapter: str | None = None
    rhythm: RhythmState = field(default_factory=RhythmState)


class ListeningState(Struct, array_like=True):
    """An account of listening: what was listened through and what was not, and since when."""

    total_ns: int = 0
    missed_ns: int = 0
    open_ns: int | None = None
    shut_ns: int | None = None
    fresh_ns: int = 0
    fresh_missed_ns: int = 0


class HearingState(Struct, array_like=True):
    """The accounts of the edge's own link and of each adapter."""

    up: bool = False
    proof_ns: int = 0
    edge: ListeningState = field(default_factory=ListeningState)
    adapters: dict[str, ListeningState] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)


class ClockState(Struct, array_like=True):
    """One clock of a device that was wrong or late at its last live message."""

    offset_ns: int = 0
    lates_ns: list[int] = field(default_factory=list)
    counted_ns: int = NEVER_NS
    newest_ns: int = NEVER_NS
    silent: bool = False
    newest_late_ns: int = 0


class Counts(Struct, frozen=True, gc=False):
    """What became of the samples of one meter since it was first seen.

    A verdict may be another when later samples are known; those older than the window stay.
    """

    glitches: int = 0
    suspects: int = 0
    unit_mistakes: int = 0
    resets: int = 0
    rollovers: int = 0
    breaks: int = 0
    excursions: int = 0
    declared: int = 0
    conflicts: int = 0
    estimated: int = 0
    trimmed: int = 0
    too_late: int = 0
    unusable: int = 0


class MeterState(Struct, array_like=True):
    """A meter: every sample of its window, and what was settled about those before.

    `boots` holds one number where it is the same for every sample.
    """

    times_ns: bytes
    volumes_ml: bytes
    boots: bytes
    conflicts_ns: list[int]
    offset_ml: int
    begun_ns: int
    resolution_ml: int
    resolution_at_ns: int
    fault_times_ns: bytes
    fault_texts: list[str]
    counts: Counts


class SupplyState(Struct, array_like=True):
    """What a group remembers: when each home last used water, the longest pause of each day."""

    last_use_ns: dict[str, int] = field(default_factory=dict)
    pauses_ns: dict[int, int] = field(default_factory=dict)
    newest_use_ns: int | None = None
    outages: list[Outage] = field(default_factory=list)
