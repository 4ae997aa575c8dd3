"""Canonical message v1: any bytes on any topic become readings, or a WireError.

A typed decoder reads the sound messages; whatever it cannot vouch for goes through the
strict parser, which either comes to the same message or names the reason.
"""

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any, Final, cast
from zlib import crc32

import msgspec
from msgspec import UNSET, UnsetType

from edge import credential, entry, strict_json, topic
from edge.nearest import nearest
from edge.reading import DAY_NS, SECOND_NS, Kind, Quality, Reading, TimeSource
from edge.topic import DeviceTopic, TopicError, Verb
from edge.wire_form import Decoded, Message, Reason, Record, Rejection, WireError

__all__ = ["Decoded", "Message", "Reason", "Record", "Rejection", "WireError", "decode", "encode"]

PAYLOAD_BYTES_MAX: Final = strict_json.BYTES_MAX
RECORDS_MAX: Final = 1_000
TEXT_LENGTH_MAX: Final = 256
AT_NS_MIN: Final = 1_293_840_000 * 1_000_000_000
"""2011-01-01: a device that claims to be older has no clock; unset ones show 1970 to 2010."""
CLOCK_NS_MIN: Final = -DAY_NS
CLOCK_NS_MAX: Final = 2**32 * SECOND_NS
"""From the day before 1970 (a zone ahead of UTC) to 2106: what a clock, even unset, may show."""
VOLUME_M3_MAX: Final = 1e9
RESOLUTION_M3_MIN: Final = 1e-6
RESOLUTION_M3_MAX: Final = 1.0


def decode(topic_text: str, payload: bytes, received_ns: int) -> Decoded:
    """The readings of `payload`, which came on `topic_text` at `received_ns`.

    A record that cannot be used is in `rejected`, and its neighbours are kept. Times are as the
    device's clock, right or wrong, gave them: to judge that is the gate's business.

    Raises:
        WireError: the message as a whole cannot be used; never any other error.
    """
    place = _place(topic_text)
    message, said, rejected = _typed(payload) or _strict(payload)
    _check_message(message, place)
    shared = _shared(message, place, received_ns)
    readings = []
    for record in message.e:
        try:
            readings.append(_reading(record, message.t, shared))
        except WireError as error:
            rejected.append(error.rejection)
    return Decoded(
        message.dev,
        message.boot or 0,
        message.seq,
        crc32(said),
        tuple(readings),
        tuple(rejected),
    )


Origin = tuple[str, str, Kind, bool]
"""What the topic of a device says: device, home, kind, whether what comes on it is history."""


def origin(place: DeviceTopic) -> Origin:
    """`place`, for `plain`; it carries observations."""
    return place.dev, place.unit, place.kind, place.verb is Verb.HIST


def plain(by: Origin, payload: bytes, received_ns: int) -> entry.Message | None:
    """What `decode` makes of a message of which nothing is refused, sooner.

    None: that is for `decode` to say.
    """
    message = _parsed(payload)
    if message is None:
        return None
    parts = _astuple(message)
    if payload.count(_COLON) != _keys(parts, message.e):
        return None
    device, seq, base_s, records, v, name, src, boot, clock, _, _, h, quality, _ = cast(
        "_MessageParts", parts
    )
    sound = v == 1 and device == by[0] and name is src is _UNSET
    if not (sound and 0 < len(records) <= RECORDS_MAX):
        return None
    shared = (
        by[0], by[1], by[2], received_ns, clock or _DEVICE, quality or _GOOD, by[3] or h is True,
        seq, boot or 0,
    )  # fmt: skip
    try:
        readings = tuple([_reading(record, base_s, shared) for record in records])
    except WireError:
        return None
    return _MESSAGE(by[0], boot or 0, seq, _crc32(_said(message)), readings)


def encode(message: Message) -> bytes:
    """`message`, of version 1, as canonical JSON: keys in fixed order, absent keys left out."""
    return _encoder.encode(_replace(message, v=1))


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)

# Compiled, a name of another module is looked up by its text each time; what is Final is not.
_canonical: Final = msgspec.msgpack.Encoder().encode
_decode: Final = _decoder.decode
_astuple: Final = msgspec.structs.astuple
_replace: Final = msgspec.structs.replace
_crc32: Final = crc32
_MESSAGE: Final = entry.Message
_READING: Final = Reading
_UNSET: Final = UNSET
_BACKSLASH: Final = ord("\\")
_COLON: Final = ord(":")
_DEVICE: Final = TimeSource.DEVICE
_GOOD: Final = Quality.GOOD
_REQUIRED_KEYS = ("v", "dev", "seq", "t", "e")


def _place(topic_text: str) -> DeviceTopic:
    try:
        place = topic.parse(topic_text)
    except TopicError as error:
        raise WireError(Reason.UNKNOWN_TOPIC, str(error)) from None
    if place.verb is Verb.STATE:
        raise WireError(Reason.UNKNOWN_TOPIC, "a state topic carries no observation")
    return place


_Parsed = tuple[Message, bytes, list[Rejection]]
"""A message, what it says whenever it was relayed, and its records that were refused."""


def _typed(payload: bytes) -> _Parsed | None:
    """The message, when the typed decoder alone proves it sound.

    Each of its keys costs a colon, so as many colons as there are keys in the message mean that
    no key is unknown and none there twice.
    """
    message = _parsed(payload)
    if (
        message is None
        or message.v is _UNSET
        or payload.count(_COLON) != _keys(_astuple(message), message.e)
    ):
        return None
    return message, _said(message), []


def _parsed(payload: bytes) -> Message | None:
    """What the typed decoder reads, whatever keys it did not heed."""
    if len(payload) > PAYLOAD_BYTES_MAX or _BACKSLASH in payload:
        return None
    try:
        return _decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _keys(parts: tuple[Any, ...], records: tuple[Record, ...]) -> int:
    """How many keys a payload must hold that says a message of these `parts` and `records`."""
    keys = 0
    for part in parts:
        if part is not _UNSET:
            keys += 1
    for record in records:
        for part in _astuple(record):
            if part is not _UNSET:
                keys += 1
    return keys


def _said(message: Message) -> bytes:
    """Bytes that two messages share when they say the same, whenever they were relayed."""
    return _canonical(message if message.rx is _UNSET else _replace(message, rx=UNSET))


def _strict(payload: bytes) -> _Parsed:
    """The message as far as it can be saved, and the records that cannot."""
    try:
        value = strict_json.parse(payload)
    except strict_json.JsonError as error:
        raise WireError(Reason(error.fault.value), error.detail) from None
    if not isinstance(value, dict):
        raise WireError(Reason.WRONG_TYPE, "not an object")
    for key in _REQUIRED_KEYS:
        if key not in value:
            raise WireError(Reason.MISSING_KEY, f"{key!r} is missing")
    if not isinstance(value["e"], list):
        raise WireError(Reason.WRONG_TYPE, "'e' is not an array")
    if len(value["e"]) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(value['e'])}; at most {RECORDS_MAX}")
    records, rejected = _records(value["e"])
    try:
        message = msgspec.convert(value | {"e": records}, Message)
    except msgspec.ValidationError as error:
        raise WireError(Reason.WRONG_TYPE, str(error)) from None
    return message, _said(message), rejected


def _records(values: list[Any]) -> tuple[list[Record], list[Rejection]]:
    records, rejected = [], []
    for value in values:
        try:
            records.append(msgspec.convert(value, Record))
        except msgspec.ValidationError as error:
            nameless = isinstance(value, dict) and "n" not in value
            reason = Reason.MISSING_KEY if nameless else Reason.WRONG_TYPE
            rejected.append(Rejection(reason, str(error)))
    return records, rejected


def _check_message(message: Message, place: DeviceTopic) -> None:
    if message.v != 1:
        raise WireError(Reason.UNKNOWN_VERSION, f"v = {message.v}; this edge reads 1")
    if message.dev != place.dev:
        detail = f"payload of {message.dev[:40]!r} on the topic of {place.dev!r}"
        raise WireError(Reason.IDENTITY_MISMATCH, detail)
    if not message.id is message.src is UNSET:
        _check_names(message)
    if not isfinite(message.t):
        raise WireError(Reason.NOT_FINITE, "'t' is not a finite number")
    if len(message.e) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(message.e)}; at most {RECORDS_MAX}")


def _check_names(message: Message) -> None:
    for name in (message.id, message.src):
        if name is not UNSET and not _ID.fullmatch(name):
            raise WireError(Reason.BAD_NAME, "'id' and 'src' are 1-128 printable ASCII signs")


_Shared = tuple[str, str, Kind, int, TimeSource, Quality, bool, int, int]
"""What all readings of a message share, as `Reading` orders it: device, unit and kind; receipt,
clock, quality, whether historical, sequence number and boot."""
_MessageParts = tuple[
    str, int, float, tuple[Record, ...], int | UnsetType, str | UnsetType, str | UnsetType,
    int | UnsetType, TimeSource | UnsetType, Any, Any, bool | UnsetType, Quality | UnsetType, Any,
]  # fmt: skip
_RecordParts = tuple[
    str, str | UnsetType, float | UnsetType, str | UnsetType, float | UnsetType, float | UnsetType
]


def _shared(message: Message, place: DeviceTopic, received_ns: int) -> _Shared:
    return (
        place.dev,
        place.unit,
        place.kind,
        received_ns,
        message.tsrc or TimeSource.DEVICE,
        message.q or Quality.GOOD,
        place.verb is Verb.HIST or message.h is True,
        message.seq,
        message.boot or 0,
    )


def _reading(record: Record, base_s: float, shared: _Shared) -> Reading:
    """The reading that `record` gives; raises WireError when it gives none."""
    name, u, v, _, r, t = cast("_RecordParts", _astuple(record))
    if name == _WATER:
        value, resolution = _volume(u, v, r)
    else:
        _check_name(name)
        value, resolution = _CHANNELS.get(name, _plain)(record)
    at_s = base_s + (t or 0.0)
    if not _CLOCK_S_MIN <= at_s <= _CLOCK_S_MAX:
        raise _no_time(at_s)
    at_ns = nearest(at_s * 1e6) * 1_000  # a float holds microseconds of this era, not more
    device, unit, kind, received_ns, clock, quality, historical, seq, boot = shared
    return _READING(
        device, unit, kind, name, value, at_ns, received_ns,
        clock, quality, historical, seq, boot, resolution,
    )  # fmt: skip


def _no_time(at_s: float) -> WireError:
    if not isfinite(at_s):
        return WireError(Reason.NOT_FINITE, "'t' is not a finite number")
    if at_s < _CLOCK_S_MIN:
        return WireError(Reason.TIME_TOO_OLD, f"t = {at_s}; no clock shows less than 1970")
    return WireError(Reason.TIME_IN_FUTURE, f"t = {at_s}; no clock shows over 2106")


_CLOCK_S_MIN: Final = CLOCK_NS_MIN / SECOND_NS
_CLOCK_S_MAX: Final = CLOCK_NS_MAX / SECOND_NS


@lru_cache(maxsize=1024)
def _check_name(name: str) -> None:
    if not _CHANNEL.fullmatch(name):
        raise WireError(Reason.BAD_NAME, f"{name[:40]!r}; a channel is 1-64 of a-z 0-9 . _ -")


def _plain(record: Record) -> tuple[float | str, float]:
    if record.vs is not UNSET:
        return _text(record)
    return _number(record.v), 0.0 if record.r is UNSET else _resolution(record.r, 1.0)


def _volume(
    u: str | UnsetType, v: float | UnsetType, r: float | UnsetType
) -> tuple[float | str, float]:
    """A cumulative register in m3; without a unit it is taken to be in m3."""
    scale = _M3_PER.get(u or "m3")
    if scale is None:
        raise WireError(Reason.WRONG_UNIT, f"u = {str(u)[:20]!r}; water is in m3 or L")
    volume_m3 = _number(v) / scale
    if not 0 <= volume_m3 <= VOLUME_M3_MAX:
        raise WireError(Reason.OUT_OF_RANGE, f"{volume_m3} m3 is no register of water")
    resolution_m3 = 0.0 if r is _UNSET else _resolution(r, scale)
    if resolution_m3 and not RESOLUTION_M3_MIN <= resolution_m3 <= RESOLUTION_M3_MAX:
        raise WireError(Reason.BAD_RESOLUTION, f"r = {resolution_m3} m3; 1e-6 to 1 is believed")
    return volume_m3, resolution_m3


def _text(record: Record) -> tuple[str, float]:
    text = record.vs
    if text is UNSET or record.v is not UNSET:
        raise WireError(Reason.WRONG_TYPE, f"{record.n!r} needs 'vs' and no 'v'")
    if len(text) > TEXT_LENGTH_MAX or not (text.isprintable() or not text):
        raise WireError(Reason.BAD_TEXT, f"'vs' is {TEXT_LENGTH_MAX} printable signs at most")
    return text, 0.0


def _token(record: Record) -> tuple[str, float]:
    """A token that the sender made by the site's key; a number of a card is refused unread."""
    if not isinstance(record.vs, str) or not _TOKEN.fullmatch(record.vs):
        detail = f"{credential.CHANNEL} is {credential.TOKEN_DIGITS} hexadecimal digits in 'vs'"
        raise WireError(Reason.BAD_TEXT, detail)
    return _text(record)


def _number(value: float | UnsetType) -> float:
    if value is _UNSET:
        raise WireError(Reason.MISSING_KEY, "'v' is missing")
    if value - value != 0:  # infinite, or not a number
        raise WireError(Reason.NOT_FINITE, "'v' is not a finite number")
    return value + 0.0  # no negative zero


def _resolution(r: float, scale: float) -> float:
    if not 0 < r <= _FLOAT_MAX:
        raise WireError(Reason.BAD_RESOLUTION, f"r = {r}; it must be positive")
    return r / scale


_ID = re.compile(r"[!-~]{1,128}")
_TOKEN = re.compile(rf"[0-9a-f]{{{credential.TOKEN_DIGITS}}}")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FLOAT_MAX: Final = sys.float_info.max
_WATER: Final = "water.total"
_M3_PER: Final = {"m3": 1.0, "L": 1000.0, "l": 1000.0}
"""How many of the unit make one cubic metre."""
_CHANNELS: dict[str, Callable[[Record], tuple[float | str, float]]] = {
    "meter.fault": _text,
    credential.CHANNEL: _token,
}
