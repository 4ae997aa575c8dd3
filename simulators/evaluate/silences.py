"""When nobody used water, read off a raw register, and moments inside such silences.

Plain and apart from the edge's own reckoning: it is what the edge's rules are judged by. A use
is three litres or more within an hour; a silence lasts from one use to the next.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from edge.reading import HOUR_NS, MINUTE_NS
from simulators.households import Sample, Series

USE_L = 3
SHORT_NS = 24 * HOUR_NS
"""Silences from here on are taken for absences: no resident is imagined to be at home."""
_HOUR_NS = HOUR_NS - 15 * MINUTE_NS
"""An hour between readings that come about hourly."""
_SURE_NS = 2 * HOUR_NS


class Silence(NamedTuple):
    """No use after `start_ns` and until `end_ns`; `is_sure` unless readings are missing there."""

    start_ns: int
    end_ns: int
    is_sure: bool

    @property
    def is_short(self) -> bool:
        """Whether it is known to be shorter than a day."""
        return self.is_sure and self.end_ns - self.start_ns < SHORT_NS


def plausible(series: Series) -> Series:
    """The samples of a register that only rises: none above a later one, none below an earlier."""
    kept: list[Sample] = []
    following = [*series[1:], *series[-1:]]
    for sample, after in zip(series, following, strict=True):
        stands_out = sample.litres > after.litres
        if not stands_out and (not kept or sample.litres >= kept[-1].litres):
            kept.append(sample)
    return tuple(kept)


def silences(series: Series) -> tuple[Silence, ...]:
    """Every silence between two uses of a plausible `series`, in order."""
    times_ns = [sample.at_ns for sample in series]
    uses = [i for i in range(1, len(series)) if _is_use(series, times_ns, i)]
    return tuple(_silence(times_ns, first, then) for first, then in pairwise(uses))


def cuts_ns(found: Sequence[Silence], count: int, rng: Random) -> tuple[int, ...]:
    """`count` moments drawn evenly over all the time within short silences, in order.

    Fewer, namely none, where there is no such time.
    """
    short = [silence for silence in found if silence.is_short]
    lengths_ns = [silence.end_ns - silence.start_ns for silence in short]
    if not short:
        return ()
    drawn = rng.choices(short, lengths_ns, k=count)
    return tuple(sorted(rng.randrange(each.start_ns + 1, each.end_ns) for each in drawn))


def around(found: Sequence[Silence], at_ns: int) -> Silence | None:
    """The silence that `at_ns` lies in; None before the first and after the last."""
    i = bisect_right(found, at_ns, key=lambda silence: silence.start_ns) - 1
    return found[i] if i >= 0 and at_ns <= found[i].end_ns else None


def _is_use(series: Series, times_ns: Sequence[int], i: int) -> bool:
    before = max(0, bisect_right(times_ns, times_ns[i] - _HOUR_NS) - 1)
    return series[i].litres - series[before].litres >= USE_L


def _silence(times_ns: Sequence[int], first: int, then: int) -> Silence:
    sure = times_ns[then] - times_ns[then - 1] <= _SURE_NS
    return Silence(times_ns[first], times_ns[then], sure)
