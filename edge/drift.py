"""Whether a sensor drifts: a slow and steady change that its neighbours do not share.

Each day is one number, its median. What counts is how far it moves from the neighbours' days, each
sensor by its own middle: seasons are shared and cancel out. A step, as when a heater is turned on,
is no drift.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import isnan, nan
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct, field

from edge.reading import DAY_NS
from edge.thinned import Thinned

DAYS_MAX = 56
DAYS_MIN = 28
"""So many days must be known, and lie apart at least."""
NEIGHBOURS_MIN = 3
NEIGHBOURS_MAX = 12
_VALUES_MIN = 4
_KNOWN_PART = 0.8
_HALF_PART = 1 / 6
"""Of the whole way each half of the time must have this part, or it was a step."""
_APART_TIMES = 3.0
_ON_PART = 0.25
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "temperature.c": 2.0,
        "humidity.pct": 10.0,
        "elec.voltage": 6.0,
        "elec.voltage.b": 6.0,
        "elec.voltage.c": 6.0,
    }
)
"""What a sensor may move away from its neighbours within eight weeks, in the channel's unit."""
Residual = tuple[int, float]
"""A day, and how far a sensor lies from its neighbours on it, less what is usual for it."""


class Days(Struct, array_like=True):
    """The medians of a channel's last days, a float of 32 bits each, and the day going on.

    Days count from 1970; the first of `medians` is `first`, one that is unknown is not a number.
    """

    today: int = 0
    values: Thinned = field(default_factory=Thinned)
    first: int = 0
    medians: bytes = b""

    def take(self, day: int, value: float) -> bool:
        """Take in a value of `day`; whether a day is over by it. Days before today say nothing."""
        over = day > self.today and bool(self.values.kept)
        if over:
            self._close()
        if day > self.today:
            self.today = day
            self.values.clear()
        if day == self.today:
            self.values.add(value)
        return over

    def by_day(self) -> dict[int, float]:
        """The known medians, by day."""
        medians = enumerate(array("f", self.medians), self.first)
        return {day: value for day, value in medians if not isnan(value)}

    def _close(self) -> None:
        """Keep the median of today, if enough was said on it."""
        medians = array("f", self.medians)
        if not medians or self.today - self.first >= 2 * DAYS_MAX:
            medians, self.first = array("f"), self.today
        medians.extend([nan] * (self.today - self.first - len(medians)))
        values = self.values.kept
        medians.append(median(values) if len(values) >= _VALUES_MIN else nan)
        gone = max(0, len(medians) - DAYS_MAX)
        self.medians, self.first = medians[gone:].tobytes(), self.first + gone


class Drift(Struct, frozen=True, array_like=True):
    """A sensor moves away since `since_ns`: by `moved` within `days`, from so many `neighbours`."""

    since_ns: int
    moved: float
    days: int
    neighbours: int


class Trend(NamedTuple):
    """A straight line through residuals: `moved` from the first to the last of `days`."""

    moved: float
    days: int
    first: int


def drift(
    channel: str, own: Days, others: Sequence[Days], offset_ns: int, before: Drift | None
) -> Drift | None:
    """What is to be said of a channel whose day is over; `before` is what was said last.

    `others` are three to twelve neighbours; with fewer nobody can know and nothing changes.
    Days are local: `offset_ns` ahead of UTC. Costs a millisecond a day, and ten where one drifts.
    """
    known = [days.by_day() for days in others]
    residuals = _residuals(own.by_day(), known)
    if residuals is None:
        return before
    limit = LIMITS[channel]
    if before is not None:
        newer = _trend(_last(residuals, DAYS_MIN))
        if newer is None or newer.moved * before.moved < _ON_PART * limit * abs(before.moved):
            return None
        moved = max(before.moved, newer.moved, key=abs)
        return Drift(before.since_ns, moved, newer.days, before.neighbours)
    for days in (DAYS_MIN, DAYS_MAX):
        trend = _steady(_last(residuals, days))
        if trend and abs(trend.moved) >= limit and not _is_shared(trend, known):
            return Drift(trend.first * DAY_NS - offset_ns, trend.moved, trend.days, len(known))
    return None


def _last(residuals: Sequence[Residual], days: int) -> Sequence[Residual]:
    """Those of the last so many days."""
    from_day = residuals[-1][0] - days
    return [each for each in residuals if each[0] >= from_day]


def _residuals(
    own: Mapping[int, float], others: Sequence[Mapping[int, float]]
) -> list[Residual] | None:
    """How far `own` lies from the others on each day; None with too few days or neighbours."""
    if len(own) < DAYS_MIN:
        return None
    beside = [each for each in others if len(own.keys() & each.keys()) >= _KNOWN_PART * len(own)]
    if len(beside) < NEIGHBOURS_MIN:
        return None
    usual = [median(each[day] for day in own.keys() & each.keys()) for each in beside]
    middle = median(own.values())
    residuals = [
        (day, own[day] - middle - median(moved))
        for day in sorted(own)
        if len(moved := _moved(beside, usual, day)) >= NEIGHBOURS_MIN
    ]
    return residuals if len(residuals) >= _KNOWN_PART * DAYS_MIN else None


def _moved(beside: Sequence[Mapping[int, float]], usual: Sequence[float], day: int) -> list[float]:
    return [each[day] - middle for each, middle in zip(beside, usual, strict=True) if day in each]


def _trend(residuals: Sequence[Residual]) -> Trend | None:
    """The line through the residuals after Theil and Sen: up to a fourth of them may be wild."""
    slopes = list(_slopes(residuals))
    if not slopes:
        return None
    first, last = residuals[0][0], residuals[-1][0]
    return Trend(median(slopes) * (last - first), last - first, first)


def _slopes(residuals: Sequence[Residual]) -> Iterator[float]:
    for (day, value), (later, moved) in combinations(residuals, 2):
        yield (moved - value) / (later - day)


def _steady(residuals: Sequence[Residual]) -> Trend | None:
    """The line, if days enough are known and it moved in both halves of them, each by its part."""
    whole, middle = _trend(residuals), len(residuals) // 2
    if whole is None or whole.days < DAYS_MIN - 1 or not whole.moved:
        return None
    halves = (_trend(residuals[:middle]), _trend(residuals[middle:]))
    steady = all(half and half.moved / whole.moved >= _HALF_PART for half in halves)
    return whole if steady else None


def _is_shared(whole: Trend, known: Sequence[Mapping[int, float]]) -> bool:
    """Whether the neighbours move apart among themselves, so that they are no reference."""
    apart = []
    for place, each in enumerate(known):
        residuals = _residuals(each, [*known[:place], *known[place + 1 :]])
        trend = _trend(residuals) if residuals else None
        if trend is not None:
            apart.append(abs(trend.moved))
    return bool(apart) and abs(whole.moved) < _APART_TIMES * median(apart)
