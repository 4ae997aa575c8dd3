"""Canonical message v1: any bytes on any topic become readings, or a WireError.

A typed decoder reads the sound messages; whatever it cannot vouch for goes through the
strict parser, which either comes to the same message or names the reason.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from math import isfinite
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from edge import credential, strict_json, topic
from edge.reading import DAY_NS, SECOND_NS, Quality, Reading, TimeSource
from edge.topic import DeviceTopic, TopicError, Verb
from edge.wire_form import Decoded, Message, Reason, Record, Rejection, WireError

__all__ = ["Decoded", "Message", "Reason", "Record", "Rejection", "WireError", "decode", "encode"]

PAYLOAD_BYTES_MAX = strict_json.BYTES_MAX
RECORDS_MAX = 1_000
TEXT_LENGTH_MAX = 256
AT_NS_MIN = 1_293_840_000 * 1_000_000_000
"""2011-01-01: a device that claims to be older has no clock; unset ones show 1970 to 2010."""
CLOCK_NS_MIN = -DAY_NS
CLOCK_NS_MAX = 2**32 * SECOND_NS
"""From the day before 1970 (a zone ahead of UTC) to 2106: what a clock, even unset, may show."""
VOLUME_M3_MAX = 1e9
RESOLUTION_M3_MIN = 1e-6
RESOLUTION_M3_MAX = 1.0


def decode(topic_text: str, payload: bytes, received_ns: int) -> Decoded:
    """The readings of `payload`, which came on `topic_text` at `received_ns`.

    A record that cannot be used is in `rejected`, and its neighbours are kept. Times are as the
    device's clock, right or wrong, gave them: to judge that is the gate's business.

    Raises:
        WireError: the message as a whole cannot be used; never any other error.
    """
    place = _place(topic_text)
    message, said, rejected = _typed(payload) or _strict(payload)
    if not (message.v == 1 and message.dev == place.dev and message.id is message.src is UNSET):
        _check_message(message, place)
    if not isfinite(message.t):
        raise WireError(Reason.NOT_FINITE, "'t' is not a finite number")
    if len(message.e) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(message.e)}; at most {RECORDS_MAX}")
    historical = place.verb is Verb.HIST or message.h is True
    shared = (message.tsrc or TimeSource.DEVICE, message.q or Quality.GOOD, historical)
    readings = []
    for record in message.e:
        try:
            readings.append(_reading(message, place, received_ns, shared, record))
        except WireError as error:
            rejected.append(error.rejection)
    return Decoded(
        message.dev,
        message.boot or 0,
        message.seq,
        blake2b(said, digest_size=8).digest(),
        tuple(readings),
        tuple(rejected),
    )


def encode(message: Message) -> bytes:
    """`message` as canonical JSON: keys in fixed order, absent keys left out."""
    return _encoder.encode(message)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)
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

    Without escapes every string costs two quotes, so equal counts before and after mean that
    each key and text of the payload is in the message: none unknown, none twice.
    """
    if len(payload) > PAYLOAD_BYTES_MAX or b"\\" in payload:
        return None
    try:
        message = _decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    canonical = _encoder.encode(message)
    if payload.count(b'"') != canonical.count(b'"'):
        return None
    return message, canonical if message.rx is UNSET else _said(message), []


def _said(message: Message) -> bytes:
    """Bytes that two messages share when they say the same, whenever they were relayed."""
    return _encoder.encode(msgspec.structs.replace(message, rx=UNSET))


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
    for name in (message.id, message.src):
        if name is not UNSET and not _ID.fullmatch(name):
            raise WireError(Reason.BAD_NAME, "'id' and 'src' are 1-128 printable ASCII signs")


def _reading(
    message: Message,
    place: DeviceTopic,
    received_ns: int,
    shared: tuple[TimeSource, Quality, bool],
    record: Record,
) -> Reading:
    """The reading that `record` gives; raises WireError when it gives none."""
    name = record.n
    _check_name(name)
    value, resolution = _CHANNELS.get(name, _plain)(record)
    at_s = message.t + (record.t or 0.0)
    if not _CLOCK_S_MIN <= at_s <= _CLOCK_S_MAX:
        raise _no_time(at_s)
    return Reading(
        message.dev,
        place.unit,
        place.kind,
        name,
        value,
        round(at_s * 1e6) * 1_000,  # a float holds microseconds of this era, not more
        received_ns,
        shared[0],
        shared[1],
        shared[2],
        message.seq,
        message.boot or 0,
        resolution,
    )


def _no_time(at_s: float) -> WireError:
    if not isfinite(at_s):
        return WireError(Reason.NOT_FINITE, "'t' is not a finite number")
    if at_s < _CLOCK_S_MIN:
        return WireError(Reason.TIME_TOO_OLD, f"t = {at_s}; no clock shows less than 1970")
    return WireError(Reason.TIME_IN_FUTURE, f"t = {at_s}; no clock shows over 2106")


_CLOCK_S_MIN, _CLOCK_S_MAX = CLOCK_NS_MIN / SECOND_NS, CLOCK_NS_MAX / SECOND_NS


@lru_cache(maxsize=1024)
def _check_name(name: str) -> None:
    if not _CHANNEL.fullmatch(name):
        raise WireError(Reason.BAD_NAME, f"{name[:40]!r}; a channel is 1-64 of a-z 0-9 . _ -")


def _plain(record: Record) -> tuple[float | str, float]:
    if record.vs is not UNSET:
        return _text(record)
    return _number(record.v), 0.0 if record.r is UNSET else _resolution(record.r, 1.0)


def _volume(record: Record) -> tuple[float, float]:
    """A cumulative register in m3; without a unit it is taken to be in m3."""
    scale = _M3_PER.get(record.u or "m3")
    if scale is None:
        raise WireError(Reason.WRONG_UNIT, f"u = {str(record.u)[:20]!r}; water is in m3 or L")
    volume_m3 = _number(record.v) / scale
    if not 0 <= volume_m3 <= VOLUME_M3_MAX:
        raise WireError(Reason.OUT_OF_RANGE, f"{volume_m3} m3 is no register of water")
    resolution_m3 = 0.0 if record.r is UNSET else _resolution(record.r, scale)
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
    if value is UNSET:
        raise WireError(Reason.MISSING_KEY, "'v' is missing")
    if not isfinite(value):
        raise WireError(Reason.NOT_FINITE, "'v' is not a finite number")
    return value + 0.0  # no negative zero


def _resolution(r: float, scale: float) -> float:
    if not isfinite(r) or r <= 0:
        raise WireError(Reason.BAD_RESOLUTION, f"r = {r}; it must be positive")
    return r / scale


_ID = re.compile(r"[!-~]{1,128}")
_TOKEN = re.compile(rf"[0-9a-f]{{{credential.TOKEN_DIGITS}}}")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_M3_PER = {"m3": 1.0, "L": 1000.0, "l": 1000.0}
"""How many of the unit make one cubic metre."""
_CHANNELS: dict[str, Callable[[Record], tuple[float | str, float]]] = {
    "water.total": _volume,
    "meter.fault": _text,
    credential.CHANNEL: _token,
}
