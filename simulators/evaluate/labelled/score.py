"""What a rule was worth over several months, and whether it beats the field's rule."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from simulators.evaluate.labelled.match import Outcome
from simulators.evaluate.labelled.scenario import Scenario
from simulators.evaluate.labelled.trial import NAIVE, OURS, Trial
from simulators.evaluate.score import quantile

NOT_INSTALLED = "not installed"


class Worth(Struct, frozen=True):
    """One rule, of the edge or another, over all months together.

    Precision is the share of alarms about something real, further alarms about one event left
    out; None where there were none. Delays are over all events, None where at least that share
    was never told. Every alarm counts for the load of a worker's day, 24 h.
    """

    events: int
    told: int
    recall: float | None
    precision: float | None
    false_alarms: int
    repeats: int
    late: int
    delay_median_s: float | None
    delay_p90_s: float | None
    alerts_per_worker_day: float
    false_per_worker_day: float
    alarms_from_missing_data: int


class Verdict(Struct, frozen=True):
    """A rule of the edge beside the field's for the same feed, and beside comparators.

    `beats_naive`: no worse in missed events and in false alarms, and better in one of them.
    """

    scenario: str
    rule: str
    days: float
    naive_says: str
    edge: Worth
    naive: Worth
    beats_naive: bool
    in_words: str
    comparators: dict[str, Worth | str]


def verdicts(scenario: Scenario, trials: Sequence[Trial]) -> list[Verdict]:
    """One for each rule of the scenario, from all its trials."""
    return [_verdict(scenario, i, trials) for i in range(len(scenario.rules))]


def _verdict(scenario: Scenario, i: int, trials: Sequence[Trial]) -> Verdict:
    judged = scenario.rules[i]
    mine = [each for each in trials if (each.scenario, each.rule) == (scenario.name, judged.rule)]
    days = sum(each.days for each in mine if each.by == OURS)
    share = scenario.a_worker / (scenario.subjects * days)
    by = {name: _worth((e.outcome for e in mine if e.by == name), share) for name in _names(mine)}
    edge, naive = by.pop(OURS), by.pop(NAIVE)
    assert isinstance(edge, Worth)  # noqa: S101  (always there, as `trials` makes them)
    assert isinstance(naive, Worth)  # noqa: S101  (the same)
    worse, better = _compared(edge, naive)
    load = f"{edge.alerts_per_worker_day:g} against {naive.alerts_per_worker_day:g}"
    return Verdict(
        scenario=scenario.name,
        rule=judged.rule,
        days=days,
        naive_says=judged.naive.says,
        edge=edge,
        naive=naive,
        beats_naive=bool(better) and not worse,
        in_words=_in_words(worse, better, load),
        comparators=by,
    )


def _names(trials: Iterable[Trial]) -> list[str]:
    return list(dict.fromkeys(each.by for each in trials))


def _worth(outcomes: Iterable[Outcome | None], share: float) -> Worth | str:
    known = [each for each in outcomes if each is not None]
    if not known:
        return NOT_INSTALLED
    delays_s = sorted(delay_s for each in known for delay_s in each.delays_s)
    told = sum(not math.isinf(delay_s) for delay_s in delays_s)
    count = Counter[str]()
    for each in known:
        count.update(alarms=each.alarms, false=len(each.false), repeats=each.repeats)
        count.update(late=each.late, missing=each.from_missing_data)
    return Worth(
        events=len(delays_s),
        told=told,
        recall=_share(told, len(delays_s)),
        precision=_share(told, told + count["false"]),
        false_alarms=count["false"],
        repeats=count["repeats"],
        late=count["late"],
        delay_median_s=quantile(delays_s, 0.5),
        delay_p90_s=quantile(delays_s, 0.9),
        alerts_per_worker_day=round(count["alarms"] * share, 3),
        false_per_worker_day=round(count["false"] * share, 3),
        alarms_from_missing_data=count["missing"],
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def _compared(edge: Worth, naive: Worth) -> tuple[list[str], list[str]]:
    """In which errors the edge is worse, and in which better."""
    errors = {
        f"misses {_missed(edge)} of {edge.events} events against {_missed(naive)}": (
            _missed(edge) - _missed(naive)
        ),
        f"has {edge.false_alarms} false alarms against {naive.false_alarms}": (
            edge.false_alarms - naive.false_alarms
        ),
    }
    worse = [says for says, more in errors.items() if more > 0]
    return worse, [says for says, more in errors.items() if more < 0]


def _missed(worth: Worth) -> int:
    return worth.events - worth.told


def _in_words(worse: Sequence[str], better: Sequence[str], load: str) -> str:
    if not worse and not better:
        return f"as good in both errors, with {load} alerts a worker-day"
    parts = []
    if better:
        parts.append(f"better: {' and '.join(better)}")
    if worse:
        parts.append(f"worse: {' and '.join(worse)}")
    return "; ".join(parts)
