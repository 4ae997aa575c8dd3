"""The stages of a case, read off its timeline."""

import pytest

from alerts.stages import Stage, stages

WHOLE = [
    ("opened", 1), ("step", 2), ("step", 3), ("acknowledge", 4), ("arrive", 5),
    ("resolve", 6), ("verify", 7), ("close", 8), ("feedback", 9),
]  # fmt: skip


def reached(*events: tuple[str, int]) -> dict[Stage, int | None]:
    return {each.stage: each.at_ns for each in stages(0, events)}


def test_a_whole_case_has_a_time_for_each_of_the_eight_stages() -> None:
    assert list(reached(*WHOLE).values()) == [0, 1, 2, 4, 6, 7, 8, 9]


def test_a_case_closed_without_verification_says_so() -> None:
    times = reached(("opened", 1), ("step", 2), ("acknowledge", 3), ("resolve", 4), ("close", 5))
    assert times[Stage.VERIFIED] is None
    assert times[Stage.CLOSED] == 5


def test_rework_takes_back_the_report_and_what_came_after_but_not_the_handling() -> None:
    times = reached(*WHOLE[:7], ("rework", 10))
    assert times[Stage.HANDLED] == 4
    assert times[Stage.REPORTED] is times[Stage.VERIFIED] is None


@pytest.mark.parametrize("stage", list(Stage)[2:])
def test_a_reopened_case_goes_its_way_again(stage: Stage) -> None:
    assert reached(*WHOLE, ("reopen", 10))[stage] is None


def test_events_that_are_no_stage_change_nothing() -> None:
    assert reached(("opened", 1), ("plan_hole", 2), ("evidence", 3)) == reached(("opened", 1))
