"""How well each rule does, by what people found its alarms to be.

A rule is judged by alarms for each home and worker at what it finds, never by one figure.
Drills are no alarms and count nowhere; what nobody has labelled is shown, not guessed.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from alerts.incident import Outcome, State
from edge.reading import DAY_NS

MONTH_DAYS = 30.44
BAD_ACTORS_MAX = 10
_BAD_ACTOR_CASES = 2
_DEVICE = "device"
_DIGITS = 4
_ALMOST = 0.9999


class Case(Struct, frozen=True):
    """One incident, as far as its rule is judged by it; `outcome` only of a closed one."""

    rule: str
    category: str
    subject: str
    state: State
    outcome: Outcome | None
    reason: str
    opened_ns: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the rules watched: so many homes, for so many workers, over `days`."""

    homes: int
    workers: int
    days: float


class RulePerformance(Struct, frozen=True):
    """One rule over a period. Rates are None where there is nothing to divide by.

    `true` are the alarms that were right: real ones, and of a rule about devices also faults.
    `precision` is their part of the labelled. `withdrawn` ended before anybody was told.
    """

    rule: str
    cases: int
    labelled: int
    true: int
    outcomes: dict[str, int]
    reasons: dict[str, int]
    withdrawn: int
    precision: float | None
    unlabelled_share: float | None
    false_per_home_month: float | None
    false_per_worker_day: float | None


class BadActor(Struct, frozen=True):
    """A rule on one subject that raised much and mostly for nothing."""

    rule: str
    subject: str
    cases: int
    false: int


def performance(cases: Iterable[Case], exposure: Exposure) -> list[RulePerformance]:
    """Each rule that raised anything, the busiest first."""
    by_rule: dict[str, list[Case]] = {}
    for case in cases:
        if case.outcome is not Outcome.DRILL and case.state is not State.MERGED:
            by_rule.setdefault(case.rule, []).append(case)
    judged = [_judged(rule, found, exposure) for rule, found in by_rule.items()]
    return sorted(judged, key=lambda each: (-each.cases, each.rule))


def bad_actors(cases: Iterable[Case]) -> list[BadActor]:
    """The rules and subjects with the most false alarms among `cases`, worst first."""
    raised: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    for case in cases:
        if case.outcome is Outcome.DRILL or case.state in {State.MERGED, State.WITHDRAWN}:
            continue
        raised[case.rule, case.subject] += 1
        false[case.rule, case.subject] += case.outcome is not None and not _is_true(case)
    found = [
        BadActor(rule, subject, count, false[rule, subject])
        for (rule, subject), count in raised.items()
        if count >= _BAD_ACTOR_CASES
    ]
    order = sorted(found, key=lambda each: (-each.false, -each.cases, each.rule, each.subject))
    return order[:BAD_ACTORS_MAX]


def since(cases: Iterable[Case], now_ns: int, days: float) -> list[Case]:
    """The cases that were opened within the last `days`."""
    return [case for case in cases if case.opened_ns >= now_ns - int(days * DAY_NS)]


def _judged(rule: str, found: Sequence[Case], exposure: Exposure) -> RulePerformance:
    shown = [case for case in found if case.state is not State.WITHDRAWN]
    labelled = [case for case in shown if case.outcome is not None]
    true = sum(_is_true(case) for case in labelled)
    false = len(labelled) - true
    return RulePerformance(
        rule=rule,
        cases=len(shown),
        labelled=len(labelled),
        true=true,
        outcomes=dict(Counter(case.outcome.value for case in labelled if case.outcome)),
        reasons=dict(Counter(case.reason for case in labelled if case.reason)),
        withdrawn=len(found) - len(shown),
        precision=part_of(true, len(labelled)),
        unlabelled_share=part_of(len(shown) - len(labelled), len(shown)),
        false_per_home_month=part_of(false, exposure.homes * exposure.days / MONTH_DAYS),
        false_per_worker_day=part_of(false, exposure.workers * exposure.days),
    )


def _is_true(case: Case) -> bool:
    is_fault = case.category == _DEVICE and case.outcome is Outcome.DEVICE_FAULT
    return case.outcome is Outcome.REAL or is_fault


def part_of(count: int, of: float) -> float | None:
    """`count` by `of` to four digits, None of nothing; 0 is never and 1 is always, not nearly."""
    if of <= 0:
        return None
    part = float(f"{count / of:.{_DIGITS}g}")
    return min(part, _ALMOST) if count < of else part
