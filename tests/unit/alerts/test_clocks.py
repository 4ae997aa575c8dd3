"""What a state means for each duty, and that a miss is struck once."""

from datetime import UTC
from pathlib import Path

import pytest
from msgspec import structs

from alerts.clocks import (
    PLAN,
    Case,
    Clock,
    Fate,
    begin,
    is_anew,
    settle,
    step_of,
    step_party,
    strike,
)
from alerts.incident import Incident, State, open_incident
from alerts.plan import ClockKind, Plan, Plans
from edge.reading import (
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
)
from edge.settings import load

T0 = 1_760_000_000 * SECOND_NS
PLANS = load(Path(__file__).parents[3] / "config" / "plans.toml", Plans)
PLAN_OF_WELFARE = PLANS.select("welfare", Tier.URGENT)


def an_incident(**changes: object) -> Incident:
    finding = Finding(
        "f0", 0, "welfare", 1, "s01/b01/u0101", "welfare", Tier.URGENT, FindingState.RAISED,
        T0, T0, Timeliness.LIVE, Evidence({}, {}, T0, 0.0, "水", "water"),
    )  # fmt: skip
    return structs.replace(open_incident(finding, PLAN_OF_WELFARE.id, 1, T0), **changes)


def clocks_of(plan: Plan = PLAN_OF_WELFARE) -> tuple[Clock, ...]:
    return begin(an_incident(), PLAN, plan, T0, UTC)


def after(state: State, **changes: object) -> dict[ClockKind, Fate]:
    """What has become of each clock once the incident is in `state`."""
    settled = {c.kind: c for c in clocks_of()}
    incident = an_incident(state=state, **changes)
    case = Case(incident, PLAN_OF_WELFARE)
    settled |= {now.kind: now for _, now in settle(clocks_of(), case, T0 + MINUTE_NS)}
    return {kind: clock.fate for kind, clock in settled.items()}


R, M, D = Fate.RUNNING, Fate.MET, Fate.DROPPED


@pytest.mark.parametrize(
    ("state", "answer", "arrive", "close"),
    [
        (State.OPEN, R, R, R),
        (State.DISPATCHED, R, R, R),
        (State.ACKNOWLEDGED, M, R, R),
        (State.ON_SITE, M, M, R),
        (State.RESOLVED, M, M, R),
        (State.VERIFIED, M, M, R),
        (State.CLOSED, M, D, M),
        (State.MERGED, D, D, D),
        (State.WITHDRAWN, D, D, D),
    ],
)
def test_a_state_ends_the_duties_that_it_fulfils(
    state: State, answer: Fate, arrive: Fate, close: Fate
) -> None:
    assert after(state) == {
        ClockKind.ANSWER: answer, ClockKind.ARRIVE: arrive, ClockKind.CLOSE: close,
    }  # fmt: skip


def test_the_limits_count_from_the_start_and_run_to_their_end() -> None:
    by_kind = {clock.kind: clock for clock in clocks_of()}
    assert by_kind[ClockKind.ANSWER].due_ns == T0 + MINUTE_NS
    assert by_kind[ClockKind.ARRIVE].due_ns == T0 + 45 * MINUTE_NS
    assert by_kind[ClockKind.CLOSE].within == "1 d"
    assert all(clock.next_ns == clock.due_ns for clock in by_kind.values())


def test_who_was_stood_down_need_not_arrive_but_the_case_is_still_to_be_closed() -> None:
    over = {"condition_active": False, "cleared_ns": T0 + 1, "next_due_ns": None}
    assert after(State.DISPATCHED, **over) == {
        ClockKind.ANSWER: D, ClockKind.ARRIVE: D, ClockKind.CLOSE: R,
    }  # fmt: skip


def test_a_plan_that_keeps_its_people_going_keeps_their_clocks() -> None:
    keeping = PLANS.select("smoke", Tier.URGENT)
    over = an_incident(condition_active=False, cleared_ns=T0 + 1, state=State.ACKNOWLEDGED)
    settled = settle(clocks_of(keeping), Case(over, keeping), T0 + MINUTE_NS)
    assert [now.kind for _, now in settled] == [ClockKind.ANSWER]


def test_a_condition_that_is_back_goes_on_with_the_time_that_was_left() -> None:
    over = an_incident(
        condition_active=False, cleared_ns=T0 + 1, next_due_ns=None, state=State.ACKNOWLEDGED
    )
    case = Case(over, PLAN_OF_WELFARE)
    stopped = [now for _, now in settle(clocks_of(), case, T0 + MINUTE_NS)]
    back = an_incident(state=State.ACKNOWLEDGED)
    ((_, arrive),) = settle(stopped, Case(back, PLAN_OF_WELFARE), T0 + 11 * MINUTE_NS)
    assert (arrive.kind, arrive.fate) == (ClockKind.ARRIVE, Fate.RUNNING)
    assert arrive.next_ns == T0 + 55 * MINUTE_NS


def test_the_clocks_of_an_earlier_run_are_dropped() -> None:
    again = an_incident(generation=1)
    both = (*clocks_of(), *begin(again, PLAN, PLAN_OF_WELFARE, T0, UTC))
    settled = settle(both, Case(again, PLAN_OF_WELFARE), T0 + MINUTE_NS)
    assert {(now.generation, now.fate) for _, now in settled} == {(0, Fate.DROPPED)}


def test_a_plan_that_begins_again_for_want_of_an_answer_gives_nobody_more_time() -> None:
    before = an_incident(state=State.DISPATCHED)
    assert not is_anew(before, structs.replace(before, generation=1))
    assert is_anew(an_incident(state=State.CLOSED), an_incident(generation=1))
    assert is_anew(an_incident(condition_active=False), an_incident(generation=1))


def test_time_stands_still_while_nobody_is_told() -> None:
    held = settle(clocks_of(), Case(an_incident(), PLAN_OF_WELFARE, held=True), T0 + SECOND_NS)
    stopped = [now for _, now in held]
    assert {clock.fate for clock in stopped} == {Fate.DROPPED}
    told = settle(stopped, Case(an_incident(), PLAN_OF_WELFARE), T0 + SECOND_NS + MINUTE_NS)
    assert min(now.due_ns for _, now in told) == T0 + 2 * MINUTE_NS


def test_a_missed_clock_goes_on_until_its_duty_is_done() -> None:
    struck = strike(clocks_of()[0], T0 + 5 * MINUTE_NS)
    assert (struck.next_ns, struck.missed_ns, struck.fate) == (None, T0 + 5 * MINUTE_NS, R)
    acked = an_incident(state=State.ACKNOWLEDGED)
    ((_, late),) = settle([struck], Case(acked, PLAN_OF_WELFARE), T0 + 9 * MINUTE_NS)
    assert (late.fate, late.ended_ns, late.missed_ns) == (
        Fate.MET, T0 + 9 * MINUTE_NS, T0 + 5 * MINUTE_NS,
    )  # fmt: skip


def test_a_step_is_a_party_of_its_own() -> None:
    assert [step_of(step_party(3)), step_of(PLAN), step_of("call:2")] == [3, None, None]
