"""三率 by area and month: were people answered in time, was it settled, were they satisfied.

Drills and what ended before anybody was told count nowhere. A rate without anything to count
is None, never 0 or 1.
"""

from collections.abc import Iterable

from msgspec import Struct

from alerts.incident import State
from alerts.performance import part_of
from alerts.rating import Grade

_AREA_DEPTH = 2


class Handled(Struct, frozen=True):
    """One case as far as the rates count it; `due_ns` is when its plan wants an answer."""

    subject: str
    month: str
    state: State
    acked_ns: int | None
    due_ns: int
    grades: tuple[Grade, ...]


class Rates(Struct, frozen=True):
    """The rates of one area in one month (by opening), with what they were counted from."""

    area: str
    month: str
    cases: int
    answered: int
    settled: int
    rated: int
    satisfied: int
    response: float | None
    resolution: float | None
    satisfaction: float | None


def rates(cases: Iterable[Handled]) -> list[Rates]:
    """One row for each area and month that had a case, the latest month first."""
    groups: dict[tuple[str, str], list[Handled]] = {}
    for case in cases:
        if case.state not in {State.WITHDRAWN, State.MERGED}:
            area = "/".join(case.subject.split("/")[:_AREA_DEPTH])
            groups.setdefault((case.month, area), []).append(case)
    order = sorted(groups, key=lambda key: key[1])
    return [
        _rates(*key, groups[key]) for key in sorted(order, key=lambda key: key[0], reverse=True)
    ]


def _rates(month: str, area: str, cases: list[Handled]) -> Rates:
    grades = [grade for case in cases for grade in case.grades]
    answered = sum(_in_time(case) for case in cases)
    settled = sum(case.state is State.CLOSED for case in cases)
    satisfied = sum(grade is not Grade.UNSATISFIED for grade in grades)
    return Rates(
        area=area,
        month=month,
        cases=len(cases),
        answered=answered,
        settled=settled,
        rated=len(grades),
        satisfied=satisfied,
        response=part_of(answered, len(cases)),
        resolution=part_of(settled, len(cases)),
        satisfaction=part_of(satisfied, len(grades)),
    )


def _in_time(case: Handled) -> bool:
    return case.acked_ns is not None and case.acked_ns <= case.due_ns
