"""Tasmota: `tele/<topic>/SENSOR` with energy, `STATE` with switches, `LWT` with its will.

`Time` has no zone and is read as UTC+8. Of several channels each is a device of its own,
`tasmota:<topic>/<n>` from 1. The counter may have been restarted: `boot` is the second of
TotalStartTime. A message is named by its content; a will has no time and is named by its
receipt. The temperature of the chip (`ESP32`) is not that of a room and is left out.
"""

from typing import Any

from edge.profiles.base import (
    CHINA_H,
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    count,
    instant_ns,
    json_object,
    number,
    vendor_id,
)
from edge.profiles.field import Form, Object, part, unnumbered, utf8, wall_clock
from edge.reading import SECOND_NS, Kind, Quality, TimeSource
from edge.wire import Reason, WireError

_VERBS = frozenset(("SENSOR", "LWT", "STATE"))
_STATES = {"Online": "up", "Offline": "down"}
_CHANNELS = (
    ("Total", "elec.total"),
    ("Power", "elec.power"),
    ("Voltage", "elec.voltage"),
    ("Current", "elec.current"),
)
_COUNTERS = (("C1", "pulse.a"), ("C2", "pulse.b"), ("C3", "pulse.c"), ("C4", "pulse.d"))
_PHASES_MAX = 32
_CHIP = "ESP32"
_PARTS_MIN = 3


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    parts = topic.split("/")
    return len(parts) >= _PARTS_MIN and parts[-1] in _VERBS and "tele" in parts[:-1]


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if not _claims(topic, payload):
        raise WireError(Reason.UNKNOWN_TOPIC, "not tele/<topic>/SENSOR, STATE or LWT")
    parts = topic.split("/")
    parts.remove("tele")
    device = vendor_id("tasmota", *parts[:-1])
    seq = unnumbered(topic, payload)
    if parts[-1] == "LWT":
        return (_will(device, topic, payload, received_ns),)
    sensor = json_object(payload)
    at_ns, clock, quality = wall_clock(sensor.get("Time"), "Time", received_ns)
    energy = part(sensor, "ENERGY")
    boot = _counter_start_s(energy)
    owners = [(device, _whole(energy)), *_phases(device, energy)]
    messages = []
    for owner, amounts in owners:
        sheet = Sheet(owner, received_ns, at_ns, clock)
        form = Form(sheet, amounts, quality=quality)
        for key, channel in _CHANNELS:
            form.amount(Kind.PLUG, channel, key)
        if owner is device:
            _climate(sheet, sensor, quality)
            counters = Form(sheet, part(sensor, "COUNTER"), quality=quality)
            for key, channel in _COUNTERS:
                counters.amount(Kind.ENV, channel, key)
            _switches(sheet, sensor, quality)
        messages.append(sheet.message(seq=seq, boot=boot, said=payload))
    return tuple(messages)


def _will(device: str, topic: str, payload: bytes, received_ns: int) -> VendorMessage:
    state = _STATES.get(utf8(payload).strip())
    if state is None:
        raise WireError(Reason.OUT_OF_RANGE, "LWT is neither Online nor Offline")
    sheet = Sheet(device, received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.PLUG, "device.state", state)
    return sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload)


def _whole(energy: Object) -> Object:
    return {key: value for key, value in energy.items() if not isinstance(value, list)}


def _phases(device: str, energy: Object) -> list[tuple[str, Object]]:
    """One object a channel, taken out of the arrays."""
    arrays = {key: energy[key] for key, _ in _CHANNELS if isinstance(energy.get(key), list)}
    longest = max(map(len, arrays.values()), default=0)
    if longest > _PHASES_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {_PHASES_MAX} channels")
    return [
        (
            f"{device}/{index + 1}",
            {key: values[index] for key, values in arrays.items() if index < len(values)},
        )
        for index in range(longest)
    ]


def _counter_start_s(energy: Object) -> int:
    start = energy.get("TotalStartTime")
    if start is None:
        return 0
    start_ns = instant_ns(start, "TotalStartTime", utc_offset_h=CHINA_H)
    return count(max(0, start_ns // SECOND_NS), "TotalStartTime")


def _switches(sheet: Sheet, state: Object, quality: Quality) -> None:
    """Take what STATE says: the relay, when there is one, and the signal of the wireless."""
    form = Form(sheet, state, quality=quality)
    form.state(Kind.PLUG, "switch", "POWER" if "POWER" in state else "POWER1", ("on", "off"))
    wireless = Form(sheet, part(state, "Wifi"), quality=quality)
    wireless.amount(Kind.ENV, "rssi.dbm", "Signal")  # `RSSI` is a percentage


def _climate(sheet: Sheet, sensor: Object, quality: Quality) -> None:
    """Take what exactly one sensor says: two could not be told apart."""
    sensors = [v for name, v in sensor.items() if name != _CHIP and isinstance(v, dict)]
    for key, channel in (("Temperature", "temperature.c"), ("Humidity", "humidity.pct")):
        found = [each[key] for each in sensors if each.get(key) is not None]
        if len(found) != 1:
            continue
        try:
            unit = sensor.get("TempUnit") if key == "Temperature" else None
            value = _celsius(found[0], unit)
        except WireError as error:
            sheet.reject(error)
        else:
            sheet.add(Kind.ENV, channel, value, quality=quality)


def _celsius(value: Any, unit: Any) -> float:
    degrees = number(value, "Temperature")
    return (degrees - 32.0) / 1.8 if unit == "F" else degrees


PROFILE = Profile(
    name="tasmota",
    kinds=(Kind.PLUG, Kind.ENV),
    filters=("tele/+/SENSOR", "tele/+/STATE", "tele/+/LWT"),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_635_240_530_000_000_000
_AT_NS = 1_635_240_525_000_000_000
_METER = "tasmota:denky_D6C0C0"
_STRIP = "tasmota:strip"
RECORDED = (
    Recorded(
        "local time without a zone, and the chip's temperature",
        "tele/denky_D6C0C0/SENSOR",
        b'{"Time":"2021-10-26T17:28:45","ENERGY":{"TotalStartTime":"2021-10-25T15:22:04",'
        b'"Total":9098.245,"Today":2275.56,"Power":170,"Current":1.0,"Load":6},'
        b'"TIC":{"ADCO":"021528603314","PAPP":170},"ESP32":{"Temperature":36.1},"TempUnit":"C"}',
        _NOW_NS,
        (
            Expected(_METER, "elec.total", 9098.245, _AT_NS),
            Expected(_METER, "elec.power", 170.0, _AT_NS),
            Expected(_METER, "elec.current", 1.0, _AT_NS),
        ),
    ),
    Recorded(
        "an array has one member a channel",
        "tele/strip/SENSOR",
        b'{"Time":"2021-10-26T17:28:45","ENERGY":{"Total":3.5,"Power":[7,0],"Voltage":230}}',
        _NOW_NS,
        (
            Expected(_STRIP, "elec.total", 3.5, _AT_NS),
            Expected(_STRIP, "elec.voltage", 230.0, _AT_NS),
            Expected(f"{_STRIP}/1", "elec.power", 7.0, _AT_NS),
            Expected(f"{_STRIP}/2", "elec.power", 0.0, _AT_NS),
        ),
    ),
    Recorded(
        "a clock that was never set is not believed",
        "tele/strip/SENSOR",
        b'{"Time":"1970-01-01T00:00:09","DS18B20":{"Temperature":68.0},"TempUnit":"F"}',
        _NOW_NS,
        (Expected(_STRIP, "temperature.c", 20.0, _NOW_NS, Quality.CLOCK_UNSET),),
    ),
    Recorded(
        "a clock in a zone ahead of ours is not believed",
        "tele/strip/SENSOR",
        b'{"Time":"2021-10-26T18:28:45","ENERGY":{"Power":5}}',
        _NOW_NS,
        (Expected(_STRIP, "elec.power", 5.0, _NOW_NS, Quality.CLOCK_UNSET),),
    ),
    Recorded(
        "the will",
        "tele/strip/LWT",
        b"Offline",
        _NOW_NS,
        (Expected(_STRIP, "device.state", "down", _NOW_NS),),
    ),
    Recorded("no time", "tele/strip/SENSOR", b'{"ENERGY":{"Power":5}}', _NOW_NS, Reason.WRONG_TYPE),
)
