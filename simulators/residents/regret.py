"""What a rule is worth beside the optimum, over all simulated homes: regret as a number.

The optimum is given as many false alarms as the rule had, and no more: its threshold is the
least that keeps to them. Regret is the rule's median delay over the optimum's.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from simulators.evaluate.score import quantile
from simulators.residents.trial import WARMUP_H, Outcome, Plan

HOMES_A_WORKER = 40
_MONTH_DAYS = 30


class Regret(Struct, frozen=True):
    """A rule and the optimum over the same homes; delays in hours, rates a home and 30 days.

    `early_ratio` is the rate of the first 28 days over the rate of those after them. All
    alerts are false ones.
    """

    homes: int
    home_months: float
    false_alarms: int
    fa_per_home_month: float
    early_fa_per_home_month: float
    early_ratio: float | None
    falls: int
    delay_median_h: float | None
    delay_p90_h: float | None
    never_found: int
    optimum_fa_per_home_month: float
    optimum_median_h: float | None
    optimum_p90_h: float | None
    regret: float | None
    alerts_per_worker_day: float
    risen_per_home_month: float = 0.0
    risen_by_nobody_per_home_month: float = 0.0


def regret(plan: Plan, outcomes: Sequence[Outcome]) -> Regret:
    """What all `outcomes` of `plan` come to."""
    warmup_days = WARMUP_H / 24
    months = len(outcomes) * (plan.days - warmup_days) / _MONTH_DAYS
    alarms = sum(each.alarms for each in outcomes)
    rate = alarms / months
    early = sum(each.early_alarms for each in outcomes)
    early_rate = early / (len(outcomes) * warmup_days / _MONTH_DAYS)
    delays_h = sorted(delay_h for each in outcomes for delay_h in each.delays_h)
    peaks_h = sorted((peak for each in outcomes for peak in each.peaks_h), reverse=True)
    threshold_h = math.nextafter(peaks_h[alarms], math.inf) if alarms < len(peaks_h) else 0.0
    best_h = sorted(delay_h for each in outcomes for delay_h in optimal_h(each, threshold_h))
    ours_h, theirs_h = quantile(delays_h, 0.5), quantile(best_h, 0.5)
    return Regret(
        homes=len(outcomes),
        home_months=round(months, 2),
        false_alarms=alarms,
        fa_per_home_month=round(rate, 4),
        early_fa_per_home_month=round(early_rate, 4),
        early_ratio=round(early_rate / rate, 2) if rate else None,
        falls=len(delays_h),
        delay_median_h=ours_h,
        delay_p90_h=quantile(delays_h, 0.9),
        never_found=delays_h.count(math.inf),
        optimum_fa_per_home_month=round(sum(p >= threshold_h for p in peaks_h) / months, 4),
        optimum_median_h=theirs_h,
        optimum_p90_h=quantile(best_h, 0.9),
        regret=round(ours_h / theirs_h, 3) if ours_h is not None and theirs_h else None,
        alerts_per_worker_day=round(HOMES_A_WORKER * rate / _MONTH_DAYS, 3),
        risen_per_home_month=round(sum(each.risen for each in outcomes) / months, 2),
        risen_by_nobody_per_home_month=round(sum(each.by_nobody for each in outcomes) / months, 3),
    )


def optimal_h(outcome: Outcome, threshold_h: float) -> list[float]:
    """From each fall of `outcome` until the odds reach the threshold, in hours.

    Odds never fall while nobody stirs. Infinity where they stay below it for five days.
    """
    delays_h = []
    for into, odds_h in zip(outcome.into, outcome.odds_h, strict=True):
        hours = bisect_left(odds_h, threshold_h)
        reached = hours < len(odds_h)
        delays_h.append(max(0.0, hours - into) if reached else math.inf)
    return delays_h
