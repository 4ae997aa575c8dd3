"""The shape of canonical message v1, and why input may be refused.

Records that msgspec reads and writes; `edge.wire` says what they mean.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from edge.reading import Quality, Reading, TimeSource


class Reason(StrEnum):
    """Why input was refused: metric label and dead-letter reason."""

    NOT_UTF8 = "not_utf8"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    WRONG_TYPE = "wrong_type"
    MISSING_KEY = "missing_key"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_TOPIC = "unknown_topic"
    IDENTITY_MISMATCH = "identity_mismatch"
    TIME_TOO_OLD = "time_too_old"
    TIME_IN_FUTURE = "time_in_future"
    WRONG_UNIT = "wrong_unit"
    BAD_RESOLUTION = "bad_resolution"
    TOO_MANY_RECORDS = "too_many_records"
    BAD_NAME = "bad_name"
    BAD_TEXT = "bad_text"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_DEVICE = "unknown_device"
    ID_REUSED = "id_reused"
    WRONG_SITE = "wrong_site"
    BAD_FRAME = "bad_frame"
    BAD_CHECKSUM = "bad_checksum"
    NO_CODEC = "no_codec"
    FLOOD = "flood"


class Rejection(Struct, frozen=True, gc=False):
    """One message or one record of it was refused, and why.

    `stranger` is the name that the registry does not know, where that is the reason.
    """

    reason: Reason
    detail: str
    stranger: str = ""


class WireError(Exception):
    """Input was refused; nothing of it may be used."""

    def __init__(self, reason: Reason, detail: str, stranger: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
        self.stranger = stranger

    @property
    def rejection(self) -> Rejection:
        """The refusal as a value, for counters and dead letters."""
        return Rejection(self.reason, self.detail, self.stranger)


_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Version = Annotated[int, Meta(ge=0, le=65_535)]


class Record(Struct, frozen=True, gc=False):
    """One entry of `e`: name, unit, value or text, resolution, seconds relative to the base."""

    n: str
    u: str | UnsetType = UNSET
    v: float | UnsetType = UNSET
    vs: str | UnsetType = UNSET
    r: float | UnsetType = UNSET
    t: float | UnsetType = UNSET


class Message(Struct, frozen=True, gc=False):
    """The keys of message v1; times are seconds since the epoch."""

    dev: str
    seq: _Count
    t: float
    e: tuple[Record, ...]
    v: _Version | UnsetType = UNSET
    id: str | UnsetType = UNSET
    src: str | UnsetType = UNSET
    boot: _Count | UnsetType = UNSET
    tsrc: TimeSource | UnsetType = UNSET
    off: float | UnsetType = UNSET
    rx: float | UnsetType = UNSET
    h: bool | UnsetType = UNSET
    q: Quality | UnsetType = UNSET
    wm: float | UnsetType = UNSET


class Decoded(Struct, frozen=True, gc=False):
    """What a message came to: its identity, its sound readings, its refused records."""

    device: str
    boot: int
    seq: int
    digest: int
    readings: tuple[Reading, ...]
    rejected: tuple[Rejection, ...]
