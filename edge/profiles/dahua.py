"""Dahua door stations through DahuaVTO2MQTT: who was let in, and by which means.

`UTC` is the time; `LocaleTime` is the same on the wall. `RecNo` is the device's own number of the
record and names the message. `Password` may hold what a person typed: it is not read, nor are
user and picture; of a card only its token goes further. Methods 4 and 6 were seen in payloads; the
others are those of the vendor's table, and of several proofs at once the strongest is told.
`DoorStatus` is the contact.
"""

from edge.credential import card
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    count,
    epoch_ns,
    json_object,
    member,
    seq_of,
    vendor_id,
)
from edge.profiles.field import Object, identifier
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_TOPIC = "DahuaVTO/AccessControl/Event"
_DOOR_TOPIC = "DahuaVTO/DoorStatus/Event"
_VERDICTS = {1: "granted", 0: "denied"}
_METHODS = {0: "pin", 1: "card", 2: "card", 3: "card", 4: "remote", 5: "button", 6: "finger"}
_METHODS |= {7: "finger", 8: "finger", 9: "finger", 15: "face"}
_DIRECTIONS = {"Entry": "in", "Exit": "out"}
_CONTACTS = {"Open": "open", "Close": "closed"}


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    return topic in {_TOPIC, _DOOR_TOPIC}


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    event = json_object(payload)
    record = member(event, "Data", dict)
    device = vendor_id("dahua", identifier(event.get("serialNumber"), "serialNumber"))
    at_ns = epoch_ns(member(record, "UTC", int), "UTC")
    sheet = Sheet(device, received_ns, at_ns, TimeSource.DEVICE)
    if topic == _DOOR_TOPIC:
        return (_contact(sheet, record),)
    verdict = _VERDICTS.get(member(record, "Status", int))
    if verdict is None:
        raise WireError(Reason.OUT_OF_RANGE, "'Status' is neither 1 nor 0")
    sheet.add(Kind.DOOR, "door.access", verdict)
    method = _METHODS.get(member(record, "Method", int))
    if method is not None:
        sheet.add(Kind.DOOR, "door.method", method)
    if method == "card":
        sheet.credential = card(record.get("CardNo"))
    direction = _DIRECTIONS.get(str(record.get("Type")))
    if direction is not None:
        sheet.add(Kind.DOOR, "door.direction", direction)
    return (sheet.message(seq=count(record.get("RecNo"), "RecNo")),)


def _contact(sheet: Sheet, record: Object) -> VendorMessage:
    """An event without a number: its time and its state name it."""
    state = _CONTACTS.get(str(record.get("Status")))
    if state is None:
        raise WireError(Reason.OUT_OF_RANGE, "'Status' is neither Open nor Close")
    sheet.add(Kind.DOOR, "door.contact", state)
    return sheet.message(seq=seq_of(f"{state} {sheet.at_ns}"))


PROFILE = Profile(
    name="dahua", kinds=(Kind.DOOR,), filters=(_TOPIC, _DOOR_TOPIC), claims=_claims, decode=_decode
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
            Expected(_STATION, "door.direction", "in", _AT_NS),
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
            Expected(_STATION, "door.direction", "in", _AT_NS),
        ),
    ),
    Recorded(
        "a method that is not known is not named",
        _TOPIC,
        _payload(method=b"21"),
        _NOW_NS,
        (
            Expected(_STATION, "door.access", "granted", _AT_NS),
            Expected(_STATION, "door.direction", "in", _AT_NS),
        ),
    ),
    Recorded(
        "a station without a clock tells the time that it has",
        _TOPIC,
        _payload(utc=b"9", method=b"21"),
        _NOW_NS,
        (
            Expected(_STATION, "door.access", "granted", 9_000_000_000),
            Expected(_STATION, "door.direction", "in", 9_000_000_000),
        ),
    ),
    Recorded(
        "a time before all clocks",
        _TOPIC,
        _payload(utc=b"-999999999"),
        _NOW_NS,
        Reason.TIME_TOO_OLD,
    ),
)
