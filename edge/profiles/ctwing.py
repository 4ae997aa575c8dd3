"""CTWing AEP (China Telecom), pushed by HTTP: data of an NB-IoT device, and its state.

`timestamp` is the platform's, in ms: when it had the data, which may be hours after the
meter did. `upPacketSN` is -1 where the device counts nothing, so messages are named by
device, time and content. `serviceData` is read by its names (see property_name); `APPdata`
are bytes of the maker's own, for which a site describes its meter in a template: refused
here with a reason of its own. IMEI and IMSI are not read. The envelope is that of pushes
shown in public integrations; the names within `serviceData` are ours, made for the tests.
"""

from edge.profiles import property_name
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    epoch_ns,
    json_object,
    vendor_id,
)
from edge.profiles.field import identifier, part, unnumbered
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_TOPIC = "http/ctwing"
_MARKS = (b'"messageType"', b'"deviceId"')
_ONLINE = {0: "down", 1: "up"}


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (topic == "" and all(mark in payload for mark in _MARKS))


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    push = json_object(payload)
    device = vendor_id("ctwing", identifier(push.get("deviceId"), "deviceId"))
    at_ns = epoch_ns(push.get("timestamp"), "timestamp", per_s=1000)
    sheet = Sheet(device, received_ns, at_ns, TimeSource.NETWORK)
    match push.get("messageType"):
        case "dataReport":
            carried = part(push, "payload")
            values = part(carried, "serviceData") or carried
            if "APPdata" in values:
                raise WireError(Reason.NO_CODEC, "'APPdata' needs a template of the site")
            for name, value in values.items():
                property_name.add(sheet, name, value)
        case "eventReport":
            for name, value in part(push, "eventContent").items():
                property_name.add(sheet, name, value)
        case "deviceOnlineOfflineReport":
            event = push.get("eventType")
            state = _ONLINE.get(event, "unknown") if isinstance(event, int) else "unknown"
            sheet.add(Kind.ENV, "device.state", state)
        case _:
            return ()
    return (sheet.message(seq=unnumbered(topic, payload), said=payload),)


PROFILE = Profile(
    name="ctwing",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.LEAK, Kind.SMOKE),
    filters=(),
    claims=_claims,
    decode=_decode,
)

_DEVICE = "ctwing:10001234/5f2"
_AT_NS = 1_788_390_560_955_000_000
_NOW_NS = 1_788_390_574_000_000_000


def _push(kind: bytes, body: bytes) -> bytes:
    return (
        b'{"upPacketSN":-1,"upDataSN":-1,"topic":"v1/up/ad","timestamp":1788390560955,'
        b'"tenantId":"2000","productId":"10001234","deviceId":"10001234/5f2","IMEI":'
        b'"860000000000001","protocol":"lwm2m","messageType":"' + kind + b'",' + body + b"}"
    )


RECORDED = (
    Recorded(
        "a meter whose product has a model",
        _TOPIC,
        _push(b"dataReport", b'"payload":{"serviceData":{"water_total":12.345,"battery.v":3.58}}'),
        _NOW_NS,
        (
            Expected(_DEVICE, "water.total", 12.345, _AT_NS),
            Expected(_DEVICE, "battery.v", 3.58, _AT_NS),
        ),
    ),
    Recorded(
        "properties without a service around them",
        _TOPIC,
        _push(b"dataReport", b'"payload":{"battery_voltage":1.1,"error_code":1,"valve_state":2}'),
        _NOW_NS,
        (Expected(_DEVICE, "battery.v", 1.1, _AT_NS),),
    ),
    Recorded(
        "bytes of the maker's own",
        _TOPIC,
        _push(b"dataReport", b'"payload":{"APPdata":"qgE="}'),
        _NOW_NS,
        Reason.NO_CODEC,
    ),
    Recorded(
        "off line",
        _TOPIC,
        _push(b"deviceOnlineOfflineReport", b'"eventType":0'),
        _NOW_NS,
        (Expected(_DEVICE, "device.state", "down", _AT_NS),),
    ),
)
