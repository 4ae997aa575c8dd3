"""Sparkplug B: births, deaths and data of edge nodes and of the devices behind them.

After a birth a node may send aliases without names, which only a stateful reader resolves: here
such a metric is refused and its named neighbours are kept; ask for names in every DATA. A metric
that is null says nothing; a historical one is marked so. Names mean what property_name says; a
metric of another name is kept as the node's own, `x.<name>`. `seq` runs 0 to 255 and wraps: with
the payload's time it names the message. A death has no time of its own and is named by its
receipt. Times are ms.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from edge.profiles import property_name, protobuf
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    count,
    epoch_ns,
    json_object,
    vendor_id,
)
from edge.profiles.channel import own_channel
from edge.profiles.field import Object, as_object, unnumbered
from edge.profiles.protobuf import Field
from edge.reading import SECOND_NS, Kind, TimeSource
from edge.wire import PAYLOAD_BYTES_MAX, RECORDS_MAX, Reason, WireError

_NAMESPACE = "spBv1.0"
_STATES = {"NBIRTH": "up", "DBIRTH": "up", "NDEATH": "down", "DDEATH": "down"}
_VERBS = frozenset(_STATES) | {"NDATA", "DDATA"}
_OF_DEVICE = "D"
_MS_NS = SECOND_NS // 1000
_SEQ_END = 256
_BIRTH_NUMBER = "bdSeq"
_PRIVATE = re.compile(
    r"(?i)name|pass|pin|card|user|person|employee|holder|face|pic|photo|image|phone|token|secret"
)
"""Names under which a person or a secret may stand: these are never kept."""
_INT_BITS = {1: 8, 2: 16, 3: 32, 4: 64}
"""By data type: the signed ones. Unsigned ones, and times, are as they come."""


class _Payload(NamedTuple):
    """The message of a node: its time in ms, its number, and its metrics as they came."""

    timestamp: int | None
    seq: int | None
    metrics: list[bytes]


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    return _place(topic) is not None


def _place(topic: str) -> tuple[str, list[str]] | None:
    """The verb, and group, node and, for a device, the device."""
    match topic.split("/"):
        case [namespace, group, verb, node, *device] if (
            namespace == _NAMESPACE
            and verb in _VERBS
            and len(device) == (1 if verb.startswith(_OF_DEVICE) else 0)
        ):
            return verb, [group, node, *device]
    return None


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    place = _place(topic)
    if place is None:
        raise WireError(Reason.UNKNOWN_TOPIC, "not spBv1.0/<group>/<verb>/<node>[/<device>]")
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"{len(payload)} bytes; at most {PAYLOAD_BYTES_MAX}")
    verb, path = place
    if payload[:1] == b"{":
        return _told_in_json(topic, payload, received_ns)
    message = _payload(payload)
    timed = message.timestamp is not None
    at_ns = received_ns if message.timestamp is None else _ms_ns(message.timestamp)
    clock = TimeSource.DEVICE if timed else TimeSource.RECEIVER
    sheet = Sheet(vendor_id("sparkplug", *path), received_ns, at_ns, clock)
    if verb in _STATES:
        sheet.add(Kind.ENV, "device.state", _STATES[verb])
    for metric in message.metrics:
        try:
            _metric(sheet, metric)
        except WireError as error:
            sheet.reject(error)
    if message.timestamp is None or message.seq is None:
        return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)
    seq = message.timestamp * _SEQ_END + message.seq % _SEQ_END
    return (sheet.message(seq=seq, said=payload),)


def _payload(payload: bytes) -> _Payload:
    timestamp = seq = None
    metrics: list[bytes] = []
    for number, value in protobuf.fields(payload):
        match number, value:
            case 1, int():
                timestamp = value
            case 2, bytes():
                metrics.append(value)
            case 3, int():
                seq = value
            case _:
                pass  # uuid, body and extensions
    if len(metrics) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"{len(metrics)}; at most {RECORDS_MAX}")
    return _Payload(timestamp, seq, metrics)


def _metric(sheet: Sheet, metric: bytes) -> None:
    parts: dict[int, Field] = {field.number: field for field in protobuf.fields(metric)}
    if _flag(parts, 7):  # is_null
        return
    name = _of(parts, 1)
    if not isinstance(name, bytes):
        raise WireError(Reason.MISSING_KEY, "an alias without a name: ask the node for a rebirth")
    stamp = _of(parts, 3)
    at_ns = _ms_ns(stamp) if isinstance(stamp, int) else None
    datatype = _of(parts, 4)
    value = next(
        (_VALUES[key](parts[key].value, datatype) for key in _VALUES if key in parts), None
    )
    _add(sheet, _text(name), value, at_ns, historical=_flag(parts, 5))


def _add(sheet: Sheet, name: str, value: Any, at_ns: int | None, *, historical: bool) -> None:
    """Take one metric, by what its name means or as the node's own."""
    if property_name.meaning(name) is not None:
        property_name.add(sheet, name, value, at_ns=at_ns, historical=historical)
    elif isinstance(value, bool | int | float | str) and not _is_private(name):
        own = float(value) if isinstance(value, bool | int) else value
        sheet.add(Kind.ENV, own_channel(name), own, at_ns=at_ns, historical=historical)


def _is_private(name: str) -> bool:
    return name == _BIRTH_NUMBER or _PRIVATE.search(name) is not None


def _told_in_json(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    """The same as JSON, which some bridges make of it; no protobuf begins with a brace."""
    place = _place(topic)
    verb, path = place if place is not None else ("", [])
    told = json_object(payload)
    stamp, number = told.get("timestamp"), told.get("seq")
    at_ns = received_ns if stamp is None else epoch_ns(stamp, "timestamp", per_s=1000)
    clock = TimeSource.RECEIVER if stamp is None else TimeSource.DEVICE
    sheet = Sheet(vendor_id("sparkplug", *path), received_ns, at_ns, clock)
    if verb in _STATES:
        sheet.add(Kind.ENV, "device.state", _STATES[verb])
    metrics = told.get("metrics", [])
    if not isinstance(metrics, list) or len(metrics) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"'metrics' is a list of at most {RECORDS_MAX}")
    for metric in metrics:
        try:
            _metric_in_json(sheet, as_object(metric, "metric"))
        except WireError as error:
            sheet.reject(error)
    if stamp is None or number is None:
        return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)
    seq = at_ns // _MS_NS * _SEQ_END + count(number, "seq") % _SEQ_END
    return (sheet.message(seq=seq, said=payload),)


def _metric_in_json(sheet: Sheet, metric: Object) -> None:
    if metric.get("is_null") or metric.get("isNull") or metric.get("value") is None:
        return
    name = metric.get("name")
    if not isinstance(name, str):
        raise WireError(Reason.MISSING_KEY, "an alias without a name: ask the node for a rebirth")
    stamp = metric.get("timestamp")
    at_ns = None if stamp is None else epoch_ns(stamp, "timestamp", per_s=1000)
    historical = bool(metric.get("is_historical") or metric.get("isHistorical"))
    _add(sheet, name, metric["value"], at_ns, historical=historical)


def _of(parts: dict[int, Field], number: int) -> int | bytes | None:
    field = parts.get(number)
    return None if field is None else field.value


def _flag(parts: dict[int, Field], number: int) -> bool:
    return _of(parts, number) not in {None, 0, b""}


def _ms_ns(ms: int) -> int:
    return epoch_ns(ms, "timestamp", per_s=1000)


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise WireError(Reason.NOT_UTF8, "a text is not UTF-8") from None


def _integer(value: int | bytes, datatype: Any) -> int:
    whole = _unsigned(value)
    bits = _INT_BITS.get(datatype) if isinstance(datatype, int) else None
    return whole if bits is None else protobuf.signed(whole, bits)


def _unsigned(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise WireError(Reason.WRONG_TYPE, "a number came as bytes")
    return value


def _string(value: int | bytes, _datatype: Any) -> str:
    if not isinstance(value, bytes):
        raise WireError(Reason.WRONG_TYPE, "a text came as a number")
    return _text(value)


_VALUES: dict[int, Callable[[int | bytes, Any], Any]] = {
    10: _integer,
    11: _integer,
    12: lambda value, _datatype: protobuf.float_of(_unsigned(value)),
    13: lambda value, _datatype: protobuf.double_of(_unsigned(value)),
    14: lambda value, _datatype: _unsigned(value) != 0,
    15: _string,
}
"""By the field that carries the value; data sets, templates and bytes are not read."""

PROFILE = Profile(
    name="sparkplug",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.DOOR, Kind.LEAK, Kind.SMOKE, Kind.SOS),
    filters=tuple(f"{_NAMESPACE}/+/{verb}/#" for verb in sorted(_VERBS)),
    claims=_claims,
    decode=_decode,
)

_TOPIC = "spBv1.0/site/DDATA/node1/wm-7"
_DEVICE = "sparkplug:site/node1/wm-7"
_SENT_NS = 1_486_144_502_122_000_000
_AT_NS = 1_479_123_452_194_000_000
_NOW_NS = 1_486_144_503_000_000_000
_SENT = bytes.fromhex("08 ea f2 f5 a8 a0 2b")  # field 1, varint: 1486144502122 ms
_THEN = bytes.fromhex("18 a2 82 83 95 86 2b")  # field 3, varint: 1479123452194 ms
_SEQ = b"\x18\x02"
_TOTAL = b"\x0a\x0bwater.total\x10\x01"  # field 1: the name; field 2: alias 1
_DOUBLE_6_25 = b"\x20\x0a\x69" + bytes.fromhex("0000000000001940")  # data type 10; field 13


def _framed(metric: bytes) -> bytes:
    return b"\x12" + bytes([len(metric)]) + metric


RECORDED = (
    Recorded(
        "a metric with a time of its own, and one that is no channel",
        _TOPIC,
        _SENT
        + _framed(b"\x0a\x09My Metric\x10\x01" + _THEN + b"\x20\x0c\x7a\x04Test")
        + _framed(_TOTAL + _THEN + _DOUBLE_6_25)
        + _SEQ,
        _NOW_NS,
        (
            Expected(_DEVICE, "x.my_metric", "Test", _AT_NS),
            Expected(_DEVICE, "water.total", 6.25, _AT_NS),
        ),
    ),
    Recorded(
        "a historical metric",
        _TOPIC,
        _SENT + _framed(_TOTAL + _THEN + b"\x28\x01" + _DOUBLE_6_25) + _SEQ,
        _NOW_NS,
        (Expected(_DEVICE, "water.total", 6.25, _AT_NS, historical=True),),
    ),
    Recorded(
        "a null metric says nothing, an alias alone is refused, its neighbour is kept",
        _TOPIC,
        _SENT
        + _framed(_TOTAL + b"\x38\x01")
        + _framed(b"\x10\x01" + _DOUBLE_6_25)
        + _framed(b"\x0a\x0dtemperature.c\x20\x03\x50\xfb\xff\xff\xff\x0f")
        + _SEQ,
        _NOW_NS,
        (Expected(_DEVICE, "temperature.c", -5.0, _SENT_NS),),
    ),
    Recorded(
        "a device dies",
        "spBv1.0/site/DDEATH/node1/wm-7",
        _SENT + _SEQ,
        _NOW_NS,
        (Expected(_DEVICE, "device.state", "down", _SENT_NS),),
    ),
    Recorded(
        "the will of a node has no time",
        "spBv1.0/site/NDEATH/node1",
        _framed(b"\x0a\x05bdSeq\x20\x08\x58\x00"),
        _NOW_NS,
        (Expected("sparkplug:site/node1", "device.state", "down", _NOW_NS),),
    ),
    Recorded("cut short", _TOPIC, _SENT + b"\x12\x40\x0a", _NOW_NS, Reason.BAD_FRAME),
)
