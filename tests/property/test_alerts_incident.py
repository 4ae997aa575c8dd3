"""Whatever people, findings and clocks do, an incident keeps its promises."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alerts.escalate import advance
from alerts.incident import (
    ESCALATING,
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
from alerts.plan import Plans
from alerts.roster import Roster
from edge.reading import HOUR_NS, Evidence, Finding, FindingState, Tier, Timeliness
from edge.settings import load

CONFIG = Path(__file__).parents[2] / "config"
ROSTER = load(CONFIG / "roster.toml", Roster)
PLAN = load(CONFIG / "plans.toml", Plans).select("welfare", Tier.URGENT)

FIRST = Finding(
    "0" * 16, 0, "welfare", 1, "s01/b01/u0101", "welfare", Tier.URGENT, FindingState.RAISED,
    0, 0, Timeliness.LIVE, Evidence({}, {}, 0, 0.0, "", ""),
)  # fmt: skip

_commands = st.builds(
    Command,
    act=st.sampled_from(Act),
    by=st.sampled_from(["wang", "li", ""]),
    outcome=st.sampled_from([None, *Outcome]),
    into=st.sampled_from([None, "iother"]),
)
_findings = st.builds(
    lambda revision, state: structs.replace(FIRST, revision=revision, state=state),
    st.integers(0, 6),
    st.sampled_from(FindingState),
)
_waits = st.integers(0, 2 * HOUR_NS)
_lives = st.lists(st.tuples(_waits, st.one_of(_commands, _findings, st.none())), max_size=30)


def step(incident: Incident, event: Command | Finding | None, now_ns: int) -> Incident:
    match event:
        case Command():
            try:
                return act(incident, event, now_ns)
            except IllegalAct:
                return incident
        case Finding():
            told = incident.state is not State.OPEN
            return absorb(incident, event, told=told, stand_down=True, now_ns=now_ns)
    return incident


@given(_lives)
def test_no_notice_is_owed_twice_and_none_after_an_answer(
    life: list[tuple[int, Command | Finding | None]],
) -> None:
    incident, now_ns = open_incident(FIRST, PLAN.id, 1, 0), 0
    keys: list[str] = []
    for wait_ns, event in life:
        now_ns += wait_ns
        incident = step(incident, event, now_ns)
        answered = incident.state not in ESCALATING
        owed = advance(incident, PLAN, ROSTER, now_ns)
        assert not (answered and owed.notices)
        keys += [notice.key for notice in owed.notices]
        incident = owed.incident
    assert len(keys) == len(set(keys))


@given(_lives)
def test_nothing_is_closed_without_a_person_and_an_outcome(
    life: list[tuple[int, Command | Finding | None]],
) -> None:
    incident, now_ns = open_incident(FIRST, PLAN.id, 1, 0), 0
    for wait_ns, event in life:
        now_ns += wait_ns
        before = incident
        incident = advance(step(incident, event, now_ns), PLAN, ROSTER, now_ns).incident
        if incident.state is State.CLOSED:
            assert incident.outcome is not None
            assert incident.owner in {"wang", "li"}
        if incident.state is not before.state:
            assert incident.version > before.version


@given(_lives)
def test_while_nobody_has_answered_a_true_condition_has_a_clock(
    life: list[tuple[int, Command | Finding | None]],
) -> None:
    incident, now_ns = open_incident(FIRST, PLAN.id, 1, 0), 0
    for wait_ns, event in life:
        now_ns += wait_ns
        incident = advance(step(incident, event, now_ns), PLAN, ROSTER, now_ns).incident
        if incident.state in ESCALATING and incident.condition_active:
            assert incident.next_due_ns is not None
            assert incident.next_due_ns > now_ns


@given(st.permutations([
    FIRST,
    structs.replace(FIRST, revision=1, state=FindingState.UPDATED),
    structs.replace(FIRST, revision=2, state=FindingState.CLEARED),
]))  # fmt: skip
def test_statements_in_any_order_end_in_the_same_knowledge(order: list[Finding]) -> None:
    incident = open_incident(order[0], PLAN.id, 1, 0)
    incident = structs.replace(
        incident, condition_active=order[0].state is not FindingState.CLEARED
    )
    for finding in order[1:]:
        incident = absorb(incident, finding, told=True, stand_down=True, now_ns=1)
    assert (incident.finding_revision, incident.condition_active) == (2, False)
