"""Huawei Cloud IoTDA, pushed by HTTP: properties of a device, and its going on and off line.

Each of `services` has its own `event_time`, and this is how 24 hourly values arrive: all but
the newest are historical. A service and its property name the channel, `WaterMeter.total`
(see property_name). Messages are named by device, times and values, since a push that is
tried again may bear another request id. Tags and the node's id (an IMEI) are not read.
"""

from typing import Any

from edge.profiles import property_name
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    instant_ns,
    json_object,
    member,
    seq_of,
    vendor_id,
)
from edge.profiles.field import Object, as_object, identifier, part
from edge.reading import Kind, TimeSource
from edge.wire import RECORDS_MAX, Reason, WireError

_TOPIC = "http/iotda"
_PROPERTY, _STATUS = "device.property", "device.status"
_MARK = b'"notify_data"'
_STATES = {"ONLINE": "up", "OFFLINE": "down", "ABNORMAL": "fault"}


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (topic == "" and _MARK in payload)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic  # HTTP push: the payload says all
    push = json_object(payload)
    notice = member(push, "notify_data", dict)
    header, body = part(notice, "header"), part(notice, "body")
    device = vendor_id("iotda", identifier(header.get("device_id"), "device_id"))
    at_ns = instant_ns(push.get("event_time_ms") or push.get("event_time"), "event_time")
    if push.get("resource") == _PROPERTY:
        return _properties(device, member(body, "services", list), at_ns, received_ns)
    if push.get("resource") != _STATUS:
        return ()
    sheet = Sheet(device, received_ns, at_ns, TimeSource.NETWORK)
    sheet.add(Kind.ENV, "device.state", _STATES.get(str(body.get("status")), "unknown"))
    return (_named(sheet),)


def _properties(
    device: str, services: list[Any], pushed_ns: int, received_ns: int
) -> VendorMessages:
    if len(services) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {RECORDS_MAX} services")
    timed = [_timed(as_object(each, "service"), pushed_ns) for each in services]
    newest_ns = max((at_ns for at_ns, _ in timed), default=pushed_ns)
    sheet = Sheet(device, received_ns, newest_ns, TimeSource.NETWORK)
    for at_ns, service in sorted(timed, key=lambda pair: pair[0]):
        name = service.get("service_id")
        prefix = f"{name}." if isinstance(name, str) else ""
        for key, value in part(service, "properties").items():
            sort = key if property_name.meaning(key) else prefix + key
            property_name.add(sheet, sort, value, at_ns=at_ns, historical=at_ns < newest_ns)
    return (_named(sheet),)


def _named(sheet: Sheet) -> VendorMessage:
    said = sheet.message(seq=0).said
    return sheet.message(seq=seq_of(said), said=said)


def _timed(service: Object, pushed_ns: int) -> tuple[int, Object]:
    written = service.get("event_time")
    return pushed_ns if written is None else instant_ns(written, "event_time"), service


PROFILE = Profile(
    name="iotda",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.LEAK, Kind.SMOKE),
    filters=(),
    claims=_claims,
    decode=_decode,
)

_DEVICE = "iotda:dev-1"
_NOON_NS = 1_449_922_332_000_000_000
_HOUR_NS = 3_600_000_000_000
_NOW_NS = _NOON_NS + 3_000_000_000


def _push(resource: bytes, body: bytes) -> bytes:
    return (
        b'{"resource":"' + resource + b'","event":"report","event_time":"20151212T121212Z",'
        b'"event_time_ms":"2015-12-12T12:12:12.000Z",'
        b'"request_id":"3fe58d5e-8697-4849-a165-7db128f7e776","notify_data":{"header":'
        b'{"app_id":"app","device_id":"dev-1","node_id":"IMEI-or-serial","product_id":"prod",'
        b'"gateway_id":"dev-1","tags":[{"tag_key":"unit","tag_value":"3-502"}]},"body":'
        + body + b"}}"
    )  # fmt: skip


def _service(time: bytes, total: bytes) -> bytes:
    return (
        b'{"service_id":"WaterMeter","properties":{"total":' + total
        + b'},"event_time":"' + time + b'"}'
    )  # fmt: skip


_ONE = _service(b"20151212T121212Z", b"12.345")
RECORDED = (
    Recorded(
        "one value",
        _TOPIC,
        _push(_PROPERTY.encode(), b'{"services":[' + _ONE + b"]}"),
        _NOW_NS,
        (Expected(_DEVICE, "water.total", 12.345, _NOON_NS),),
    ),
    Recorded(
        "a batch out of order, each value with its own time",
        _TOPIC,
        _push(
            _PROPERTY.encode(),
            b'{"services":['
            + _ONE
            + b","
            + _service(b"20151212T101212Z", b"12.3")
            + b","
            + _service(b"20151212T111212Z", b'"12.320"')
            + b"]}",
        ),
        _NOW_NS,
        (
            Expected(_DEVICE, "water.total", 12.3, _NOON_NS - 2 * _HOUR_NS, historical=True),
            Expected(_DEVICE, "water.total", 12.32, _NOON_NS - _HOUR_NS, historical=True),
            Expected(_DEVICE, "water.total", 12.345, _NOON_NS),
        ),
    ),
    Recorded(
        "off line",
        _TOPIC,
        _push(_STATUS.encode(), b'{"status":"OFFLINE"}'),
        _NOW_NS,
        (Expected(_DEVICE, "device.state", "down", _NOON_NS),),
    ),
    Recorded("no services", _TOPIC, _push(_PROPERTY.encode(), b"{}"), _NOW_NS, Reason.MISSING_KEY),
)
