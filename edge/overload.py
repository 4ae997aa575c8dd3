"""Whether a circuit carries more than it is rated for, by the warmth of what it feeds.

A current above the rating is borne for a while: a conductor warms towards the square of its
load with its own time constant. It is overloaded once that warmth is what the full rating would
come to for ever, or at once at 1.45 times the rating, at which a breaker to IEC 60898 must trip
within the hour. What happened in a gap is not known, and warms nothing. A sample is a moment: one
that stands out counts for the time around it once the next one confirms it.
"""

from math import exp

from msgspec import Struct

SHARP = 1.45
SHARP_SAMPLES = 2
"""A motor that starts is one sample; a second one in a row is a load."""
_JUMP = 0.3
"""A part of the rating: a lamp or a kettle that comes on is less, a motor that starts is more."""
_CALM = 0.9
_LOAD_MAX = 20.0


class Overload(Struct, array_like=True):
    """As of `at_ns`: the load as a part of the rating, the warmth as its square.

    The load has been above the rating since `above_ns`, and too much since `over_ns`. While the
    last sample stands out and is not confirmed, `calm` is the load before it, and it has warmed
    nothing in its `calm_ns`.
    """

    at_ns: int = 0
    load: float = 0.0
    warmth: float = 0.0
    sharp: int = 0
    above_ns: int | None = None
    over_ns: int | None = None
    peak: float = 0.0
    calm: float | None = None
    calm_ns: int = 0

    def follow(self, at_ns: int, load: float, warms_ns: float, gap_ns: int) -> None:
        """Take in a sample; one that is not newer than the last counts for nothing."""
        if at_ns <= self.at_ns:
            return
        load, span_ns = min(load, _LOAD_MAX), at_ns - self.at_ns
        known = self.at_ns > 0 and span_ns <= gap_ns
        if known:
            self._warm(load, span_ns, warms_ns)
        else:
            self.warmth, self.sharp, self.above_ns, self.calm = 0.0, 0, None, None
        self.at_ns, self.load = at_ns, load
        self.sharp = self.sharp + 1 if load >= SHARP else 0
        self._judge()

    def _warm(self, load: float, span_ns: int, warms_ns: float) -> None:
        """Let the span up to this `load` warm it, and the one before if that is confirmed now."""
        last, calm = self.load, self.calm
        if calm is not None:
            last = self.load if load >= calm + _JUMP else calm
            self.warmth = warmed(self.warmth, (calm, last), self.calm_ns / warms_ns)
        self.calm = None
        if load >= last + _JUMP and calm is None:
            self.calm, self.calm_ns = last, span_ns
            return
        self.warmth = warmed(self.warmth, (last, load), span_ns / warms_ns)

    def _judge(self) -> None:
        if self.load <= 1 and self.warmth < 1:
            self.above_ns = None
        elif self.above_ns is None:
            self.above_ns = self.at_ns
        if self.over_ns is None and (self.warmth >= 1 or self.sharp >= SHARP_SAMPLES):
            self.over_ns, self.peak = self.above_ns, self.load
        elif self.over_ns is not None:
            self.peak = max(self.peak, self.load)
            if self.load < _CALM and self.warmth < 1:
                self.over_ns = None


def warmed(warmth: float, loads: tuple[float, float], spans: float) -> float:
    """The warmth after so many time constants in which the load went from one to the other."""
    first, last = loads
    target = (first * first + first * last + last * last) / 3
    return target + (warmth - target) * exp(-spans)
