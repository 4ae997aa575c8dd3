"""What a device profile is: bytes of one vendor in, readings of our channels out.

A profile is one file of this folder with a `PROFILE` and the recorded payloads that prove it.
It is pure and total: no clock, no I/O, and any bytes are decoded or refused with a `WireError`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from hashlib import blake2b
from math import isfinite
from typing import Any
from unicodedata import normalize
from zlib import crc32

from msgspec import Struct, msgpack

from edge import strict_json
from edge.credential import NO_CREDENTIAL, Credential
from edge.profiles.channel import channel
from edge.reading import SECOND_NS, Kind, Quality, TimeSource
from edge.wire import (
    CLOCK_NS_MAX,
    CLOCK_NS_MIN,
    RECORDS_MAX,
    RESOLUTION_M3_MAX,
    RESOLUTION_M3_MIN,
    Reason,
    Rejection,
    WireError,
)

CHINA_H = 8.0
"""Hours ahead of UTC of a device that writes local time and no zone."""


class VendorReading(Struct, frozen=True):
    """One value of one channel, in the channel's unit; `resolution` is the register's tick in it.

    `at_ns` is when it was true, by `clock`. `historical` means that the device sent it late, or
    that it belongs to the past anyway: store and evaluate it, never page as if it were now.
    """

    kind: Kind
    channel: str
    value: float | str
    at_ns: int
    clock: TimeSource = TimeSource.DEVICE
    quality: Quality = Quality.GOOD
    historical: bool = False
    resolution: float = 0.0


class VendorMessage(Struct, frozen=True, dict=True):
    """What one device said at once, still under its vendor's name ("chirpstack:0102...").

    `(vendor_id, boot, seq)` names it: a second message of that name with the same `digest` is a
    copy. `said` is what all copies share, whenever they were relayed: never a time of receipt.
    `rejected` are the values that could not be used, beside those that could. `credential` is the
    card that was shown: no reading and nothing `said`, so that only its token can go further.
    """

    vendor_id: str
    boot: int
    seq: int
    said: bytes
    readings: tuple[VendorReading, ...]
    rejected: tuple[Rejection, ...] = ()
    credential: Credential = NO_CREDENTIAL

    @cached_property
    def digest(self) -> int:
        """The checksum (CRC-32) of `said`."""
        return crc32(self.said)


VendorMessages = tuple[VendorMessage, ...]
"""Empty when the payload is sound and says nothing about a device (a heartbeat of a gateway)."""


class Expected(Struct, frozen=True):
    """A reading that a recorded payload must give, in the order in which it must give it."""

    device: str
    channel: str
    value: float | str
    at_ns: int
    quality: Quality = Quality.GOOD
    historical: bool = False


class Recorded(Struct, frozen=True):
    """A payload as a device sent it, and what it must become: readings, or one refusal."""

    name: str
    topic: str
    payload: bytes
    received_ns: int
    expected: tuple[Expected, ...] | Reason


Claims = Callable[[str, bytes], bool]
Decode = Callable[[str, bytes, int], VendorMessages]


@dataclass(frozen=True, slots=True)
class Profile:
    """One vendor's format.

    `filters` are the MQTT subscriptions that bring it; none for HTTP push.
    `claims(topic, payload)` says whether a payload is of this format: cheap, total, and never
    true of another profile's recorded payloads. `decode(topic, payload, received_ns)` raises
    WireError and nothing else.
    """

    name: str
    kinds: tuple[Kind, ...]
    filters: tuple[str, ...]
    claims: Claims
    decode: Decode


class Sheet:
    """The readings of one message as they are collected; what is refused costs its own place.

    `at_ns` and `clock` hold for every reading that does not bring its own time.
    """

    def __init__(self, vendor_id: str, received_ns: int, at_ns: int, clock: TimeSource) -> None:
        check_time(at_ns)
        self.vendor_id = vendor_id
        self.received_ns = received_ns
        self.at_ns = at_ns
        self.clock = clock
        self.readings: list[VendorReading] = []
        self.rejected: list[Rejection] = []
        self.credential = NO_CREDENTIAL

    def add(  # noqa: PLR0913  (the optional fields of a reading, all by name)
        self,
        kind: Kind,
        name: str,
        value: Any,
        *,
        at_ns: int | None = None,
        clock: TimeSource | None = None,
        quality: Quality = Quality.GOOD,
        historical: bool = False,
        resolution: float = 0.0,
    ) -> None:
        """Take one value, or note why not; `value` may be whatever the vendor's JSON held."""
        try:
            moment_ns = self.at_ns if at_ns is None else at_ns
            check_time(moment_ns)
            sound = channel(name).checked(value)
            _check_resolution(name, resolution)
        except WireError as error:
            self.rejected.append(error.rejection)
            return
        if len(self.readings) >= RECORDS_MAX:
            raise WireError(Reason.TOO_MANY_RECORDS, f"over {RECORDS_MAX} readings in a message")
        self.readings.append(
            VendorReading(
                kind,
                name,
                sound,
                moment_ns,
                self.clock if clock is None else clock,
                quality,
                historical,
                resolution,
            )
        )

    def reject(self, error: WireError) -> None:
        """Note a value that could not be used."""
        self.rejected.append(error.rejection)

    def message(self, *, seq: int, boot: int = 0, said: bytes | None = None) -> VendorMessage:
        """All that was collected, under its name; `said` defaults to the readings themselves.

        Raises:
            WireError: `seq` or `boot` is not a count from 0 to 2**63 - 1.
        """
        if said is None:
            said = msgpack.encode(self.readings)
        return VendorMessage(
            self.vendor_id, count(boot, "boot"), count(seq, "seq"), said,
            tuple(self.readings), tuple(self.rejected), self.credential,
        )  # fmt: skip


def _check_resolution(name: str, resolution: float) -> None:
    sound = not resolution or RESOLUTION_M3_MIN <= resolution <= RESOLUTION_M3_MAX
    if name == "water.total" and not sound:
        raise WireError(Reason.BAD_RESOLUTION, "a tick of 1e-6 to 1 m3 is believed")


def vendor_id(vendor: str, *parts: str) -> str:
    """The name "vendor:part/part" under which the registry may know a device.

    Raises:
        WireError: a part is empty, or the whole is over 128 printable signs.
    """
    name = normalize("NFC", f"{vendor}:{'/'.join(parts)}")  # as `edge.vendor_name` spells it
    if not all(parts) or len(name) > _ID_LENGTH_MAX or not name.isprintable():
        raise WireError(Reason.BAD_NAME, f"{vendor}: an id has 1 to {_ID_LENGTH_MAX} signs")
    return name


def json_object(payload: bytes) -> dict[str, Any]:
    """The JSON object that `payload` is, by the strict rules of `edge.strict_json`.

    Raises:
        WireError: it is not one.
    """
    value = json_value(payload)
    if not isinstance(value, dict):
        raise WireError(Reason.WRONG_TYPE, "not an object")
    return value


def json_value(payload: bytes) -> Any:
    """The JSON value that `payload` is, by the strict rules of `edge.strict_json`.

    Raises:
        WireError: it is not strict JSON.
    """
    try:
        return strict_json.parse(payload)
    except strict_json.JsonError as error:
        raise WireError(Reason(error.fault.value), error.detail) from None


def member(table: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    """`table[key]`, which must be a `kind`; True and False are no int, and an int is a float.

    Raises:
        WireError: it is missing or of another type. The detail names the key, never the value.
    """
    if key not in table:
        raise WireError(Reason.MISSING_KEY, f"{key!r} is missing")
    value = table[key]
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise WireError(Reason.WRONG_TYPE, f"{key!r} is not a {kind.__name__}")
    return value


def number(value: Any, name: str) -> float:
    """`value` as a finite float; a text that spells a number is one (old firmware quotes them).

    Raises:
        WireError: it is not.
    """
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not a number")
    if not isfinite(value):
        raise WireError(Reason.NOT_FINITE, f"{name!r} is not a finite number")
    return float(value)


def count(value: Any, name: str) -> int:
    """`value` as an int from 0 to 2**63 - 1.

    Raises:
        WireError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not a whole number")
    if not 0 <= value < 2**63:
        raise WireError(Reason.OUT_OF_RANGE, f"{name!r} is not from 0 to 2**63 - 1")
    return value


def instant_ns(text: Any, name: str, *, utc_offset_h: float | None = None) -> int:
    """The moment that an ISO 8601 text names, to the nanosecond ("Z", "+08:00", "+0800").

    Accepts extended and basic form, "T" or a blank between, and up to 9 digits of fraction.
    A text without zone is read `utc_offset_h` hours ahead of UTC; without that it is refused.

    Raises:
        WireError: it names none.
    """
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not an ISO 8601 time")
    *date, fraction, zone = match.groups()
    if zone is None and utc_offset_h is None:
        raise WireError(Reason.WRONG_TYPE, f"{name!r} has no zone")
    try:
        tz = timezone(timedelta(hours=utc_offset_h or 0.0)) if zone is None else _zone(zone)
        moment = datetime(*map(int, date), tzinfo=tz)  # type: ignore[misc,arg-type]
        whole_s = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is no time of the calendar") from None
    return whole_s * SECOND_NS + int((fraction or "").ljust(9, "0")[:9])


def epoch_ns(value: Any, name: str, *, per_s: int = 1) -> int:
    """The moment `value` units after 1970 (UTC), `per_s` units a second: 1000 for milliseconds.

    Raises:
        WireError: it is not a number, or far outside any calendar.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        at_ns = value * SECOND_NS // per_s
    else:
        at_s = number(value, name) / per_s
        if abs(at_s) > _CALENDAR_S_MAX:
            raise WireError(Reason.OUT_OF_RANGE, f"{name!r} is outside any calendar")
        at_ns = round(at_s * 1e6) * 1_000
    if not -(2**63) <= at_ns < 2**63:
        raise WireError(Reason.OUT_OF_RANGE, f"{name!r} is outside any calendar")
    return at_ns


def check_time(at_ns: int) -> None:
    """Return when a clock, even one never set, may show `at_ns`: about 1970 to 2106.

    Whether it is right is for the gate to judge (`edge.offset`).

    Raises:
        WireError: it may not.
    """
    if at_ns < CLOCK_NS_MIN:
        raise WireError(Reason.TIME_TOO_OLD, "no clock shows less than 1970")
    if at_ns > CLOCK_NS_MAX:
        raise WireError(Reason.TIME_IN_FUTURE, "no clock shows over 2106")


def seq_of(text: str | bytes) -> int:
    """A number for a vendor's message id that is no number: 63 bits of its blake2b."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1


def _zone(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > _HOURS_ONLY else 0
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID_LENGTH_MAX = 128
_CALENDAR_S_MAX = 1e10
_HOURS_ONLY = 3
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?")
_INSTANT = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]?([0-9]{2}):?([0-9]{2}):?([0-9]{2})"
    r"(?:[.,]([0-9]{1,12}))?\s?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
