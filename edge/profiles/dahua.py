"""Dahua door stations through DahuaVTO2MQTT: who was let in, and by which means.

`UTC` is the time; `LocaleTime` is the same on the wall. `RecNo` is the device's own number
of the record and names the message. `Password` may hold what a person typed: it is not
read, nor are card, user and picture. Only the methods 4 (remote) and 6 (finger) are known.
"""

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    count,
    epoch_ns,
    json_object,
    member,
    vendor_id,
)
from edge.profiles.field import identifier
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_TOPIC = "DahuaVTO/AccessControl/Event"
_VERDICTS = {1: "granted", 0: "denied"}
_METHODS = {4: "remote", 6: "finger"}


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    return topic == _TOPIC


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic  # one topic for every station
    event = json_object(payload)
    record = member(event, "Data", dict)
    device = vendor_id("dahua", identifier(event.get("serialNumber"), "serialNumber"))
    at_ns = epoch_ns(member(record, "UTC", int), "UTC")
    sheet = Sheet(device, received_ns, at_ns, TimeSource.DEVICE)
    verdict = _VERDICTS.get(member(record, "Status", int))
    if verdict is None:
        raise WireError(Reason.OUT_OF_RANGE, "'Status' is neither 1 nor 0")
    sheet.add(Kind.DOOR, "door.access", verdict)
    method = _METHODS.get(member(record, "Method", int))
    if method is not None:
        sheet.add(Kind.DOOR, "door.method", method)
    return (sheet.message(seq=count(record.get("RecNo"), "RecNo")),)


PROFILE = Profile(
    name="dahua", kinds=(Kind.DOOR,), filters=(_TOPIC,), claims=_claims, decode=_decode
)

_NOW_NS = 1_583_173_450_000_000_000
_AT_NS = 1_583_173_448_000_000_000
_STATION = "dahua:Device Serial Number"


def _payload(*, utc: bytes = b"1583173448", method: bytes = b"4", status: bytes = b"1") -> bytes:
    return (
        b'{"Action":"Pulse","Data":{"CardNo":"8812","CardType":null,'
        b'"LocaleTime":"2020-03-02 20:24:08","Method":' + method + b',"Name":"OpenDoor",'
        b'"Password":"4711","ReaderID":"1","RecNo":691,"SnapURL":"","Status":' + status
        + b',"Type":"Entry","UTC":' + utc + b',"UserID":"17"},'
        b'"deviceType":"Device Model","serialNumber":"Device Serial Number"}'
    )  # fmt: skip


RECORDED = (
    Recorded(
        "opened from afar; the typed password is dropped",
        _TOPIC,
        _payload(),
        _NOW_NS,
        (
            Expected(_STATION, "door.access", "granted", _AT_NS),
            Expected(_STATION, "door.method", "remote", _AT_NS),
        ),
    ),
    Recorded(
        "a finger that was refused",
        _TOPIC,
        _payload(method=b"6", status=b"0"),
        _NOW_NS,
        (
            Expected(_STATION, "door.access", "denied", _AT_NS),
            Expected(_STATION, "door.method", "finger", _AT_NS),
        ),
    ),
    Recorded(
        "a method that is not known is not named",
        _TOPIC,
        _payload(method=b"21"),
        _NOW_NS,
        (Expected(_STATION, "door.access", "granted", _AT_NS),),
    ),
    Recorded(
        "a station without a clock tells the time that it has",
        _TOPIC,
        _payload(utc=b"9", method=b"21"),
        _NOW_NS,
        (Expected(_STATION, "door.access", "granted", 9_000_000_000),),
    ),
    Recorded(
        "a time before all clocks",
        _TOPIC,
        _payload(utc=b"-999999999"),
        _NOW_NS,
        Reason.TIME_TOO_OLD,
    ),
)
