"""What a bulk meter counts and the homes behind it do not: lost, or taken before their meters.

Interval arithmetic over registers, as everywhere: what one home cannot know widens the answer or
takes it away, and never makes a loss. Rounding of registers and what meters may differ by is taken
off first.
"""

from collections.abc import Iterable
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from edge.bulk_terms import BulkTerms
from edge.completeness import Home, use
from edge.meter import Meter
from edge.reading import HOUR_NS

_ROUNDING = 2.0
"""Registers round independently: so many times the root of the sum of their squared ticks."""
_ML_PER_L = 1_000


class Verdict(StrEnum):
    """What one window says."""

    LOST = "lost"
    SOUND = "sound"
    UNKNOWN = "unknown"


class Unaccounted(NamedTuple):
    """What went missing within a window, in L/h: at least, about, and at most.

    About is halfway between what the registers around and within the window say.
    """

    least_l_per_h: float
    about_l_per_h: float
    most_l_per_h: float

    def verdict(self, limit_l_per_h: float) -> Verdict:
        """Whether something is lost in any case, and about so much; or less in any case."""
        if self.least_l_per_h > 0 and self.about_l_per_h >= limit_l_per_h:
            return Verdict.LOST
        return Verdict.SOUND if self.most_l_per_h < limit_l_per_h else Verdict.UNKNOWN


def unaccounted(bulk: Home, start_ns: int, end_ns: int, terms: BulkTerms) -> Unaccounted | None:
    """What went through `bulk` and through none of its members; None when nobody can know."""
    whole, ticks = _bounds([bulk], start_ns, end_ns)
    parts, more = _bounds(bulk.members, start_ns, end_ns)
    if whole is None or parts is None or not bulk.members:
        return None
    hours = (end_ns - start_ns) / HOUR_NS
    doubt_ml = terms.tolerance * whole[1] + _ROUNDING * sqrt(ticks + more)
    least_ml, most_ml = whole[0] - parts[1], whole[1] - parts[0]
    bounds_ml = least_ml - doubt_ml, (least_ml + most_ml) / 2, most_ml + doubt_ml
    return Unaccounted(*(each / _ML_PER_L / hours for each in bounds_ml))


def _bounds(
    homes: Iterable[Home], start_ns: int, end_ns: int
) -> tuple[tuple[int, int] | None, float]:
    """The use of all together, at least and at most, and the sum of their squared ticks."""
    lower_ml, upper_ml, squares = 0, 0, 0.0
    for home in homes:
        meters = home.meters(end_ns)
        if not meters or meters != home.meters(start_ns) or _faulty(meters, start_ns, end_ns):
            return None, 0.0
        known = use(meters, start_ns, end_ns)
        if known.upper_ml is None:
            return None, 0.0
        lower_ml, upper_ml = lower_ml + known.lower_ml, upper_ml + known.upper_ml
        squares += sum(meter.resolution_ml**2 for meter in meters)
    return (lower_ml, upper_ml), squares


def _faulty(meters: list[Meter], start_ns: int, end_ns: int) -> bool:
    return any(meter.faults.during(start_ns, end_ns) for meter in meters)
