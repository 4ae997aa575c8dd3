"""Axioma Qalcosonic W1: one uplink a day with 23 hourly deltas in 51 bytes.

The frame names the register 23 hours before its own time, then what each hour added. That the
first delta is the oldest hour, and that hours count back from the frame's time, is how the
public codec sums them; it is not stated by the maker, so a reading may be off by under an hour.
"""

from edge.profiles.base import Expected, Recorded, Sheet
from edge.profiles.codec import Codec, bare
from edge.reading import HOUR_NS, SECOND_NS, Kind, TimeSource
from edge.wire import Reason, WireError

_PORT = 100
_LENGTH = 51
_VERSION = 1
_HOURS = 23
_DELTA_BITS = 14
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
    if len(data) != _LENGTH or data[0] != _VERSION:
        raise WireError(Reason.BAD_FRAME, f"not the {_LENGTH} byte frame of version {_VERSION}")
    packed = int.from_bytes(data[10:], "little")
    if packed >> _HOURS * _DELTA_BITS:
        raise WireError(Reason.BAD_FRAME, "a multiplier is set whose meaning is not known")
    at_ns = int.from_bytes(data[1:5], "little") * SECOND_NS
    litres = int.from_bytes(data[6:10], "little")
    for hour in range(_HOURS + 1):
        sheet.add(
            Kind.WATER,
            "water.total",
            litres / 1_000,
            at_ns=at_ns - (_HOURS - hour) * HOUR_NS,
            clock=TimeSource.METER,
            historical=hour < _HOURS,
            resolution=_TICK_M3,
        )
        litres += packed >> hour * _DELTA_BITS & (1 << _DELTA_BITS) - 1
    for channel, text in (("meter.fault", fault(data[5])), ("meter.alarm", alarm(data[5]))):
        sheet.add(Kind.WATER, channel, text, at_ns=at_ns, clock=TimeSource.METER)


CODEC = Codec("axioma-w1", Kind.WATER, _fits, _read)
PROFILE = bare(CODEC)

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
