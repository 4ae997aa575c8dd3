"""The life of an incident, row by row of its table."""

from typing import Any

import pytest
from msgspec import structs

from alerts.incident import (
    TRANSITIONS,
    Act,
    Command,
    IllegalAct,
    Incident,
    Outcome,
    State,
    absorb,
    act,
    open_incident,
)
from edge.reading import Evidence, Finding, FindingState, Tier, Timeliness

NOW = 1_000


def a_finding(revision: int = 0, **changes: Any) -> Finding:
    finding = Finding(
        id="0" * 16,
        revision=revision,
        rule="welfare",
        rule_version=1,
        subject="s01/b01/u0101",
        category="welfare",
        tier=Tier.URGENT,
        state=FindingState.RAISED,
        since_ns=1,
        at_ns=2,
        timeliness=Timeliness.LIVE,
        evidence=Evidence({}, {}, 2, 1.0, "水", "water"),
    )
    return structs.replace(finding, **changes)


def an_incident(state: State = State.OPEN, **changes: Any) -> Incident:
    return structs.replace(open_incident(a_finding(), "p", 1, NOW), state=state, **changes)


def the(doing: Act, **changes: Any) -> Command:
    return structs.replace(
        Command(doing, by="wang", outcome=Outcome.REAL, into="iother", note="why"), **changes
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("doing", Act)
def test_each_act_leads_where_the_table_says_or_is_illegal(state: State, doing: Act) -> None:
    incident = an_incident(state)
    if (state, doing) in TRANSITIONS:
        assert act(incident, the(doing), NOW).state is TRANSITIONS[state, doing]
    else:
        with pytest.raises(IllegalAct):
            act(incident, the(doing), NOW)


@pytest.mark.parametrize("doing", Act)
def test_no_act_is_done_by_nobody(doing: Act) -> None:
    with pytest.raises(IllegalAct, match="person"):
        act(an_incident(State.CLOSED if doing is Act.REOPEN else State.RESOLVED
                        if doing in {Act.VERIFY, Act.REWORK} else State.OPEN),
            the(doing, by=" "), NOW)  # fmt: skip


def test_a_close_without_an_outcome_is_illegal() -> None:
    with pytest.raises(IllegalAct, match="outcome"):
        act(an_incident(), the(Act.CLOSE, outcome=None), NOW)


def test_a_close_takes_the_outcome_that_the_resolve_proposed() -> None:
    resolved = act(an_incident(), the(Act.RESOLVE, outcome=Outcome.FALSE_ALARM), NOW)
    assert act(resolved, the(Act.CLOSE, outcome=None), NOW).outcome is Outcome.FALSE_ALARM


@pytest.mark.parametrize("into", [None, "i" + "0" * 16])
def test_a_merge_into_nothing_or_itself_is_illegal(into: str | None) -> None:
    with pytest.raises(IllegalAct, match="another"):
        act(an_incident(), the(Act.MERGE, into=into), NOW)


def test_the_first_to_answer_owns_the_incident_and_the_second_does_not() -> None:
    first = act(an_incident(), the(Act.ACKNOWLEDGE, by="wang"), NOW)
    second = act(first, the(Act.ACKNOWLEDGE, by="li"), NOW + 1)
    assert (second.owner, second.acked_ns) == ("wang", NOW)


def test_an_answer_stops_the_clock_for_good() -> None:
    assert act(an_incident(), the(Act.ACKNOWLEDGE), NOW).next_due_ns is None


def test_a_reopened_incident_has_no_owner_and_starts_a_new_run_of_its_plan() -> None:
    closed = act(an_incident(), the(Act.CLOSE), NOW)
    again = act(closed, the(Act.REOPEN, outcome=None), NOW + 5)
    assert (again.state, again.owner, again.outcome) == (State.OPEN, None, None)
    assert (again.generation, again.step, again.next_due_ns) == (1, 0, NOW + 5)


def test_every_change_counts_the_version_by_one() -> None:
    incident = an_incident()
    assert act(incident, the(Act.ACKNOWLEDGE), NOW).version == incident.version + 1


CLEARED = a_finding(1, state=FindingState.CLEARED)


@pytest.mark.parametrize(
    ("state", "told", "stand_down", "after", "clock_runs"),
    [
        (State.OPEN, False, True, State.WITHDRAWN, False),
        (State.DISPATCHED, False, True, State.WITHDRAWN, False),
        (State.OPEN, False, False, State.OPEN, True),
        (State.DISPATCHED, True, True, State.DISPATCHED, False),
        (State.DISPATCHED, True, False, State.DISPATCHED, True),
        (State.ACKNOWLEDGED, True, True, State.ACKNOWLEDGED, True),
        (State.CLOSED, True, True, State.CLOSED, True),
    ],
)
def test_a_clear_withdraws_what_may_stand_down_untold_and_closes_nothing(
    state: State, told: bool, stand_down: bool, after: State, clock_runs: bool
) -> None:
    incident = an_incident(state)
    result = absorb(incident, CLEARED, told=told, stand_down=stand_down, now_ns=NOW)
    assert result.state is after
    assert (result.next_due_ns is not None) == clock_runs
    assert not result.condition_active


def test_an_older_or_foreign_statement_changes_nothing() -> None:
    incident = an_incident(finding_revision=3)
    foreign = a_finding(9, id="1" * 16)
    for finding in (a_finding(3), a_finding(2, state=FindingState.CLEARED), foreign):
        same = absorb(incident, finding, told=False, stand_down=True, now_ns=NOW)
        assert same is incident


@pytest.mark.parametrize(
    ("state", "restarts"),
    [(State.WITHDRAWN, True), (State.DISPATCHED, True), (State.ACKNOWLEDGED, False),
     (State.CLOSED, False)],
)  # fmt: skip
def test_a_condition_that_comes_back_restarts_the_plan_unless_somebody_has_answered(
    state: State, restarts: bool
) -> None:
    incident = an_incident(state, condition_active=False, next_due_ns=None)
    back = a_finding(2, state=FindingState.UPDATED)
    result = absorb(incident, back, told=True, stand_down=True, now_ns=NOW)
    assert (result.generation == 1, result.next_due_ns == NOW) == (restarts, restarts)
