"""The signature of a charger: constant current for hours, then constant voltage and a tail.

A battery takes a nearly constant power of 50 to 450 W, which rises a little as its voltage does,
for hours; then the power falls away over a quarter of an hour or more. A lamp does not rise and
ends at once, a heater is stronger, a refrigerator pauses. On a circuit with other loads it is
looked for above what the circuit took before; what comes on upon it is looked at by itself until
it goes off again.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from statistics import median

from msgspec import Struct, field

from edge.load import Bin
from edge.reading import HOUR_NS, MINUTE_NS

EXCESS_W = (50.0, 450.0)
PLATEAU_NS = 90 * MINUTE_NS
BEFORE_TAIL_NS = 40 * MINUTE_NS
"""A tail is the better proof: it needs a shorter plateau."""
PLATEAU_NS_MAX = 10 * HOUR_NS
RISE = 0.04
"""What voltages rise by in a plateau; a mains that rises by two percent does the same to a lamp."""
_TAIL_NS = 10 * MINUTE_NS
_TAIL_STEPS = 2
_TAIL_NS_MAX = 5 * HOUR_NS
_BAND = (0.1, 20.0)
_FLAT, _FALLEN = 0.95, 0.9
_OVER = 0.12
_STEP = 0.05
_EARLY_NS = 40 * MINUTE_NS
_EARLY_BINS = 2
_SETTLED = 2
_WEIGHT = 0.3
_BASE_BINS = 6
_DEPTH_MAX = 2
"""So many loads may lie upon the first one."""


class Stage(StrEnum):
    """How far a charge has come."""

    IDLE = "idle"
    PLATEAU = "plateau"
    TAIL = "tail"
    COVERED = "covered"


class Charging(Struct, array_like=True):
    """A circuit on which a charge is looked for; `told_ns` is when one that shows itself began.

    `base_w` is what the circuit took before, `level_w` what is above it, `early_w` what was near
    the beginning; it was last flat at `flat_ns`. `odd` counts bins in a row that fit nothing, the
    first of which was `odd_w`. While it is covered, `upper` is what came on upon it.
    """

    stage: Stage = Stage.IDLE
    at_ns: int = 0
    since_ns: int = 0
    tail_ns: int = 0
    flat_ns: int = 0
    before: list[float] = field(default_factory=list)
    base_w: float = 0.0
    level_w: float = 0.0
    high_w: float = 0.0
    early_w: float = 0.0
    early: int = 0
    bins: int = 0
    odd: int = 0
    odd_w: float = 0.0
    steps: int = 0
    told_ns: int | None = None
    proof: Stage = Stage.IDLE
    depth: int = 0
    upper: "Charging | None" = None

    def shown(self) -> "Charging | None":
        """The charge that shows itself: this one, or one upon it; None while there is none."""
        if self.told_ns is not None:
            return self
        return self.upper.shown() if self.upper else None

    def follow(self, seen: Bin, gap_ns: int) -> None:
        """Take in the next mean; after a gap nothing that was not told yet is known."""
        if seen.at_ns - self.at_ns > gap_ns and self.shown() is None:
            self.rest()
            self.before = []
        if self.upper:
            self.upper.follow(seen, gap_ns)
        _FOLLOW[self.stage](self, seen)
        self.at_ns = seen.at_ns
        self.before = [*self.before[1 - _BASE_BINS :], seen.mean]

    def rest(self) -> None:
        """No charge is looked at any more, and none is told of."""
        self.stage, self.told_ns, self.proof = Stage.IDLE, None, Stage.IDLE
        self.bins = self.odd = self.steps = self.early = 0
        self.upper = None

    def begin(self, base_w: float, excess_w: float) -> None:
        """A load has come on that may be a charger."""
        self.rest()
        if EXCESS_W[0] <= excess_w <= EXCESS_W[1]:
            self.stage, self.since_ns, self.base_w = Stage.PLATEAU, self.at_ns, base_w
            self.level_w = self.high_w = excess_w
            self.early_w = 0.0

    def tell(self, proof: Stage) -> None:
        """It is a charge, by its plateau or by its tail."""
        self.proof = proof
        if self.told_ns is None:
            self.told_ns = self.since_ns

    def rise(self) -> float:
        """By which part of it the plateau has risen since its beginning."""
        return self.level_w / self.early_w - 1 if self.early_w > 0 else 0.0


def _idle(self: Charging, seen: Bin) -> None:
    if len(self.before) >= _SETTLED:
        base_w = median(self.before[-3:])
        self.begin(base_w, seen.mean - base_w)


def _plateau(self: Charging, seen: Bin) -> None:
    excess_w, span_ns = seen.mean - self.base_w, seen.at_ns - self.since_ns
    self.bins += 1
    if self.bins <= _SETTLED:  # it may have come on in the middle of a bin
        self.level_w = self.high_w = excess_w
        if not EXCESS_W[0] <= excess_w <= EXCESS_W[1]:
            self.rest()
        return
    if abs(excess_w - self.level_w) > _band_w(self):
        _leave(self, seen, excess_w)
        return
    self.odd = 0
    self.level_w += _WEIGHT * (excess_w - self.level_w)
    self.high_w = max(self.high_w, self.level_w)
    if span_ns < _EARLY_NS or self.early < _EARLY_BINS:
        self.early += 1
        self.early_w += (excess_w - self.early_w) / self.early
    if self.level_w >= _FLAT * self.high_w:
        self.flat_ns = seen.at_ns
    falls = self.level_w < _FALLEN * self.high_w
    if falls and self.flat_ns - self.since_ns >= BEFORE_TAIL_NS:
        _let_fall(self, seen)
    elif falls or span_ns > PLATEAU_NS_MAX:
        self.rest()
    elif span_ns >= PLATEAU_NS and self.rise() >= RISE:
        self.tell(Stage.PLATEAU)


def _leave(self: Charging, seen: Bin, excess_w: float) -> None:
    """One bin that fits nothing is passed over; a second one ends the plateau."""
    self.odd += 1
    if self.odd < _SETTLED:
        self.odd_w = excess_w
        return
    long = self.flat_ns - self.since_ns >= BEFORE_TAIL_NS
    if long and _OVER * self.high_w < excess_w < self.level_w:
        _let_fall(self, seen)
    elif excess_w > self.level_w:
        _cover(self, excess_w - self.level_w)
    else:
        self.rest()


def _band_w(self: Charging) -> float:
    return max(_BAND[0] * self.level_w, _BAND[1])


def _cover(self: Charging, upper_w: float) -> None:
    """Another load has come on: whether it is a charger is a question of its own."""
    base_w = self.base_w + self.level_w
    if self.depth == _DEPTH_MAX:
        self.begin(base_w, upper_w)
        return
    self.stage, self.odd = Stage.COVERED, 0
    self.upper = Charging(at_ns=self.at_ns, before=list(self.before), depth=self.depth + 1)
    self.upper.begin(base_w, upper_w)


def _covered(self: Charging, seen: Bin) -> None:
    """It goes on where the other load has gone off; less than it took means that it ended."""
    over_w = seen.mean - self.base_w - self.level_w
    if abs(over_w) <= _band_w(self):
        self.stage, self.upper, self.odd = Stage.PLATEAU, None, 0
        _plateau(self, seen)
    elif over_w > 0:
        self.odd = 0
    else:
        self.odd += 1
        if self.odd >= _SETTLED:
            self.rest()


def _let_fall(self: Charging, seen: Bin) -> None:
    excess_w = seen.mean - self.base_w
    self.steps = 2 if self.odd and excess_w < self.odd_w - _STEP * self.high_w else 1
    self.stage, self.tail_ns, self.odd, self.bins = Stage.TAIL, self.at_ns, 0, self.steps
    self.level_w = excess_w


def _tail(self: Charging, seen: Bin) -> None:
    """Falling step by step: what is switched off falls at once, what cools down takes hours."""
    excess_w, span_ns = seen.mean - self.base_w, seen.at_ns - self.tail_ns
    step_w = _STEP * self.high_w
    if excess_w < _OVER * self.high_w:
        self.odd += 1
        if self.odd >= _SETTLED:
            self.rest()
        return
    if excess_w > self.level_w + 2 * step_w or span_ns > _TAIL_NS_MAX:
        self.rest()
        return
    self.odd = 0
    self.bins += 1
    if excess_w < self.level_w - step_w:
        self.steps += 1
        self.level_w = excess_w
    fast = 2 * self.steps >= self.bins
    if self.steps > _TAIL_STEPS and span_ns >= _TAIL_NS and fast:
        self.tell(Stage.TAIL)


_FOLLOW: Mapping[Stage, Callable[[Charging, Bin], None]] = {
    Stage.IDLE: _idle,
    Stage.PLATEAU: _plateau,
    Stage.TAIL: _tail,
    Stage.COVERED: _covered,
}
