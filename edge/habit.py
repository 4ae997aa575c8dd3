"""At which times a device that reports a few times a day does so: its phase, learned.

A meter that uploads at about 03:10 is expected then. The time may drift, and differs from
meter to meter, so it is read off the last eight arrivals and kept only if they agree.
"""

from itertools import accumulate, pairwise
from typing import NamedTuple

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS
from edge.rhythm import Rhythm, median_ns

PERIOD_NS_MIN = 6 * HOUR_NS
"""For what reports more often, the interval says enough."""
LEARNED = 7
"""Gaps between arrivals that must agree."""
MARGIN_NS = 10 * MINUTE_NS
_SPREAD_SHARE = 8
_COMMON_NS = (6 * HOUR_NS, 8 * HOUR_NS, 12 * HOUR_NS, DAY_NS, 2 * DAY_NS, 7 * DAY_NS)
_NEAR = 32


class Habit(NamedTuple):
    """Reports come at `at_ns` and whole periods before and after, give or take `spread_ns`.

    `is_regular` when none was missed while it was learned.
    """

    at_ns: int
    period_ns: int
    spread_ns: int
    is_regular: bool

    @property
    def misses(self) -> int:
        """How many reports in a row must fail to come: fewer where none ever does."""
        return 2 if self.is_regular else 3

    @property
    def delay_ns(self) -> int:
        """From the last report to the moment at which its silence shows, at the longest."""
        return self.misses * self.period_ns + 2 * self.spread_ns + MARGIN_NS

    def due_ns(self, last_ns: int) -> int:
        """When enough expected reports have failed since one came at `last_ns`.

        A report outside its time moves nothing up by more than half a period: it may be the
        first one of another habit.
        """
        tolerance_ns = self.spread_ns + MARGIN_NS
        following = (last_ns + tolerance_ns - self.at_ns) // self.period_ns + self.misses
        missed_ns = self.at_ns + following * self.period_ns + tolerance_ns
        return max(missed_ns, last_ns + self.misses * self.period_ns - self.period_ns // 2) + 1


def habit(rhythm: Rhythm) -> Habit | None:
    """The habit that the last eight arrivals show; None when they show none."""
    gaps_ns = rhythm.arrivals_ns()[-LEARNED:]
    if len(gaps_ns) < LEARNED:
        return None
    period_ns = _whole(rhythm.arrival_ns())
    if period_ns < PERIOD_NS_MIN:
        return None
    ages_ns = [0, *accumulate(reversed(gaps_ns))]
    steps = [(age_ns + period_ns // 2) // period_ns for age_ns in ages_ns]
    offsets_ns = [step * period_ns - age_ns for step, age_ns in zip(steps, ages_ns, strict=True)]
    centre_ns = median_ns(offsets_ns)
    spread_ns = max(abs(offset_ns - centre_ns) for offset_ns in offsets_ns)
    if spread_ns > period_ns // _SPREAD_SHARE:
        return None
    is_regular = all(later - earlier == 1 for earlier, later in pairwise(steps))
    return Habit(rhythm.counted_ns + centre_ns, period_ns, spread_ns, is_regular)


def _whole(gap_ns: int) -> int:
    """`gap_ns`, or the common period that it is near: a median of few wavers."""
    if gap_ns * _NEAR < PERIOD_NS_MIN * (_NEAR - 1):
        return gap_ns  # the usual case: no common period is as short
    for common_ns in _COMMON_NS:
        if abs(gap_ns - common_ns) * _NEAR <= common_ns:
            return common_ns
    return gap_ns
