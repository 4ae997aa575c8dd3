"""What is said of a rule, by what came of its alarms."""

from typing import Any

import pytest
from msgspec import structs

from alerts.incident import Outcome, State
from alerts.performance import BAD_ACTORS_MAX, Case, Exposure, bad_actors, performance, since
from edge.reading import DAY_NS

MONTH = Exposure(homes=100, workers=5, days=30.44)
HOME = "s01/b01/u0101"


def a_case(outcome: Outcome | None = Outcome.REAL, **changes: Any) -> Case:
    state = State.CLOSED if outcome else State.DISPATCHED
    return structs.replace(
        Case("welfare", "welfare", HOME, state, outcome, "", opened_ns=10 * DAY_NS), **changes
    )


FALSE = a_case(Outcome.FALSE_ALARM, reason="away")


def test_a_rule_is_told_by_its_outcomes_reasons_and_rates() -> None:
    (told,) = performance([a_case(), FALSE, FALSE, a_case(None)], MONTH)
    assert (told.cases, told.labelled, told.true) == (4, 3, 1)
    assert told.outcomes == {"real": 1, "false_alarm": 2}
    assert told.reasons == {"away": 2}
    assert told.precision == pytest.approx(1 / 3, abs=1e-4)
    assert told.unlabelled_share == 0.25
    assert told.false_per_home_month == 0.02
    assert told.false_per_worker_day == pytest.approx(2 / (5 * 30.44), abs=1e-4)


def test_drills_and_merged_cases_count_nowhere() -> None:
    cases = [a_case(Outcome.DRILL), a_case(None, state=State.MERGED)]
    assert performance(cases, MONTH) == []
    assert bad_actors(cases * 5) == []


def test_what_ended_before_anybody_was_told_is_counted_apart() -> None:
    (told,) = performance([a_case(None, state=State.WITHDRAWN), a_case()], MONTH)
    assert (told.cases, told.withdrawn, told.unlabelled_share) == (1, 1, 0.0)


def test_a_fault_is_right_for_a_rule_about_devices_and_wrong_for_one_about_people() -> None:
    fault = a_case(Outcome.DEVICE_FAULT)
    device = structs.replace(fault, rule="silent", category="device")
    told = {each.rule: each.precision for each in performance([fault, device], MONTH)}
    assert told == {"welfare": 0.0, "silent": 1.0}


def test_nothing_to_divide_by_gives_no_figure() -> None:
    (told,) = performance([a_case(None)], Exposure(0, 0, 30))
    assert told.precision is told.false_per_home_month is told.false_per_worker_day is None


def test_the_worst_come_first_and_one_alarm_makes_no_bad_actor() -> None:
    noisy = [structs.replace(FALSE, subject="s01/b01/u0202")] * 3
    once = [structs.replace(FALSE, subject="s01/b01/u0303")]
    told = [
        (each.subject, each.cases, each.false)
        for each in bad_actors([a_case(), FALSE, *noisy, *once])
    ]
    assert told == [("s01/b01/u0202", 3, 3), (HOME, 2, 1)]


def test_the_list_of_bad_actors_has_an_end() -> None:
    many = [structs.replace(FALSE, subject=f"s01/b01/u{n}") for n in range(50)] * 2
    assert len(bad_actors(many)) == BAD_ACTORS_MAX


def test_a_week_is_a_week() -> None:
    assert since([a_case()], 17 * DAY_NS, 7) == [a_case()]
    assert since([a_case()], 17 * DAY_NS + 1, 7) == []
