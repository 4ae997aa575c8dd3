"""One home under one rule: its false alarms, and how late it would have been.

Every alarm on the untouched history counts as false, real absences included. The delay is
counted from random moments within silences shorter than a day: the register stands still from
there on, as if the resident had just come to need help.
"""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from msgspec import Struct

from edge.reading import DAY_NS, HOUR_NS, Finding
from simulators.evaluate.doors import Passage
from simulators.evaluate.life import Life
from simulators.evaluate.rules import Rule
from simulators.evaluate.silences import Silence, around, cuts_ns, plausible, silences
from simulators.households import Series

WARMUP_DAYS = 28
"""Lived through before anything is judged."""
MONTH_NS = 30 * DAY_NS
_SEEN_NS = 2 * HOUR_NS


class Plan(NamedTuple):
    """How many cuts are made in each home, and the seed that they are drawn by."""

    cuts: int
    seed: int


class Past(NamedTuple):
    """What is known of a home: its register, who went in and out, and its silences."""

    home: str
    series: Series
    passages: tuple[Passage, ...]
    silences: tuple[Silence, ...]

    @property
    def warm_ns(self) -> int:
        """When the warm-up is over."""
        return self.series[0].at_ns + WARMUP_DAYS * DAY_NS


class Trial(Struct, frozen=True):
    """What a rule did in one home; the `early_` numbers are those of the warm-up.

    `delays_h` has infinity for a cut that no alarm followed, and 0 for one in an alarm that
    stood already. `covered` is the share of the days of the warm-up at whose end the rule gave
    an answer.
    """

    home: str
    months: float
    alarms: int
    short_alarms: int
    unproven: int
    early_months: float
    early_alarms: int
    covered: float
    delays_h: tuple[float, ...]


def past(home: str, series: Series, passages: Sequence[Passage] = ()) -> Past:
    """What is known of `home`, for every rule."""
    return Past(home, series, tuple(passages), silences(plausible(series)))


def trial(known: Past, rule: Rule, plan: Plan) -> Trial:
    """The past of a home lived under `rule`; the same arguments give the same numbers."""
    first_ns, last_ns = known.series[0].at_ns, known.series[-1].at_ns
    life = Life(known.series, known.passages, rule)
    days_ns = range(first_ns + DAY_NS, min(known.warm_ns, last_ns) + 1, DAY_NS)
    covered = []
    for day_ns in days_ns:
        life.until(day_ns)
        covered.append(life.is_covered())
    delays_h = []
    for cut_ns in _cuts(known, plan):
        life.until(cut_ns)
        delays_h.append(life.delay_h(cut_ns))
    life.until(last_ns)
    late = [found for found in life.raised if found.at_ns >= known.warm_ns]
    within = [around(known.silences, found.at_ns) for found in late]
    return Trial(
        home=known.home,
        months=max(0, last_ns - known.warm_ns) / MONTH_NS,
        alarms=len(late),
        short_alarms=sum(silence is not None and silence.is_short for silence in within),
        unproven=sum(not is_seen(known.series, found) for found in life.raised),
        early_months=(min(last_ns, known.warm_ns) - first_ns) / MONTH_NS,
        early_alarms=len(life.raised) - len(late),
        covered=sum(covered) / len(covered) if covered else 0.0,
        delays_h=tuple(delays_h),
    )


def is_seen(series: Series, found: Finding) -> bool:
    """Whether the raw readings themselves show what `found` rests on.

    They do when there is one at the time up to which it claims to know, and no hole of over two
    hours before it in which the register rose by as much as the rule calls use: without those
    readings nobody could have known.
    """
    usual, times_ns = found.evidence.usual, [each.at_ns for each in series]
    until_ns = found.evidence.complete_until_ns
    start_ns = until_ns - int(float(usual["window_h"]) * HOUR_NS)
    first = max(0, bisect_right(times_ns, start_ns) - 1)
    last = bisect_right(times_ns, until_ns) - 1
    hidden_l = [
        series[i].litres - series[i - 1].litres
        for i in range(first + 1, last + 1)
        if times_ns[i] - times_ns[i - 1] > _SEEN_NS
    ]
    return times_ns[last] == until_ns and max(hidden_l, default=0) < float(usual["threshold_l"])


def _cuts(known: Past, plan: Plan) -> tuple[int, ...]:
    """The same for every rule, and whatever other homes there are."""
    later = [each for each in known.silences if each.start_ns >= known.warm_ns]
    return cuts_ns(later, plan.cuts, Random(f"{plan.seed} {known.home}"))
