"""ChirpStack v4: uplinks and battery states of LoRaWAN devices, on MQTT.

Identity: `deduplicationId` is the same in every copy, so its hash is the seq and it is all that
copies are compared by. Zero fields are left out: an absent port is 0, but an absent battery
level means external power or not known. The time is the network server's, not the meter's.
"""

import re
from typing import Any

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    count,
    instant_ns,
    json_object,
    member,
    seq_of,
    vendor_id,
)
from edge.profiles.codec import from_base64
from edge.profiles.lorawan import add_signal, read_uplink
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_ANY = "+"
_TOPIC = re.compile(
    r"application/[^/]+/device/([0-9a-f]{16}|\+)/event/"
    r"(up|status|join|ack|txack|log|location|integration)"
)


def _claims(topic: str, payload: bytes) -> bool:
    del payload
    return _TOPIC.fullmatch(topic) is not None


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    place = _TOPIC.fullmatch(topic)
    if place is None:
        raise WireError(Reason.UNKNOWN_TOPIC, "not application/+/device/+/event/+")
    event = json_object(payload)
    dev_eui, verb = place.groups()
    if verb not in {"up", "status"}:
        return ()  # joins, acks and logs are the network's affair
    info = member(event, "deviceInfo", dict)
    if dev_eui == _ANY:  # a filter by hand; no published topic has this sign
        dev_eui = member(info, "devEui", str)
    if member(info, "devEui", str) != dev_eui:
        raise WireError(Reason.IDENTITY_MISMATCH, "devEui is not the one of the topic")
    at_ns = instant_ns(event.get("time"), "time")
    name = vendor_id("chirpstack", dev_eui)
    sheet = Sheet(name, received_ns, at_ns, TimeSource.NETWORK)
    if verb == "up":
        _read_up(event, info, sheet)
    else:
        _read_status(event, sheet)
    said = member(event, "deduplicationId", str).encode(errors="surrogatepass")
    return (sheet.message(seq=seq_of(said), said=said),)


def _read_up(event: dict[str, Any], info: dict[str, Any], sheet: Sheet) -> None:
    tags = info.get("tags")
    tagged = tags.get("codec") if isinstance(tags, dict) else None
    hint = str(tagged or info.get("deviceProfileName") or "")
    port = count(event.get("fPort", 0), "fPort")
    data = from_base64(event.get("data"), "data")
    read_uplink(sheet, hint, port, data, event.get("object"))
    add_signal(sheet, event.get("rxInfo"))


def _read_status(event: dict[str, Any], sheet: Sheet) -> None:
    level = event.get("batteryLevel")
    silent = event.get("externalPowerSource") or event.get("batteryLevelUnavailable")
    if level is not None and not silent:
        sheet.add(Kind.ENV, "battery.pct", level)
    if event.get("margin") is not None:
        sheet.add(Kind.ENV, "margin.db", event["margin"])


PROFILE = Profile(
    "chirpstack",
    tuple(Kind),
    ("application/+/device/+/event/up", "application/+/device/+/event/status"),
    _claims,
    _decode,
)

_EUI = "0101010101010101"
_ID = f"chirpstack:{_EUI}"
_UP = f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{_EUI}/event/up"
_AT_NS = 1_658_136_855_775_023_242
_STATUS_NS = 1_658_136_906_927_172_638
_DAY_NS = 1_788_390_574 * 1_000_000_000


def _up(rest: str, *, profile: str = "Test device-profile", eui: str = _EUI) -> bytes:
    """An uplink of 2022-07-18 with `rest` after its device."""
    return (
        '{"deduplicationId":"3ac7e3c4-4401-4b8d-9386-a5c902f9202d",'
        '"time":"2022-07-18T09:34:15.775023242+00:00","deviceInfo":{"tenantName":"ChirpStack",'
        f'"deviceProfileName":"{profile}","deviceName":"Test device","devEui":"{eui}",'
        f'"tags":{{"key":"value"}}}},"devAddr":"00189440","dr":1,{rest}}}'
    ).encode()


def _status(rest: str) -> bytes:
    return (
        '{"deduplicationId":"bf2a9746-1c8b-49be-a92e-f0b89c8534e4",'
        '"time":"2022-07-18T09:35:06.927172638+00:00",'
        f'"deviceInfo":{{"deviceName":"Test device","devEui":"{_EUI}"}},"margin":10{rest}}}'
    ).encode()


RECORDED = (
    Recorded(
        "bytes that no codec reads leave the signal, to the nanosecond",
        _UP,
        _up('"fPort":1,"data":"qg==","rxInfo":[{"rssi":-87},{"rssi":-36,"snr":10.5}]'),
        _AT_NS,
        (Expected(_ID, "rssi.dbm", -36.0, _AT_NS), Expected(_ID, "snr.db", 10.5, _AT_NS)),
    ),
    Recorded(
        "the device profile names the codec",
        _UP,
        _up('"fPort":85,"data":"AXVcBgAA"', profile="Milesight EM300-MCS"),
        _AT_NS,
        (
            Expected(_ID, "battery.pct", 92.0, _AT_NS),
            Expected(_ID, "door.contact", "closed", _AT_NS),
        ),
    ),
    Recorded(
        "a codec of the site gives channels, and what it leaves out is not said",
        _UP,
        _up('"fPort":2,"data":"qg==","object":{"water.total":3.141,"vendor_secret":1}'),
        _AT_NS,
        (Expected(_ID, "water.total", 3.141, _AT_NS),),
    ),
    Recorded(
        "another device's topic",
        _UP,
        _up('"data":""', eui="0202020202020202"),
        _AT_NS,
        Reason.IDENTITY_MISMATCH,
    ),
    Recorded(
        "no base64",
        _UP,
        _up('"data":"q*=="'),
        _AT_NS,
        Reason.WRONG_TYPE,
    ),
    Recorded(
        "a battery",
        _UP[:-2] + "status",
        _status(',"batteryLevel":88.3'),
        _STATUS_NS,
        (
            Expected(_ID, "battery.pct", 88.3, _STATUS_NS),
            Expected(_ID, "margin.db", 10.0, _STATUS_NS),
        ),
    ),
    Recorded(
        "a mains device has no battery, and no empty one",
        _UP[:-2] + "status",
        _status(',"externalPowerSource":true,"batteryLevel":0'),
        _STATUS_NS,
        (Expected(_ID, "margin.db", 10.0, _STATUS_NS),),
    ),
    Recorded("a log event is no data", _UP[:-2] + "log", b'{"level":"ERROR"}', _AT_NS, ()),
)
