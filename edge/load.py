"""The load of one electric circuit, as its readings show it: amperes of each phase, and watts.

Meters give power, phase currents or only a register; where power is given, the register is not
asked. A mean over five minutes, or over one interval of a slower meter, is a `Bin`.
"""

from typing import NamedTuple

from msgspec import Struct, field

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading

BIN_NS = 5 * MINUTE_NS
_PHASE = {"elec.current": 0, "elec.current.b": 1, "elec.current.c": 2}
CHANNELS = frozenset({*_PHASE, "elec.power", "elec.total"})
_APART_NS = 5 * MINUTE_NS
"""Currents of three phases that are asked for one after the other are of one time within this."""
_POWER_NS = HOUR_NS
_TICK_KWH = 0.01
_FINE_W = 40.0
"""A register is asked so seldom that one tick of it is no more than this."""
_WS_PER_KWH = 3_600_000


class Bin(NamedTuple):
    """The mean of the samples up to `at_ns`."""

    at_ns: int
    mean: float


class Bins(Struct, array_like=True):
    """Samples on their way into a mean."""

    number: int = 0
    total: float = 0.0
    count: int = 0
    at_ns: int = 0

    def take(self, at_ns: int, value: float) -> Bin | None:
        """The bin that a sample after it has closed, if it has."""
        number, closed = at_ns // BIN_NS, None
        if number != self.number:
            if self.count:
                closed = Bin(self.at_ns, self.total / self.count)
            self.number, self.total, self.count = number, 0.0, 0
        self.total, self.count, self.at_ns = self.total + value, self.count + 1, at_ns
        return closed


class Heard(Struct, array_like=True):
    """What was heard of a circuit, as far as later readings need it."""

    amps: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    amps_ns: list[int] = field(default_factory=lambda: [0, 0, 0])
    whole_ns: int = 0
    watts_ns: int = 0
    total_kwh: float = 0.0
    total_ns: int = 0

    def amperes(self, reading: Reading, phases: int) -> tuple[float, ...] | None:
        """The currents of all phases at about one time, once `reading` completes them."""
        phase = _PHASE.get(reading.channel)
        if phase is None or phase >= phases or isinstance(reading.value, str):
            return None
        at_ns = _at_ns(reading)
        if at_ns <= self.amps_ns[phase]:
            return None
        self.amps[phase], self.amps_ns[phase] = abs(reading.value), at_ns
        times_ns = self.amps_ns[:phases]
        if min(times_ns) <= self.whole_ns or max(times_ns) - min(times_ns) > _APART_NS:
            return None
        self.whole_ns = max(times_ns)
        return tuple(self.amps[:phases])

    def watts(self, reading: Reading, gap_ns: int) -> float | None:
        """The power that `reading` gives, or that the register rose by since it was last asked."""
        if isinstance(reading.value, str):
            return None
        at_ns = _at_ns(reading)
        if reading.channel == "elec.power":
            if at_ns <= self.watts_ns:
                return None
            self.watts_ns = at_ns
            return max(0.0, reading.value)
        if reading.channel != "elec.total" or at_ns - self.watts_ns <= _POWER_NS:
            return None
        return self._rise(at_ns, reading.value, reading.resolution or _TICK_KWH, gap_ns)

    def _rise(self, at_ns: int, total_kwh: float, tick_kwh: float, gap_ns: int) -> float | None:
        span_s, rise_kwh = (at_ns - self.total_ns) / SECOND_NS, total_kwh - self.total_kwh
        if rise_kwh >= 0 and 0 < span_s < tick_kwh * _WS_PER_KWH / _FINE_W:
            return None
        if span_s <= 0:
            return None
        known = self.total_ns and rise_kwh >= 0 and span_s * SECOND_NS <= gap_ns
        self.total_ns, self.total_kwh = at_ns, total_kwh
        return rise_kwh * _WS_PER_KWH / span_s if known else None


def _at_ns(reading: Reading) -> int:
    return min(reading.at_ns, reading.received_ns)
