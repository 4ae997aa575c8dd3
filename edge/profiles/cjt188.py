"""CJ/T 188: water, gas and heat meters on a serial line, 2400 baud.

The register has two decimals: a tick is 0.01 m3, so what is less than 10 L may not show. The
data id comes in both byte orders. Valve and battery bits of the status are not read: their
meaning was not found in a source that could be checked.
Identity: the frame bears no number, so its bytes and its time make the seq.
"""

from edge.profiles.base import Expected, Profile, Recorded, Sheet, VendorMessages, vendor_id
from edge.profiles.channel import CHANNELS
from edge.profiles.frame import (
    END,
    FRAME_BYTES_MAX,
    START,
    answer,
    bcd,
    check_sum,
    meter_time_ns,
    sheet_for,
    without_preamble,
)
from edge.reading import SECOND_NS, Kind
from edge.wire import Reason, WireError

_TOPIC = "bus/cjt188"
_OVERHEAD, _OVERHEAD_645 = 13, 12
_ANSWER = 0x81
_DATA_IDS = (b"\x1f\x90", b"\x90\x1f")
_COUNT_BYTES, _HEAT_BYTES = 22, 46
_WATER = (Kind.WATER, "water", "m3")
_METERS = {
    0x10: _WATER,
    0x11: _WATER,
    0x12: _WATER,
    0x13: _WATER,
    0x20: (Kind.HEAT, "heat", "kWh"),
    0x21: (Kind.HEAT, "heat", "kWh"),
    0x30: (Kind.GAS, "gas", "m3"),
    0x40: (Kind.ELEC, "elec", "kWh"),
}
"""By type byte: cold, hot, drinking and reclaimed water, heat, cold, gas, electricity."""
_UNITS = {
    0x02: ("kWh", 0.001),
    0x05: ("kWh", 1.0),
    0x08: ("kWh", 1_000.0),
    0x0A: ("kWh", 100_000.0),
    0x01: ("kWh", 1 / 3_600_000),
    0x0B: ("kWh", 1 / 3_600),
    0x0E: ("kWh", 1 / 3.6),
    0x11: ("kWh", 1_000 / 3.6),
    0x13: ("kWh", 100_000 / 3.6),
    0x14: ("W", 1.0),
    0x17: ("W", 1_000.0),
    0x1A: ("W", 1_000_000.0),
    0x29: ("m3", 0.001),
    0x2C: ("m3", 1.0),
    0x32: ("m3/h", 0.001),
    0x35: ("m3/h", 1.0),
}
"""By unit byte: our unit, and how many of it one of the meter's makes."""


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (not topic and _is_whole(without_preamble(payload)))


def _is_whole(frame: bytes) -> bool:
    return (
        _OVERHEAD <= len(frame) <= FRAME_BYTES_MAX
        and frame[0] == START
        and frame[-1] == END
        and len(frame) == _OVERHEAD + frame[10]
        and not (
            frame[7] == START and len(frame) == _OVERHEAD_645 + frame[9]
        )  # then it is DL/T 645
    )


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    frame = without_preamble(payload)
    if not _is_whole(frame):
        raise WireError(Reason.BAD_FRAME, "not one whole frame 68 ... 16")
    check_sum(frame)
    meter = _METERS.get(frame[1])
    if meter is None:
        raise WireError(Reason.NO_CODEC, f"meters of type {frame[1]:02x} are not read")
    if frame[9] != _ANSWER:
        raise WireError(Reason.BAD_FRAME, f"control {frame[9]:02x} is no answer to a read")
    data = frame[11:-2]
    wanted = _HEAT_BYTES if meter[0] is Kind.HEAT else _COUNT_BYTES
    if len(data) != wanted or data[:2] not in _DATA_IDS:
        raise WireError(Reason.NO_CODEC, f"only the counting data 901F of {wanted} bytes are read")
    name = vendor_id("cjt188", frame[8:1:-1].hex())
    sheet = sheet_for(name, received_ns, meter_time_ns(data[-9:-2]))
    if meter[0] is Kind.HEAT:
        _read_heat(sheet, data)
    else:
        _read_count(sheet, meter, data)
    return (answer(sheet, frame),)


def _read_count(sheet: Sheet, meter: tuple[Kind, str, str], data: bytes) -> None:
    """The register now and, where one is kept, that of the last settlement day."""
    kind, first, unit = meter
    value, per_tick = _measured(data[3:8], unit)
    sheet.add(kind, f"{first}.total", value, resolution=per_tick if unit == "m3" else 0.0)
    if f"{first}.month" in CHANNELS:
        try:
            sheet.add(kind, f"{first}.month", _measured(data[8:13], unit)[0])
        except WireError as error:
            sheet.reject(error)


def _read_heat(sheet: Sheet, data: bytes) -> None:
    """Heat on the settlement day and now, power, flow, volume, and both temperatures.

    Some makers put the unit before the number: then every field begins with one.
    """
    fields = {at: data[at : at + 5] for _, at, _, _ in _HEAT}
    begins, ends = ([field[at] in _UNITS for field in fields.values()] for at in (0, 4))
    if all(begins) and not all(ends):
        fields = {at: field[1:] + field[:1] for at, field in fields.items()}
    for channel, at, unit, decimals in _HEAT:
        try:
            value = _measured(fields[at], unit, decimals)[0]
            sheet.add(Kind.HEAT, channel, value)
        except WireError as error:
            sheet.reject(error)
    for channel, at in (("heat.supply.c", 28), ("heat.return.c", 31)):
        try:
            sheet.add(Kind.HEAT, channel, bcd(data[at : at + 3], channel) / 100)
        except WireError as error:
            sheet.reject(error)


_HEAT = (
    ("heat.total", 8, "kWh", 2),
    ("heat.power", 13, "W", 2),
    ("heat.flow", 18, "m3/h", 4),
    ("heat.volume", 23, "m3", 2),
)
"""Channel, first byte, unit, and decimals of the number."""


def _measured(field: bytes, wanted: str, decimals: int = 2) -> tuple[float, float]:
    """The number of four bytes and a unit byte, in the unit `wanted`, and its tick."""
    unit, factor = _UNITS.get(field[4], ("", 0.0))
    if unit != wanted:
        raise WireError(Reason.WRONG_UNIT, f"unit {field[4]:02x} is not one of {wanted}")
    ticks_per = 10**decimals
    ticks = bcd(field[:4], "register")
    value = ticks / ticks_per if factor == 1.0 else round(ticks / ticks_per * factor, 9)
    return value, factor / ticks_per


PROFILE = Profile(
    "cjt188", (Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC), (_TOPIC,), _claims, _decode
)

_HEAD = "FEFEFEFE 68 10 44332211003378 81 16 "
_DATA = "00 00776655 2C 00776655 2C 31012211051520 2184 "
_ID = "cjt188:78330011223344"
_METER_NS = 1_431_352_891 * SECOND_NS
_LATE_NS = _METER_NS + 35 * 86_400 * SECOND_NS
RECORDED = (
    Recorded(
        "an answer",
        "",
        bytes.fromhex(f"{_HEAD} 1F90 {_DATA} 13 16"),
        _METER_NS + 2 * SECOND_NS,
        (
            Expected(_ID, "water.total", 556_677.0, _METER_NS),
            Expected(_ID, "water.month", 556_677.0, _METER_NS),
        ),
    ),
    Recorded(
        "the other order of the data id, and a clock 35 days slow",
        _TOPIC,
        bytes.fromhex(f"{_HEAD} 901F {_DATA} 13 16"),
        _LATE_NS,
        (
            Expected(_ID, "water.total", 556_677.0, _LATE_NS),
            Expected(_ID, "water.month", 556_677.0, _LATE_NS),
        ),
    ),
    Recorded(
        "the checksum that is printed everywhere is wrong",
        "",
        bytes.fromhex(f"{_HEAD} 1F90 {_DATA} 08 16"),
        _METER_NS,
        Reason.BAD_CHECKSUM,
    ),
    Recorded(
        "a request is no answer",
        "",
        bytes.fromhex("FEFEFEFE 68 10 44332211003378 01 03 1F90 00 80 16"),
        _METER_NS,
        Reason.BAD_FRAME,
    ),
)
