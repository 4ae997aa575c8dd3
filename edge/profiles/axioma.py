"""Axioma Qalcosonic W1: one uplink a day with 23 hourly deltas in 51 bytes, or shorter frames.

The day names the register 23 hours before its own time, then what each hour added. That the
first delta is the oldest hour, and that hours count back from the frame's time, is how the
public codec sums them; it is not stated by the maker, so a reading may be off by under an hour. The
extended frame (47 bytes) has two registers, each with its time; how far apart the deltas
between them are is a setting of the meter, so these are left out. The alarm (port 103) is the
time and the status alone. A network server's codec may have made an object of the day.
"""

from dataclasses import replace
from typing import Any

from edge.profiles.base import (
    Expected,
    Recorded,
    Sheet,
    VendorMessages,
    count,
    json_object,
    number,
    seq_of,
    vendor_id,
)
from edge.profiles.codec import Codec, bare
from edge.reading import HOUR_NS, SECOND_NS, Kind, TimeSource
from edge.wire import Reason, WireError

_PORT = 100
_LENGTH = 51
_VERSION = 1
_HOURS = 23
_DELTA_BITS = 14
_DELTA_MAX_L = (1 << _DELTA_BITS) - 1
_REGISTER_MAX_L = 2**32
_TICK_M3 = 0.001
_PERMANENT, _TEMPORARY, _BACKFLOW = 0x08, 0x10, 0x60
_BURST, _LEAKAGE, _LOW_TEMPERATURE, _LOW_BATTERY = 0xA0, 0x20, 0x80, 0x04


def fault(status: int) -> str:
    """Why the register cannot be believed, in the status byte's words; "" when it can."""
    words = {
        "permanent_error": status & _PERMANENT,
        "pipe_empty": status == _TEMPORARY,
        "temporary_error": status & _TEMPORARY and status != _TEMPORARY,
        "backflow": status & _BACKFLOW == _BACKFLOW,
    }
    return " ".join(word for word, said in words.items() if said)


def alarm(status: int) -> str:
    """What else the status byte says, while the register goes on."""
    burst = status & _BURST == _BURST
    words = {
        "burst": burst,
        "leakage": status & _LEAKAGE and not burst and status & _BACKFLOW != _BACKFLOW,
        "low_temperature": status & _LOW_TEMPERATURE and not burst,
        "low_battery": status & _LOW_BATTERY,
    }
    return " ".join(word for word, said in words.items() if said)


def _fits(port: int, data: bytes) -> bool:
    return port == _PORT and len(data) == _LENGTH and data[0] == _VERSION


def _read(data: bytes, sheet: Sheet) -> None:
    if len(data) in _READERS:
        _READERS[len(data)](data, sheet)
        return
    if len(data) != _LENGTH or data[0] != _VERSION:
        raise WireError(Reason.BAD_FRAME, f"not the {_LENGTH} byte frame of version {_VERSION}")
    packed = int.from_bytes(data[10:], "little")
    if packed >> _HOURS * _DELTA_BITS:
        raise WireError(Reason.BAD_FRAME, "a multiplier is set whose meaning is not known")
    at_ns = int.from_bytes(data[1:5], "little") * SECOND_NS
    litres = int.from_bytes(data[6:10], "little")
    deltas_l = [packed >> hour * _DELTA_BITS & _DELTA_MAX_L for hour in range(_HOURS)]
    _add_day(sheet, at_ns, litres, deltas_l)
    _add_state(sheet, at_ns, data[5])


def _add_day(sheet: Sheet, at_ns: int, litres: int, deltas_l: list[int]) -> None:
    """The register at each full hour up to `at_ns`."""
    for hour, delta_l in enumerate([*deltas_l, 0]):
        back_ns = (len(deltas_l) - hour) * HOUR_NS
        _add_register(sheet, at_ns - back_ns, litres, historical=back_ns > 0)
        litres += delta_l


def _add_register(sheet: Sheet, at_ns: int, litres: int, *, historical: bool = False) -> None:
    sheet.add(
        Kind.WATER,
        "water.total",
        litres / 1_000,
        at_ns=at_ns,
        clock=TimeSource.METER,
        historical=historical,
        resolution=_TICK_M3,
    )


def _add_state(sheet: Sheet, at_ns: int, status: int) -> None:
    for channel, text in (("meter.fault", fault(status)), ("meter.alarm", alarm(status))):
        sheet.add(Kind.WATER, channel, text, at_ns=at_ns, clock=TimeSource.METER)


def _read_extended(data: bytes, sheet: Sheet) -> None:
    """Time, status, register, and the time and the register of the first logged value."""
    at_ns = int.from_bytes(data[:4], "little") * SECOND_NS
    logged_ns = int.from_bytes(data[9:13], "little") * SECOND_NS
    if logged_ns > at_ns:
        raise WireError(Reason.BAD_FRAME, "the log begins after the reading")
    _add_register(sheet, logged_ns, int.from_bytes(data[13:17], "little"), historical=True)
    _add_register(sheet, at_ns, int.from_bytes(data[5:9], "little"))
    _add_state(sheet, at_ns, data[4])


def _read_alarm(data: bytes, sheet: Sheet) -> None:
    _add_state(sheet, int.from_bytes(data[:4], "little") * SECOND_NS, data[4])


_READERS = {5: _read_alarm, 47: _read_extended, 48: _read_extended}
"""By length; the extended frame may be padded by a byte."""


def is_day(decoded: dict[str, Any]) -> bool:
    """Whether `decoded` is a day of this meter, as a network server's codec names it."""
    return decoded.keys() >= {"timestamp_unix", "log_volume_m3", "delta_1_m3"}


def read_day(decoded: dict[str, Any], sheet: Sheet) -> None:
    """Add the readings of a day that `is_day`; a sum that does not agree is refused.

    Raises:
        WireError: a value is missing or no number, or the deltas do not sum up.
    """
    at_ns = count(decoded["timestamp_unix"], "timestamp_unix") * SECOND_NS
    keys = [f"delta_{hour}_m3" for hour in range(1, _HOURS + 1)]
    if not decoded.keys() >= set(keys):
        raise WireError(Reason.MISSING_KEY, f"a day has {_HOURS} deltas")
    litres = round(number(decoded["log_volume_m3"], "log_volume_m3") * 1_000)
    deltas_l = [round(number(decoded[key], key) * 1_000) for key in keys]
    if min(deltas_l) < 0 or not 0 <= litres <= _REGISTER_MAX_L:
        raise WireError(Reason.OUT_OF_RANGE, "a register or a delta is below zero")
    now_m3 = decoded.get("current_volume_m3")
    if now_m3 is not None and round(number(now_m3, "now") * 1_000) != litres + sum(deltas_l):
        raise WireError(Reason.BAD_CHECKSUM, "the deltas do not lead to the current register")
    _add_day(sheet, at_ns, litres, deltas_l)
    status = count(decoded.get("status", 0), "status")
    _add_state(sheet, at_ns, status & 0xFF)


CODEC = Codec("axioma-w1", Kind.WATER, _fits, _read)
_BARE = bare(CODEC)
_MARK = b'"delta_1_m3"'


def _claims(topic: str, payload: bytes) -> bool:
    return _BARE.claims(topic, payload) or (topic == "" and _MARK in payload)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if _MARK not in payload:
        return _BARE.decode(topic, payload, received_ns)
    name = topic.split("/")[2].lower() if _BARE.claims(topic, payload) else _UNNAMED
    sheet = Sheet(vendor_id("lorawan", name), received_ns, received_ns, TimeSource.RECEIVER)
    decoded = json_object(payload)
    if not is_day(decoded):
        raise WireError(Reason.MISSING_KEY, "an object of this meter is a day of it")
    read_day(decoded, sheet)
    return (sheet.message(seq=seq_of(payload), said=payload),)


_UNNAMED = "unnamed"
PROFILE = replace(_BARE, claims=_claims, decode=_decode)

_DAY = (
    "01aeac986a003217000000000000000000008003800054000e400510004800024002000020"
    "0000000000000000000000000000"
)
_T_NS = 1_788_390_574 * SECOND_NS
_DEVICE = "lorawan:0101010101010101"
_TOPIC = "lorawan/axioma-w1/0101010101010101/100"
_USED_L = (0, 0, 0, 0, 0, 14, 8, 21, 14, 21, 1, 18, 2, 9, 0, 8, 0, 0, 0, 0, 0, 0, 0)


def a_day(fault_text: str, alarm_text: str) -> tuple[Expected, ...]:
    """The 26 readings of the recorded day, with what its status byte says."""
    registers = [
        Expected(
            _DEVICE,
            "water.total",
            (5_938 + sum(_USED_L[:hour])) / 1_000,
            _T_NS - (_HOURS - hour) * HOUR_NS,
            historical=hour < _HOURS,
        )
        for hour in range(_HOURS + 1)
    ]
    states = [
        Expected(_DEVICE, "meter.fault", fault_text, _T_NS),
        Expected(_DEVICE, "meter.alarm", alarm_text, _T_NS),
    ]
    return (*registers, *states)


DAY = bytes.fromhex(_DAY)
"""A real day of a real meter: 116 L in 10 of its hours, 6.054 m3 at the end."""
RECORDED = (
    Recorded("a day in one frame", _TOPIC, DAY, _T_NS + SECOND_NS, a_day("", "")),
    Recorded(
        "an empty pipe is a fault and no lack of use",
        _TOPIC,
        DAY[:5] + b"\x10" + DAY[6:],
        _T_NS + SECOND_NS,
        a_day("pipe_empty", ""),
    ),
    Recorded(
        "a burst and a weak battery leave the register sound",
        _TOPIC,
        DAY[:5] + b"\xa4" + DAY[6:],
        _T_NS + SECOND_NS,
        a_day("", "burst low_battery"),
    ),
    Recorded("a frame cut short", _TOPIC, DAY[:-1], _T_NS, Reason.BAD_FRAME),
    Recorded("an unknown version", _TOPIC, b"\x02" + DAY[1:], _T_NS, Reason.BAD_FRAME),
    Recorded("an unknown multiplier", _TOPIC, DAY[:-1] + b"\x04", _T_NS, Reason.BAD_FRAME),
)
