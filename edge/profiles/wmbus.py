"""wmbusmeters: wireless M-Bus telegrams of water, gas, heat and electricity meters as JSON.

There is no default topic, so the shape is what is recognised. The time is the collector's time
of receipt, less the age of the value where the meter tells it; a collector with an unset clock
gets ours, and a mark that says so. Meter clocks have no zone and are not used. Identity: the
telegram bears no counter, so seq is a hash of all it says; two values of one time are thus two
messages, and the meter's rules judge them.
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec import json

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    check_time,
    instant_ns,
    json_object,
    member,
    number,
    seq_of,
    vendor_id,
)
from edge.reading import DAY_NS, SECOND_NS, Kind, Quality, TimeSource
from edge.wire import Reason, WireError

AGE_S_MAX = 7 * DAY_NS // SECOND_NS
_KINDS = {
    "water": Kind.WATER,
    "cold water": Kind.WATER,
    "warm water": Kind.WATER,
    "hot water": Kind.WATER,
    "drinking water": Kind.WATER,
    "gas": Kind.GAS,
    "heat": Kind.HEAT,
    "heat/cooling load": Kind.HEAT,
    "electricity": Kind.ELEC,
    "room sensor": Kind.ENV,
    "other": Kind.ENV,
}
_FIELDS: dict[Kind, dict[str, tuple[str, float, float]]] = {
    Kind.WATER: {
        "total_m3": ("water.total", 1.0, 0.001),
        "total_l": ("water.total", 0.001, 0.001),
        "volume_flow_m3h": ("water.flow", 1.0, 0.0),
        "flow_m3h": ("water.flow", 1.0, 0.0),
        "max_flow_m3h": ("water.flow_max", 1.0, 0.0),
        "target_m3": ("water.month", 1.0, 0.0),
        "flow_temperature_c": ("temperature.c", 1.0, 0.0),
    },
    Kind.GAS: {"total_m3": ("gas.total", 1.0, 0.0), "target_m3": ("gas.month", 1.0, 0.0)},
    Kind.HEAT: {
        "total_energy_consumption_kwh": ("heat.total", 1.0, 0.0),
        "total_energy_consumption_mwh": ("heat.total", 1_000.0, 0.0),
        "total_energy_consumption_gj": ("heat.total", 1_000.0 / 3.6, 0.0),
        "total_energy_consumption_mj": ("heat.total", 1.0 / 3.6, 0.0),
        "total_volume_m3": ("heat.volume", 1.0, 0.0),
        "total_m3": ("heat.volume", 1.0, 0.0),
        "volume_flow_m3h": ("heat.flow", 1.0, 0.0),
        "current_power_consumption_kw": ("heat.power", 1_000.0, 0.0),
        "power_kw": ("heat.power", 1_000.0, 0.0),
        "t1_temperature_c": ("heat.supply.c", 1.0, 0.0),
        "flow_temperature_c": ("heat.supply.c", 1.0, 0.0),
        "t2_temperature_c": ("heat.return.c", 1.0, 0.0),
        "return_temperature_c": ("heat.return.c", 1.0, 0.0),
    },
    Kind.ELEC: {
        "total_energy_consumption_kwh": ("elec.total", 1.0, 0.0),
        **{
            f"total_energy_consumption_tariff_{number}_kwh": (f"elec.tariff.{number}", 1.0, 0.0)
            for number in range(1, 5)
        },
        "total_energy_production_kwh": ("elec.export", 1.0, 0.0),
        "current_power_consumption_kw": ("elec.power", 1_000.0, 0.0),
        "voltage_at_phase_1_v": ("elec.voltage", 1.0, 0.0),
        "voltage_at_phase_2_v": ("elec.voltage.b", 1.0, 0.0),
        "voltage_at_phase_3_v": ("elec.voltage.c", 1.0, 0.0),
        "current_at_phase_1_a": ("elec.current", 1.0, 0.0),
        "current_at_phase_2_a": ("elec.current.b", 1.0, 0.0),
        "current_at_phase_3_a": ("elec.current.c", 1.0, 0.0),
    },
    Kind.ENV: {
        "current_temperature_c": ("temperature.c", 1.0, 0.0),
        "temperature_c": ("temperature.c", 1.0, 0.0),
        "current_relative_humidity_rh": ("humidity.pct", 1.0, 0.0),
        "relative_humidity_rh": ("humidity.pct", 1.0, 0.0),
        "a_counter": ("pulse.a", 1.0, 0.0),
        "b_counter": ("pulse.b", 1.0, 0.0),
    },
}
"""Per kind and key: channel, factor into its unit, and the register's tick where it is sure.

The water that flows through a heat meter is not water used, and has a channel of its own.
"""
_STATES = ("status", "current_status", "current_alarms")
_ALARMS = frozenset(
    {"LEAK", "LEAKING", "BURST", "POWER_LOW", "LOW_BATTERY", "BATTERY_LOW", "LOW_POWER"}
)
"""Words of a status with which the register goes on; every other word is a fault."""
_SOUND = frozenset({"OK", "NULL", ""})
_NAME = re.compile(r"[0-9A-Fa-f]{8}")
_SHAPE: tuple[bytes, ...] = (b'"media"', b'"meter"', b'"id"')


def _claims(topic: str, payload: bytes) -> bool:
    if topic.startswith("wmbusmeters/"):
        return True
    return payload[:1] == b"{" and all(key in payload for key in _SHAPE)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    telegram = json_object(payload)
    name = member(telegram, "id", str)
    if not _NAME.fullmatch(name):
        raise WireError(Reason.BAD_NAME, "'id' is not 8 hexadecimal digits")
    at_ns, quality = _time(telegram, received_ns)
    sheet = Sheet(vendor_id("wmbus", name.lower()), received_ns, at_ns, TimeSource.RECEIVER)
    kind = _KINDS.get(member(telegram, "media", str))
    if kind is None:
        problem = WireError(Reason.NO_CODEC, "this medium is not read; its state is kept")
        sheet.reject(problem)
    for key, (channel, factor, tick) in _FIELDS.get(kind or Kind.ENV, {}).items():
        if telegram.get(key) is not None:
            value = _scaled(sheet, telegram[key], key, factor)
            if value is not None:
                sheet.add(kind or Kind.ENV, channel, value, quality=quality, resolution=tick)
    _add_state(sheet, telegram, kind or Kind.ENV, quality)
    if telegram.get("rssi_dbm") is not None:
        sheet.add(kind or Kind.ENV, "rssi.dbm", telegram["rssi_dbm"], quality=quality)
    said = json.encode(sheet.readings)
    return (sheet.message(seq=seq_of(said), said=said),)


def _scaled(sheet: Sheet, value: Any, key: str, factor: float) -> float | None:
    try:
        return number(value, key) * factor
    except WireError as error:
        sheet.reject(error)
        return None


def _time(telegram: dict[str, Any], received_ns: int) -> tuple[int, Quality]:
    """When the values were true, and how far that can be trusted."""
    if "timestamp" not in telegram:
        return received_ns, Quality.GOOD
    at_ns = instant_ns(telegram["timestamp"], "timestamp") - _age_ns(telegram)
    try:
        check_time(at_ns)
    except WireError:
        return received_ns, Quality.CLOCK_UNSET
    return at_ns, Quality.GOOD


def _age_ns(telegram: dict[str, Any]) -> int:
    if telegram.get("actuality_duration_s") is None:
        return 0
    age_s = number(telegram["actuality_duration_s"], "actuality_duration_s")
    if not 0 <= age_s <= AGE_S_MAX:
        raise WireError(Reason.OUT_OF_RANGE, "'actuality_duration_s' is not from 0 s to 7 days")
    return int(age_s) * SECOND_NS


def _add_state(sheet: Sheet, telegram: dict[str, Any], kind: Kind, quality: Quality) -> None:
    texts = [text for key in _STATES if isinstance(text := telegram.get(key), str)]
    if not texts:
        return
    words = {word for text in texts for word in text.upper().split()} - _SOUND
    split: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("meter.fault", lambda word: word not in _ALARMS),
        ("meter.alarm", lambda word: word in _ALARMS),
    )
    for channel, belongs in split:
        text = " ".join(sorted(filter(belongs, words))).lower()
        sheet.add(kind, channel, text, quality=quality)


PROFILE = Profile(
    "wmbus",
    (Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.ENV),
    ("wmbusmeters/+",),
    _claims,
    _decode,
)

_TAP_NS = 1_709_491_020 * SECOND_NS
_GLITCH_NS = 1_728_994_860 * SECOND_NS
_HEAT_NS = 1_673_680_822 * SECOND_NS
_PULSE_NS = 1_673_681_134 * SECOND_NS
_AT_NS = 1_700_000_000 * SECOND_NS
_TAP = "wmbus:33225544"
_NA1 = "wmbus:04913581"
_AMI = "wmbus:10101010"
_CLOCKLESS = Quality.CLOCK_UNSET


def _glitch(name: str, at: str, total_m3: float, at_ns: int) -> Recorded:
    payload = (
        '{"_":"telegram","media":"water","meter":"apatorna1","id":"04913581",'
        f'"historic_m3":662.325,"historic_datetime":"2024-09-30 21:22","total_m3":{total_m3},'
        f'"meter_datetime":"2024-10-15 {at}","current_status":"OK"}}'
    ).encode()
    states = ((channel, "") for channel in ("meter.fault", "meter.alarm"))
    values: tuple[tuple[str, float | str], ...] = (("water.total", total_m3), *states)
    expected = tuple(Expected(_NA1, channel, value, at_ns) for channel, value in values)
    return Recorded(name, "wmbusmeters/04913581", payload, at_ns, expected)


RECORDED = (
    Recorded(
        "a tap, under a name that is not kept",
        "wmbusmeters/33225544",
        b'{"_":"telegram","media":"water","meter":"iperl","name":"MyTapWater","id":"33225544",'
        b'"max_flow_m3h":0,"total_m3":123.529,"timestamp":"2024-03-03T18:37:00Z"}',
        _TAP_NS + 3 * SECOND_NS,
        (
            Expected(_TAP, "water.total", 123.529, _TAP_NS),
            Expected(_TAP, "water.flow_max", 0.0, _TAP_NS),
        ),
    ),
    _glitch("before a lost carry", "12:21", 687.357, _GLITCH_NS),
    _glitch("a lost carry is left to the meter", "12:22", 687.104, _GLITCH_NS + 60 * SECOND_NS),
    _glitch("after a lost carry", "12:23", 687.361, _GLITCH_NS + 120 * SECOND_NS),
    _glitch("one time", "12:04", 689.403, _GLITCH_NS + DAY_NS),
    _glitch("the same time, another value", "12:04", 689.152, _GLITCH_NS + DAY_NS),
    Recorded(
        "a collector with an unset clock",
        "",
        b'{"_":"telegram","media":"electricity","meter":"amiplus","name":"MyElectricity1",'
        b'"id":"10101010","total_energy_consumption_kwh":15694.05,'
        b'"current_power_consumption_kw":0.33,"total_energy_production_kwh":7.48,'
        b'"voltage_at_phase_1_v":236,"device_datetime":"2019-03-20 12:57",'
        b'"timestamp":"1111-11-11T11:11:11Z"}',
        _AT_NS,
        (
            Expected(_AMI, "elec.total", 15694.05, _AT_NS, _CLOCKLESS),
            Expected(_AMI, "elec.export", 7.48, _AT_NS, _CLOCKLESS),
            Expected(_AMI, "elec.power", 330.0, _AT_NS, _CLOCKLESS),
            Expected(_AMI, "elec.voltage", 236.0, _AT_NS, _CLOCKLESS),
        ),
    ),
    Recorded(
        "a heat meter's water is not water used, and its own date is weeks off",
        "",
        b'{"media":"heat","meter":"kamheat","name":"Heato","id":"55775511","status":"OK",'
        b'"total_energy_consumption_kwh":3781,"total_volume_m3":344.27,"volume_flow_m3h":1.005,'
        b'"t1_temperature_c":59.53,"meter_date":"2022-12-10","timestamp":"2023-01-14T07:20:22Z"}',
        _HEAT_NS,
        (
            Expected("wmbus:55775511", "heat.total", 3781.0, _HEAT_NS),
            Expected("wmbus:55775511", "heat.volume", 344.27, _HEAT_NS),
            Expected("wmbus:55775511", "heat.flow", 1.005, _HEAT_NS),
            Expected("wmbus:55775511", "heat.supply.c", 59.53, _HEAT_NS),
            Expected("wmbus:55775511", "meter.fault", "", _HEAT_NS),
            Expected("wmbus:55775511", "meter.alarm", "", _HEAT_NS),
        ),
    ),
    Recorded(
        "pulses of an unknown quantity are a count",
        "",
        b'{"media":"other","meter":"lansenpu","name":"Electricity","id":"00010206",'
        b'"status":"POWER_LOW","a_counter":4711,"b_counter":1234,"total_kwh":1471.1,'
        b'"timestamp":"2023-01-14T07:25:34Z"}',
        _PULSE_NS,
        (
            Expected("wmbus:00010206", "pulse.a", 4711.0, _PULSE_NS),
            Expected("wmbus:00010206", "pulse.b", 1234.0, _PULSE_NS),
            Expected("wmbus:00010206", "meter.fault", "", _PULSE_NS),
            Expected("wmbus:00010206", "meter.alarm", "power_low", _PULSE_NS),
        ),
    ),
    Recorded(
        "a dry pipe is a fault, a leak is not; an old value is back-dated",
        "wmbusmeters/76348799",
        b'{"media":"cold water","meter":"multical21","id":"76348799","total_m3":6.408,'
        b'"current_alarms":"DRY LEAK","actuality_duration_s":60,'
        b'"timestamp":"2024-03-03T18:38:00Z"}',
        _TAP_NS + 60 * SECOND_NS,
        (
            Expected("wmbus:76348799", "water.total", 6.408, _TAP_NS),
            Expected("wmbus:76348799", "meter.fault", "dry", _TAP_NS),
            Expected("wmbus:76348799", "meter.alarm", "leak", _TAP_NS),
        ),
    ),
    Recorded("no meter", "wmbusmeters/x", b'{"media":"water"}', _AT_NS, Reason.MISSING_KEY),
)
