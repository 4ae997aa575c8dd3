"""What a rule is worth over all homes together: its false alarms against its delay."""

import math
from collections.abc import Sequence

from msgspec import Struct

from simulators.evaluate.trial import Trial


class Score(Struct, frozen=True):
    """One rule over several homes.

    `fa_` are false alarms per home and month of 30 days. Delays are over all cuts, the
    0 of those in a standing alarm included; None where at least that share was never alarmed.
    """

    rule: str
    homes: int
    home_months: float
    alarms: int
    fa_per_home_month: float
    fa_in_gaps_under_24h: float
    cuts: int
    delay_median_h: float | None
    delay_p90_h: float | None
    already_alarming: int
    never_alarmed: int
    alarms_from_missing_data: int
    warmup_coverage: float
    warmup_fa_per_home_month: float


def score(rule: str, trials: Sequence[Trial]) -> Score:
    """The `trials` of one rule taken together."""
    months = sum(each.months for each in trials)
    early_months = sum(each.early_months for each in trials)
    delays_h = sorted(delay_h for each in trials for delay_h in each.delays_h)
    return Score(
        rule=rule,
        homes=len(trials),
        home_months=round(months, 2),
        alarms=sum(each.alarms for each in trials),
        fa_per_home_month=_rate(sum(each.alarms for each in trials), months),
        fa_in_gaps_under_24h=_rate(sum(each.short_alarms for each in trials), months),
        cuts=len(delays_h),
        delay_median_h=quantile(delays_h, 0.5),
        delay_p90_h=quantile(delays_h, 0.9),
        already_alarming=delays_h.count(0.0),
        never_alarmed=delays_h.count(math.inf),
        alarms_from_missing_data=sum(each.unproven for each in trials),
        warmup_coverage=_rate(sum(each.covered for each in trials), len(trials)),
        warmup_fa_per_home_month=_rate(sum(each.early_alarms for each in trials), early_months),
    )


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The least delay that at least `share` of `ordered` do not exceed; None if there is none."""
    if not ordered:
        return None
    delay = ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    return None if math.isinf(delay) else round(delay, 2)


def _rate(count: float, per: float) -> float:
    return round(count / per, 3) if per else 0.0
