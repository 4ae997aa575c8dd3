"""The Things Stack v3: uplinks of LoRaWAN devices, on MQTT 3.1.1 with QoS 0 only.

Identity: `f_cnt` is the seq and the session key's id, new with every join, is the boot. Empty
fields are left out: an absent counter or port is 0, and an absent value says nothing at all. Of
three times the gateway's is taken where it agrees with the network's, else the network's.
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
from edge.profiles.decoded_object import read_normalized
from edge.profiles.lorawan import add_signal, read_uplink
from edge.reading import SECOND_NS, Kind, TimeSource
from edge.wire import Reason, WireError

GATEWAY_OFF_NS_MAX = 10 * SECOND_NS
"""A gateway whose clock is further from the network's has none."""
_TOPIC = re.compile(r"v3/([^/@]+(?:@[^/]+)?)/devices/([^/]+)/up")
_EUI = re.compile(r"[0-9A-Fa-f]{16}")


def _claims(topic: str, payload: bytes) -> bool:
    del payload
    return _TOPIC.fullmatch(topic) is not None


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    place = _TOPIC.fullmatch(topic)
    if place is None:
        raise WireError(Reason.UNKNOWN_TOPIC, "not v3/+/devices/+/up")
    event = json_object(payload)
    name = _device(member(event, "end_device_ids", dict), place[2])
    if event.get("simulated"):
        raise WireError(Reason.OUT_OF_RANGE, "a simulated uplink is no observation")
    uplink = member(event, "uplink_message", dict)
    sheet = Sheet(name, received_ns, *_time(uplink))
    port = count(uplink.get("f_port", 0), "f_port")
    data = from_base64(uplink.get("frm_payload"), "frm_payload")
    decoded = uplink.get("decoded_payload")
    if not read_normalized(sheet, uplink.get("normalized_payload")):
        read_uplink(sheet, _hint(uplink), port, data, decoded)
    add_signal(sheet, uplink.get("rx_metadata"))
    session = uplink.get("session_key_id")
    boot = seq_of(session) if isinstance(session, str) else 0
    said = str((port, data.hex(), decoded)).encode(errors="surrogatepass")
    return (sheet.message(seq=count(uplink.get("f_cnt", 0), "f_cnt"), boot=boot, said=said),)


def _device(ids: dict[str, Any], device: str) -> str:
    if member(ids, "device_id", str) != device:
        raise WireError(Reason.IDENTITY_MISMATCH, "device_id is not the one of the topic")
    dev_eui = member(ids, "dev_eui", str)
    if not _EUI.fullmatch(dev_eui):
        raise WireError(Reason.BAD_NAME, "dev_eui is not 16 hexadecimal digits")
    return vendor_id("ttn", dev_eui.lower())


def _time(uplink: dict[str, Any]) -> tuple[int, TimeSource]:
    network_ns = instant_ns(uplink.get("received_at"), "received_at")
    gateways = uplink.get("rx_metadata")
    for gateway in gateways if isinstance(gateways, list) else ():
        if isinstance(gateway, dict) and "time" in gateway:
            gateway_ns = instant_ns(gateway["time"], "rx_metadata.time")
            if abs(gateway_ns - network_ns) <= GATEWAY_OFF_NS_MAX:
                return gateway_ns, TimeSource.GATEWAY
    return network_ns, TimeSource.NETWORK


def _hint(uplink: dict[str, Any]) -> str:
    versions = uplink.get("version_ids")
    return str(versions.get("model_id", "")) if isinstance(versions, dict) else ""


PROFILE = Profile("ttn", tuple(Kind), ("v3/+/devices/+/up",), _claims, _decode)

_UP = "v3/app1@tenant1/devices/dev1/up"
_ID = "ttn:0004a30b001c0530"
_GATEWAY_NS = 1_581_520_545_787_000_000
_NETWORK_NS = 1_581_520_545_789_585_559


def _up(rest: str, *, gateway: str = "2020-02-12T15:15:45.787Z", top: str = "") -> bytes:
    """An uplink of 2020-02-12 with `rest` in its uplink message."""
    return (
        '{"end_device_ids":{"device_id":"dev1","application_ids":{"application_id":"app1"},'
        '"dev_eui":"0004A30B001C0530"},"received_at":"2020-02-12T15:15:46.014773143Z",'
        f'{top}"uplink_message":{{"session_key_id":"AXA50tHUGUucuzS/bCGMNw==",{rest},'
        f'"rx_metadata":[{{"gateway_ids":{{"gateway_id":"gtw1"}},"time":"{gateway}","rssi":-35}}],'
        '"received_at":"2020-02-12T15:15:45.789585559Z"}}'
    ).encode()


RECORDED = (
    Recorded(
        "a decoded temperature at the gateway's time",
        _UP,
        _up('"f_cnt":1,"frm_payload":"gkHe","decoded_payload":{"temperature":1.0,"luminosity":0.6}'),
        _NETWORK_NS,
        (
            Expected(_ID, "temperature.c", 1.0, _GATEWAY_NS),
            Expected(_ID, "illuminance.lx", 0.6, _GATEWAY_NS),
            Expected(_ID, "rssi.dbm", -35.0, _GATEWAY_NS),
        ),
    ),
    Recorded(
        "an absent leak is not a dry one, and an absent counter is 0",
        _UP,
        _up('"decoded_payload":{"temperature":1.0}'),
        _NETWORK_NS,
        (
            Expected(_ID, "temperature.c", 1.0, _GATEWAY_NS),
            Expected(_ID, "rssi.dbm", -35.0, _GATEWAY_NS),
        ),
    ),
    Recorded(
        "a gateway without a clock",
        _UP,
        _up('"f_port":85,"frm_payload":"AXVc","version_ids":{"model_id":"em300-mcs"}',
            gateway="1970-01-01T00:00:07Z"),
        _NETWORK_NS,
        (
            Expected(_ID, "battery.pct", 92.0, _NETWORK_NS),
            Expected(_ID, "rssi.dbm", -35.0, _NETWORK_NS),
        ),
    ),
    Recorded(
        "a simulated uplink is no observation",
        _UP,
        _up('"f_cnt":2,"frm_payload":"gkHe"', top='"simulated":true,'),
        _NETWORK_NS,
        Reason.OUT_OF_RANGE,
    ),
    Recorded(
        "another device's topic",
        "v3/app1@tenant1/devices/dev2/up",
        _up('"f_cnt":2'),
        _NETWORK_NS,
        Reason.IDENTITY_MISMATCH,
    ),
)  # fmt: skip
