"""A home's other meters as an edge hears them: their registers, read hourly, also after a fall."""

from collections.abc import Iterator, Mapping

import numpy as np

from edge.reading import MINUTE_NS, Kind, Quality, Reading, TimeSource
from simulators.evaluate.rules import UNIT
from simulators.residents.falls import Fall
from simulators.residents.loads import Load
from simulators.residents.story import hour_ns

_AHEAD_H = 15 * 24
_LATE_NS = 2 * MINUTE_NS
CHANNELS: Mapping[str, tuple[Kind, str, float]] = {
    "elec": (Kind.ELEC, "elec.total", 0.01),
    "gas": (Kind.GAS, "gas.total", 0.01),
    "plug": (Kind.PLUG, "elec.total", 0.001),
}
"""By sign: the device's kind, its channel and the tick of its register, in kWh or m3."""


def told(name: str, load: Load) -> tuple[Reading, ...]:
    """What the meter reads at the end of each hour whose reading arrives."""
    registers = load.used.cumsum()
    return tuple(
        _reading(name, hour, float(registers[hour])) for hour in np.flatnonzero(load.heard).tolist()
    )


def fallen(name: str, load: Load, fall: Fall) -> Iterator[Reading]:
    """Yield what it reads from the hour of `fall` on: what runs by itself, and what was left on."""
    register = float(load.used[: fall.hour].sum())
    for hour in range(fall.hour, min(fall.hour + _AHEAD_H, len(load.used))):
        share = 1.0 if hour > fall.hour else 1 - fall.into
        lived = 0.0 if hour > fall.hour else fall.into * float(load.used[hour] - load.alone[hour])
        register += float(load.alone[hour]) + share * float(load.left[fall.hour]) + lived
        if load.heard[hour]:
            yield _reading(name, hour, register)


def _reading(name: str, hour: int, register: float) -> Reading:
    kind, channel, tick = CHANNELS[name]
    at_ns = hour_ns(hour + 1) + _LATE_NS
    value = register / 1_000 // tick * tick
    return Reading(
        name, UNIT, kind, channel, round(value, 3), at_ns, at_ns, TimeSource.METER, Quality.GOOD,
        historical=False, seq=hour, boot=1, resolution=tick,
    )  # fmt: skip
