"""CloudEvents 1.0 in structured JSON, whose `data` has our channels' names as its members.

MQTT 3.1.1 carries the structured mode only; the attributes of the binary mode are user
properties of MQTT 5 and do not reach a decoder. `source` and `id` together name the event,
and `subject`, where there is one, is the device: `cloudevents:<source>/<subject>`.
"""

import binascii
from base64 import b64decode

from edge.profiles import property_name
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    instant_ns,
    json_object,
    member,
    seq_of,
    vendor_id,
)
from edge.profiles.field import Object, identifier, part
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_BASE = "cloudevents/"
_MARKS = (b'"specversion"', b'"source"')
_HEAD_BYTES = 4_096
_VERSION = "1.0"


def _claims(topic: str, payload: bytes) -> bool:
    if topic.startswith(_BASE):
        return True
    return payload[:1] == b"{" and all(mark in payload[:_HEAD_BYTES] for mark in _MARKS)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic  # the event names its source itself
    event = json_object(payload)
    if event.get("specversion") != _VERSION:
        raise WireError(Reason.UNKNOWN_VERSION, f"'specversion' is not {_VERSION}")
    source = identifier(event.get("source"), "source")
    name = identifier(event.get("id"), "id")
    identifier(event.get("type"), "type")
    subject = event.get("subject")
    places = [source] if subject is None else [source, identifier(subject, "subject")]
    written = event.get("time")
    at_ns = received_ns if written is None else instant_ns(written, "time")
    clock = TimeSource.RECEIVER if written is None else TimeSource.DEVICE
    sheet = Sheet(vendor_id("cloudevents", *places), received_ns, at_ns, clock)
    for key, value in _data(event).items():
        property_name.add(sheet, key, value)
    return (sheet.message(seq=seq_of(f"{source}\n{name}"), said=payload),)


def _data(event: Object) -> Object:
    """The members of `data`, or of the JSON that `data_base64` spells."""
    if "data" in event or "json" not in str(event.get("datacontenttype")):
        return part(event, "data")
    try:
        return json_object(b64decode(member(event, "data_base64", str), validate=True))
    except binascii.Error:
        raise WireError(Reason.WRONG_TYPE, "'data_base64' is not base64") from None


PROFILE = Profile(
    name="cloudevents",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.DOOR, Kind.LEAK, Kind.SMOKE, Kind.SOS),
    filters=("cloudevents/#",),
    claims=_claims,
    decode=_decode,
)

_TOPIC = "cloudevents/readings"
_NOW_NS = 1_522_900_590_000_000_000
_AT_NS = 1_522_900_584_000_000_000
_HEAD = (
    b'{"specversion":"1.0","type":"com.example.someevent","time":"2018-04-05T03:56:24Z",'
    b'"id":"1234-1234-1234","source":"/mycontext/subcontext",'
)
RECORDED = (
    Recorded(
        "a meter of a source",
        _TOPIC,
        _HEAD + b'"subject":"wm-7","datacontenttype":"application/json",'
        b'"data":{"water.total":6.054,"meter.fault":"","note":"kept out"}}',
        _NOW_NS,
        (
            Expected("cloudevents:/mycontext/subcontext/wm-7", "water.total", 6.054, _AT_NS),
            Expected("cloudevents:/mycontext/subcontext/wm-7", "meter.fault", "", _AT_NS),
        ),
    ),
    Recorded("an event without data", _TOPIC, _HEAD[:-1] + b"}", _NOW_NS, ()),
    Recorded(
        "bytes in base64 instead of data",
        _TOPIC,
        _HEAD + b'"data_base64":"qg=="}',
        _NOW_NS,
        (),
    ),
    Recorded(
        "another version",
        _TOPIC,
        _HEAD.replace(b'"1.0"', b'"0.3"') + b'"data":{}}',
        _NOW_NS,
        Reason.UNKNOWN_VERSION,
    ),
)
