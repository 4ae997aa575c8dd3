"""Milesight EM300-DI on its own: a pulse counter that may know what a pulse weighs."""

from edge.profiles.base import Expected, Recorded
from edge.profiles.codec import bare
from edge.profiles.milesight import CODECS
from edge.reading import SECOND_NS

PROFILE = bare(next(codec for codec in CODECS if codec.name == "em300-di"))

_TOPIC = "lorawan/em300-di/24E124136C000002/85"
_DEVICE = "lorawan:24e124136c000002"
_PAST_NS = 1_695_282_399 * SECOND_NS
_NOW_NS = _PAST_NS + 600 * SECOND_NS
_PULSES_NS = 1_665_561_758 * SECOND_NS
RECORDED = (
    Recorded(
        "a register that has not moved yet",
        _TOPIC,
        bytes.fromhex("017564 06E10A000A0000000000"),
        _NOW_NS,
        (
            Expected(_DEVICE, "battery.pct", 100.0, _NOW_NS),
            Expected(_DEVICE, "water.total", 0.0, _NOW_NS),
        ),
    ),
    Recorded(
        "an outage alarm with its register",
        _TOPIC,
        bytes.fromhex("86E16400A0000040394401"),
        _NOW_NS,
        (
            Expected(_DEVICE, "water.total", 0.741, _NOW_NS),
            Expected(_DEVICE, "meter.alarm", "water_outage", _NOW_NS),
        ),
    ),
    Recorded(
        "a back-dated register",
        _TOPIC,
        bytes.fromhex("21CEDFF40B650000000102010A000A000080EC44"),
        _NOW_NS,
        (
            Expected(_DEVICE, "water.total", 1.892, _PAST_NS, historical=True),
            Expected(_DEVICE, "meter.alarm", "water_outage", _PAST_NS, historical=True),
        ),
    ),
    Recorded(
        "pulses of unknown weight are a count, beside what else is known",
        _TOPIC,
        bytes.fromhex("01755C 03673401 046865 20CE9E74466310015D020000010000"),
        _NOW_NS,
        (
            Expected(_DEVICE, "battery.pct", 92.0, _NOW_NS),
            Expected(_DEVICE, "temperature.c", 30.8, _NOW_NS),
            Expected(_DEVICE, "humidity.pct", 50.5, _NOW_NS),
            Expected(_DEVICE, "temperature.c", 27.2, _PULSES_NS, historical=True),
            Expected(_DEVICE, "humidity.pct", 46.5, _PULSES_NS, historical=True),
            Expected(_DEVICE, "pulse.a", 256.0, _PULSES_NS, historical=True),
        ),
    ),
)
