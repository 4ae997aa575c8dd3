"""A declared absence holds for fixed terms: quiet meanwhile is no news, and counts from its end."""

from datetime import UTC, datetime
from typing import Any

import pytest

from edge.away import Span, home_since_ns, within
from edge.completeness import Home
from edge.detectors.base import Condition, Status
from edge.detectors.routine import Routine
from edge.detectors.welfare import Welfare
from tests.unit.edge.worlds import UNIT, at, litres, registry

WINDOW_H = 12
LAST_USE_H = 10
TERMS = {"welfare": {"window": "12 h"}}


def moment(hour: int) -> datetime:
    return datetime.fromtimestamp(at(hour) / 1e9, UTC)


def away(*spans_h: tuple[int, int]) -> dict[str, Any]:
    return {"away": [{"from": moment(start), "to": moment(end)} for start, end in spans_h]}


def first_told(unit: dict[str, Any], until_h: int = 100) -> tuple[int, Status, Welfare] | None:
    """The hour at which the rule first holds in a home whose last use was at LAST_USE_H."""
    site = registry([UNIT | TERMS | unit])
    (rule,) = Welfare.install(site.unit("u01"))
    home = Home(site.bindings())
    for hour in range(until_h):
        home.observe(litres(hour, 20 * min(hour, LAST_USE_H)))
        status = rule.evaluate(home, at(hour))
        if isinstance(status, Status) and status.condition is Condition.HOLDS:
            return hour, status, rule
    return None


@pytest.mark.parametrize(
    ("spans_h", "told_h", "since_h"),
    [
        ((), 22, 10),
        (((14, 60),), 72, 60),
        (((60, 90),), 22, 10),  # not away yet
        (((0, 6),), 22, 10),  # back before the last use
        (((14, 30), (30, 60)), 72, 60),
        (((14, 30), (36, 60)), 72, 60),  # six hours at home prove nothing
        (((14, 20), (34, 60)), 32, 20),  # twelve do
        (((14, 40), (20, 30)), 52, 40),
        (((22, 60),), 22, 10),  # a whole window had passed when they left
    ],
)
def test_quiet_is_counted_from_the_end_of_an_absence(
    spans_h: tuple[tuple[int, int], ...], told_h: int, since_h: int
) -> None:
    told = first_told(away(*spans_h))
    assert told is not None
    hour, status, _ = told
    assert (hour, status.since_ns) == (told_h, at(since_h))


def test_nothing_is_said_for_as_long_as_they_are_away() -> None:
    assert first_told(away((14, 200))) is None


def test_the_evidence_says_from_when_on_it_was_counted() -> None:
    for spans_h, said in [((), False), (((14, 60),), True)]:
        told = first_told(away(*spans_h))
        assert told is not None
        _, status, rule = told
        home = Home(registry().bindings())
        for hour in range(80):
            home.observe(litres(hour, 20 * min(hour, LAST_USE_H)))
        evidence = rule.evidence(home, status, 8.0)
        assert ("外出报备" in evidence.sentence_zh) is said
        assert ("declared absence" in evidence.sentence_en) is said
        assert evidence.seen["span_h"] == WINDOW_H


def test_what_was_told_before_they_left_stands_until_water_is_used() -> None:
    site = registry([UNIT | TERMS | away((30, 60))])
    (rule,) = Welfare.install(site.unit("u01"))
    home = Home(site.bindings())
    for hour in range(40):
        home.observe(litres(hour, 20 * min(hour, LAST_USE_H)))
    status = rule.evaluate(home, at(40), at(LAST_USE_H))
    assert isinstance(status, Status)
    assert status.condition is Condition.HOLDS


def test_a_floor_beside_a_routine_keeps_to_the_same_word() -> None:
    unit = registry([UNIT | TERMS | {"routine": {}} | away((14, 60))]).unit("u01")
    (floor,), (routine,) = Welfare.install(unit), Routine.install(unit)
    assert floor.away == routine.away == ((at(14), at(60)),)


def test_an_absence_ends_where_the_next_moment_begins() -> None:
    told = (Span(10, 20), Span(15, 30))
    assert within(told, 30, 40) is None
    assert within(told, 0, 10) is None
    assert within(told, 29, 40) == Span(15, 30)
    assert [home_since_ns(told, since, 40) for since in (5, 20, 30)] == [30, 30, 30]
    assert home_since_ns(told, 5, 25) == 20
