"""Other numbers run beside a rule, tell nobody, and take its place when they are promoted."""

import pytest

from edge.compare import Told, pair, played
from edge.detectors.routine import Routine
from edge.entry import Entry, Ruled
from edge.mode import Mode
from edge.pipeline import Pipeline
from edge.reading import FindingState
from tests.unit.edge.test_tuning import story, told_by
from tests.unit.edge.worlds import START_NS, UNIT, registry

TERMS = {"alarms_per_month": 0.7, "trial_alarms_per_month": 4.0, "tuned": True}
SITE = registry([{**UNIT, "routine": TERMS}])
SWAPPED = Ruled(1, START_NS, {"routine-trial": Mode.LIVE, "routine": Mode.SHADOW})


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return story(weeks=10, outcomes=0)


def rules_of(pipeline: Pipeline, entries: list[Entry]) -> set[str]:
    found = told_by(pipeline, entries)
    return {each.rule for each in found if each.state is FindingState.RAISED}


def test_a_trial_is_a_rule_of_its_own_that_nothing_tunes() -> None:
    live, trial = Routine.install(SITE.unit("u01"))
    assert (live.rule, trial.rule) == ("routine", "routine-trial")
    assert trial.terms.budget(0.7) == 4.0


def test_a_trial_tells_nobody_before_it_is_promoted(entries: list[Entry]) -> None:
    assert rules_of(Pipeline(SITE), entries) == {"routine"}
    assert rules_of(Pipeline(SITE), [SWAPPED, *entries]) == {"routine-trial"}


def test_a_trial_changes_nothing_of_what_the_rule_tells(entries: list[Entry]) -> None:
    plain = registry([{**UNIT, "routine": {"alarms_per_month": 0.7, "tuned": True}}])
    assert told_by(Pipeline(SITE), entries) == told_by(Pipeline(plain), entries)


def test_the_comparison_says_that_cheaper_alarms_come_sooner(entries: list[Entry]) -> None:
    history = played(Pipeline(SITE), entries)
    two = pair(history, "routine-trial", "routine")
    assert two.both > 0
    assert two.only_live == 0
    assert two.delay_change_h is not None
    assert two.delay_change_h < 0


def test_alarms_meet_when_their_times_do() -> None:
    early, late = Told("a", "s", 0, 5, 10), Told("b", "s", 10, 12, 20)
    assert early.meets(late)
    assert not early.meets(late._replace(since_ns=11))
