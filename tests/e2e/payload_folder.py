"""A folder of example payloads: what each file holds, as messages and what they must give.

The files are facts about formats (names, values, units), one JSON object each. Their metrics
have names of their own; `METRICS` says which channel of ours each one is.
"""

import json
import re
from collections.abc import Iterator
from os import environ
from pathlib import Path
from typing import Any, NamedTuple

from edge.profiles.frame import crc16_x25

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(environ.get("SHOUWANG_PAYLOADS", ROOT.parent / "shared/reference/payloads"))

METRICS: dict[str, tuple[str, dict[Any, str]]] = {
    "battery.level": ("battery.pct", {}),
    "battery.voltage": ("battery.v", {}),
    "camera.fps": ("cam.fps", {}),
    "camera.up": ("cam.state", {True: "up", False: "down"}),
    "door.open": ("door.contact", {True: "open", False: "closed"}),
    "elec.energy.export": ("elec.export", {}),
    "elec.energy.total": ("elec.total", {}),
    "heat.energy.total": ("heat.total", {}),
    "heat.return_temp": ("heat.return.c", {}),
    "heat.supply_temp": ("heat.supply.c", {}),
    "heat.volume.flow": ("heat.flow", {}),
    "heat.volume.total": ("heat.volume", {}),
    "illuminance": ("illuminance.lx", {}),
    "leak.water": ("leak", {True: "wet", False: "dry"}),
    "link.lqi": ("lqi", {}),
    "link.margin": ("margin.db", {}),
    "link.rssi": ("rssi.dbm", {}),
    "link.snr": ("snr.db", {}),
    "My Metric": ("x.my_metric", {}),
    "switch.on": ("switch", {True: "on", False: "off"}),
    "temperature": ("temperature.c", {}),
}
"""By metric: the channel, and our words for its truths; any other is called as we call it."""
SAME = frozenset(
    (
        *("disk.free", "elec.current", "elec.power", "elec.voltage", "elec.voltage.a"),
        *("pulse.a", "pulse.b", "water.flow_max", "water.month", "water.total"),
    )
)
_TARIFFS = "elec.energy.tariff1..4"
_TOPICS = {
    "gb28181_catalog": "sip/gb28181",
    "hikvision_acs_event": "http/hikvision",
    "huawei_iotda_property": "http/iotda",
    "onvif_tampering": "http/onvif/gate-3",
    "zkteco_rtlog": "http/zkteco/CJDE193560303/rtlog",
}
_HEXADECIMAL = ("response_hex", "request_hex", "response_hex_published")


class Given(NamedTuple):
    """One message of a file; `expect` is what the file says of it."""

    file: str
    part: str
    topic: str
    payload: bytes
    expect: Any


def files() -> list[Path]:
    """The example files; none when the folder is not here."""
    return sorted(FOLDER.glob("*.json"))


def given(path: Path) -> Iterator[Given]:
    """Every message of the file."""
    facts = json.loads(path.read_text())
    name, topic = facts["id"], _topic(facts)
    for key in ("payload", "payload_text", *_HEXADECIMAL):
        if key in facts:
            yield Given(name, key, topic, _bytes(key, facts[key]), facts.get("expect"))
    if "response_apdu_hex" in facts:
        frame = dlt698_frame(bytes.fromhex(facts["response_apdu_hex"]))
        yield Given(name, "response_apdu_hex", topic, frame, facts["expect"])
    if "user_properties" in facts:
        event = json.dumps(facts["user_properties"]).encode()
        yield Given(name, "user_properties", topic, event, facts["expect"])
    for number, case in enumerate(facts.get("cases", []) + facts.get("more", [])):
        key = "payload_text" if "payload_text" in case else "response_hex"
        at = case.get("topic", topic)
        yield Given(name, f"{key} {number}", at, _bytes(key, case[key]), case["expect"])
    for one in [*facts.get("payload_sequence", []), *_conflicts(facts)]:
        payload = json.dumps(facts["common"] | one).encode()
        yield Given(name, one["meter_datetime"], topic, payload, facts["expect"])


def dlt698_frame(apdu: bytes) -> bytes:
    """`apdu` as the meter 28417891 sends it: length, address and both checks around it."""
    length = len(apdu) + 13
    head = length.to_bytes(2, "little") + bytes.fromhex("c3 03 91784128 00")
    body = head + crc16_x25(head).to_bytes(2, "little") + apdu
    return b"\x68" + body + crc16_x25(body).to_bytes(2, "little") + b"\x16"


def wanted(observation: dict[str, Any]) -> list[tuple[str, Any]]:
    """The channels and values of ours that an observation of a file stands for."""
    metric, value = observation["metric"], observation["value"]
    if metric == _TARIFFS:
        return [(f"elec.tariff.{number}", value) for number in range(1, 5)]
    if metric in METRICS:
        channel, words = METRICS[metric]
        return [(channel, words.get(value, value) if isinstance(value, bool) else value)]
    assert metric in SAME, f"{metric} has no channel"
    return [(metric.removesuffix(".a") if metric.startswith("elec.") else metric, value)]


def _topic(facts: dict[str, Any]) -> str:
    topic: str = _TOPICS.get(facts["id"], facts.get("topic") or "")
    return re.sub(r"<(\w+)>", r"\1", topic)


def _bytes(key: str, value: Any) -> bytes:
    if key.endswith("_hex") or key == "response_hex_published":
        return bytes.fromhex(value)
    if key == "payload":
        return json.dumps(value).encode()
    return str(value).encode("gbk" if "GB2312" in str(value) else "utf-8")


def _conflicts(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for conflict in facts.get("same_timestamp_conflicts", []):
        for total_m3 in conflict["total_m3"]:
            yield {"meter_datetime": conflict["meter_datetime"], "total_m3": total_m3}
