"""Hikvision ISAPI: door events and heartbeats, pushed by HTTP as JSON or XML, one part each.

A heartbeat is `heartBeat`, or `videoloss` with `inactive` on older firmware, up to three a
second: it says that the device lives, never that a picture was lost, and all of one minute
are one message. `currentEvent: false` was kept offline and is historical. A door event is
numbered by `serialNo`, which the device counts; it is posted again until it is answered.
Names, employees and pictures are not read; of a card only its token goes further. Door 1 is
`hikvision:<mac>` itself, door n and camera channel n are `hikvision:<mac>/door<n>` and `/cam<n>`.
"""

from collections.abc import Callable
from typing import NamedTuple

from edge.credential import card
from edge.profiles.base import (
    CHINA_H,
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    instant_ns,
    json_object,
    number,
    seq_of,
    vendor_id,
)
from edge.profiles.field import Object, identifier, part, truth, xml_root
from edge.reading import MINUTE_NS, Kind, TimeSource
from edge.strict_xml import Element
from edge.wire import Reason, WireError

_MARKS = (b'"eventType"', b"<eventType>")
_ACCESS = "AccessControllerEvent"
_AT_DOOR = 5
_OFFLINE_EVENT = 2
_BY_CARD = ("door.method", "card")
_OPEN, _CLOSED = (("door.contact", "open"),), (("door.contact", "closed"),)


def _verdict(verdict: str, *method: str) -> tuple[tuple[str, str], ...]:
    return (("door.access", verdict), *(("door.method", each) for each in method))


_CODES = {
    1: _verdict("granted", "card"),
    2: _verdict("granted", "card"),
    3: _verdict("denied", "card"),
    **dict.fromkeys(range(6, 10), _verdict("denied", "card")),
    23: (("door.method", "button"),),
    25: _OPEN,
    26: _CLOSED,
    27: _OPEN,
    28: _OPEN,
    38: _verdict("granted", "finger"),
    39: _verdict("denied", "finger"),
    40: _verdict("granted", "finger"),
    41: _verdict("denied", "finger"),
    75: _verdict("granted", "face"),
    76: _verdict("denied", "face"),
    80: _verdict("denied", "face"),
    105: _verdict("granted"),
    181: _verdict("granted", "pin"),
}
"""Minor codes under major 5: channels and values. 2 and 40 ask for a
second proof too; 23 is the button inside; 27 is a forced door, 28 one left open; 105 compares
a person with an ID card, which no method names. A lock that opens (21) is no open door."""


class _Event(NamedTuple):
    """The envelope that every push has, taken apart."""

    body: Object
    mac: str
    kind: str
    active: bool
    at_ns: int
    received_ns: int

    def sheet(self, *place: str) -> Sheet:
        device = vendor_id("hikvision", self.mac, *place)
        return Sheet(device, self.received_ns, self.at_ns, TimeSource.DEVICE)


def _claims(topic: str, payload: bytes) -> bool:
    if topic == "http/hikvision":
        return True
    return topic == "" and any(mark in payload for mark in _MARKS)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic  # HTTP push: the payload says all
    xml = payload.lstrip()[:1] == b"<"
    body = _members(xml_root(payload)) if xml else json_object(payload)
    event = _Event(
        body,
        identifier(body.get("macAddress"), "macAddress").lower(),
        identifier(body.get("eventType"), "eventType"),
        identifier(body.get("eventState"), "eventState").lower() == "active",
        instant_ns(body.get("dateTime"), "dateTime", utc_offset_h=CHINA_H),
        received_ns,
    )
    if _is_heartbeat(event):
        return _heartbeat(event)
    return _READERS.get(event.kind.lower(), _nothing)(event)


def _members(element: Element) -> Object:
    """The element's children as JSON would have them; the first of equal names."""
    owner: Object = {}
    for child in element.children:
        owner.setdefault(child.name, _members(child) if child.children else child.text.strip())
    return owner


def _is_heartbeat(event: _Event) -> bool:
    kind = event.kind.lower()
    return kind == "heartbeat" or (kind == "videoloss" and not event.active)


def _heartbeat(event: _Event) -> VendorMessages:
    minute = event.at_ns // MINUTE_NS
    sheet = event.sheet()
    sheet.add(Kind.ENV, "device.state", "up")
    return (sheet.message(seq=seq_of(f"heartbeat {minute}"), said=b"up %d" % minute),)


def _nothing(_event: _Event) -> VendorMessages:
    return ()


def _access(event: _Event) -> VendorMessages:
    access = part(event.body, _ACCESS)
    if _whole(access, "majorEventType") != _AT_DOOR:
        return ()
    code = _whole(access, "subEventType")
    if code not in _CODES:
        return ()
    door = _whole(access, "doorNo") if access.get("doorNo") is not None else 1
    sheet = event.sheet(*([f"door{door}"] if door > 1 else []))
    historical = _is_late(event.body) or _is_late(access)
    for channel, value in _CODES[code]:
        sheet.add(Kind.DOOR, channel, value, historical=historical)
    if _BY_CARD in _CODES[code]:
        sheet.credential = card(access.get("cardNo"))
    said = f"{code} {event.at_ns}".encode()  # posted live, then late: one event
    return (sheet.message(seq=_whole(access, "serialNo"), said=said),)


def _is_late(owner: Object) -> bool:
    current = owner.get("currentEvent")
    if current is not None and not truth(current, "currentEvent"):
        return True
    return owner.get("byCurrentEvent") in {_OFFLINE_EVENT, str(_OFFLINE_EVENT)}


def _video_loss(event: _Event) -> VendorMessages:
    return _camera(event, "cam.state", "down")


def _shelter(event: _Event) -> VendorMessages:
    return _camera(event, "device.tamper", "tampered" if event.active else "clear")


def _people(event: _Event) -> VendorMessages:
    """How many people are in a region of the picture; the counts of several are not added up."""
    counted = part(event.body, "FramesPeopleCounting")
    camera = _whole(event.body, "channelID")
    sheet = event.sheet(f"cam{camera}")
    people = _whole(counted, "framesPeopleCountingNum")
    sheet.add(Kind.CAM, "crowd.count", people)
    return (sheet.message(seq=seq_of(f"people {people} {event.at_ns}")),)


def _view(event: _Event) -> VendorMessages:
    word = _VIEWS[event.kind.lower()]
    return _camera(event, f"cam.{word}", word if event.active else "clear")


def _camera(event: _Event, channel: str, state: str) -> VendorMessages:
    camera = _whole(event.body, "channelID")
    sheet = event.sheet(f"cam{camera}")
    sheet.add(Kind.CAM, channel, state)
    return (sheet.message(seq=seq_of(f"{channel} {state} {event.at_ns}")),)


def _whole(owner: Object, key: str) -> int:
    value = owner.get(key)
    if value is None:
        raise WireError(Reason.MISSING_KEY, f"{key!r} is missing")
    amount = number(value, key)
    if not amount.is_integer() or not 0 <= amount < _COUNT_END:
        raise WireError(Reason.OUT_OF_RANGE, f"{key!r} is no count")
    return int(amount)


_COUNT_END = 2.0**53
_VIEWS = {"defocus": "blurred", "scenechangedetection": "moved"}
"""Two of the names that open clients of ISAPI list; no payload of theirs was seen."""
_READERS: dict[str, Callable[[_Event], VendorMessages]] = {
    _ACCESS.lower(): _access,
    "videoloss": _video_loss,
    "shelteralarm": _shelter,
    "tamperdetection": _shelter,
    "framespeoplecounting": _people,
    **dict.fromkeys(_VIEWS, _view),
}

PROFILE = Profile(
    name="hikvision",
    kinds=(Kind.DOOR, Kind.FACE, Kind.CAM),
    filters=(),
    claims=_claims,
    decode=_decode,
)

_TOPIC = "http/hikvision"
_NOW_NS = 1_761_111_830_000_000_000
_AT_NS = 1_761_111_828_000_000_000
_MAC = "hikvision:a4:d5:c2:24:dd:74"
_HEAD = (
    b'{"ipAddress":"192.168.1.11","portNo":4000,"protocol":"HTTP",'
    b'"macAddress":"a4:d5:c2:24:dd:74","channelID":1,"dateTime":"2025-10-22T13:43:48+08:00",'
    b'"activePostCount":1,'
)


def _at_door(codes: bytes, *, extra: bytes = b"") -> bytes:
    return (
        _HEAD
        + b'"eventType":"AccessControllerEvent","eventState":"active",'
        + extra
        + b'"AccessControllerEvent":{"deviceName":"Access Controller",'
        + codes
        + b',"cardNo":"11","name":"John Doe","doorNo":1,"employeeNoString":"001",'
        b'"serialNo":139,"frontSerialNo":138,"currentVerifyMode":"cardOrFaceOrFp",'
        b'"pictureURL":"http://192.168.1.11/face.jpg"}}'
    )


def _access_readings(
    verdict: str, method: str, *, historical: bool = False
) -> tuple[Expected, ...]:
    return (
        Expected(_MAC, "door.access", verdict, _AT_NS, historical=historical),
        Expected(_MAC, "door.method", method, _AT_NS, historical=historical),
    )


_FINGER = b'"majorEventType":5,"subEventType":38'
_FACE = b'"majorEventType":5,"subEventType":76'
_XML_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0" '
    b'xmlns="http://www.hikvision.com/ver20/XMLSchema"><ipAddress>192.168.1.64</ipAddress>'
    b"<macAddress>A4:D5:C2:24:DD:74</macAddress><channelID>1</channelID>"
    b"<dateTime>2025-10-22T13:43:48+08:00</dateTime><activePostCount>0</activePostCount>"
    b"<eventType>videoloss</eventType>"
)
RECORDED = (
    Recorded(
        "a finger passes", _TOPIC, _at_door(_FINGER), _NOW_NS, _access_readings("granted", "finger")
    ),
    Recorded("a face fails", _TOPIC, _at_door(_FACE), _NOW_NS, _access_readings("denied", "face")),
    Recorded(
        "an event that was kept offline",
        _TOPIC,
        _at_door(_FINGER, extra=b'"currentEvent":false,'),
        _NOW_NS,
        _access_readings("granted", "finger", historical=True),
    ),
    Recorded(
        "a door that was forced is open",
        _TOPIC,
        _at_door(b'"majorEventType":5,"subEventType":27'),
        _NOW_NS,
        (Expected(_MAC, "door.contact", "open", _AT_NS),),
    ),
    Recorded(
        "a heartbeat disguised as video loss",
        _TOPIC,
        _XML_HEAD + b"<eventState>inactive</eventState></EventNotificationAlert>",
        _NOW_NS,
        (Expected(_MAC, "device.state", "up", _AT_NS),),
    ),
    Recorded(
        "a heartbeat that says so",
        _TOPIC,
        _HEAD + b'"eventType":"heartBeat","eventState":"active"}',
        _NOW_NS,
        (Expected(_MAC, "device.state", "up", _AT_NS),),
    ),
    Recorded(
        "a picture that was lost",
        _TOPIC,
        _XML_HEAD + b"<eventState>active</eventState></EventNotificationAlert>",
        _NOW_NS,
        (Expected(f"{_MAC}/cam1", "cam.state", "down", _AT_NS),),
    ),
    Recorded(
        "a lens out of focus",
        _TOPIC,
        _XML_HEAD.replace(b"videoloss", b"defocus")
        + b"<eventState>active</eventState></EventNotificationAlert>",
        _NOW_NS,
        (Expected(f"{_MAC}/cam1", "cam.blurred", "blurred", _AT_NS),),
    ),
    Recorded(
        "people in a region, as clients of ISAPI read it",
        _TOPIC,
        _HEAD + b'"eventType":"framesPeopleCounting","eventState":"active",'
        b'"FramesPeopleCounting":{"framesPeopleCountingNum":31}}',
        _NOW_NS,
        (Expected(f"{_MAC}/cam1", "crowd.count", 31.0, _AT_NS),),
    ),
    Recorded(
        "a lock that opened names nobody",
        _TOPIC,
        _at_door(b'"majorEventType":5,"subEventType":21'),
        _NOW_NS,
        (),
    ),
    Recorded(
        "a document type is refused",
        _TOPIC,
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>',
        _NOW_NS,
        Reason.BAD_FRAME,
    ),
)
