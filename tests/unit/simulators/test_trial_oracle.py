"""The oracle of the alert trials, asked about worlds that are known by heart."""

from dataclasses import replace

import pytest

from alerts.channels.base import Outcome
from alerts.incident import Act
from edge.reading import FindingState
from simulators.trial.oracle import Claims, judge
from simulators.trial.script import Condition, Script, Statement, Window, script
from simulators.trial.stage import incident_of
from simulators.trial.truth import Call, Meant, Ring, Truth

INCIDENT = incident_of(0)
NOTHING = Claims((), (), frozenset())


def a_script(*words: tuple[float, FindingState], kind: int = 0) -> Script:
    told = tuple(Statement(at_s, 0, n, state) for n, (at_s, state) in enumerate(words))
    conditions = (Condition(0, kind, told),) if told else ()
    return replace(script(1), conditions=conditions, dead=frozenset(), busy=())


def a_call(began_s: float, answer: Outcome | None = Outcome.ACCEPTED) -> Call:
    ended_s = None if answer is None else began_s + 1
    return Call("n1", "webhook", INCIDENT, "alert", began_s, ended_s, answer)


def a_ring(at_s: float) -> Ring:
    return Ring("n1", INCIDENT, "alert", "wang", at_s)


def faults(told: Script, truth: Truth, claims: Claims = NOTHING) -> list[str]:
    return [kind for kind, _ in judge(told, truth, claims).faults]


@pytest.mark.parametrize(
    ("words", "kind", "found"),
    [
        ([(0.0, FindingState.RAISED)], 0, ["lost"]),
        ([(0.0, FindingState.RAISED), (900.0, FindingState.CLEARED)], 0, ["lost"]),
        ([(0.0, FindingState.RAISED), (9.0, FindingState.CLEARED)], 0, []),
        ([(0.0, FindingState.RAISED), (9.0, FindingState.CLEARED)], 1, ["lost"]),
    ],
)
def test_what_lasts_must_be_told_and_what_a_plan_goes_on_with_too(
    words: list[tuple[float, FindingState]], kind: int, found: list[str]
) -> None:
    assert faults(a_script(*words, kind=kind), Truth()) == found


def test_what_came_back_to_stay_must_be_told_again() -> None:
    words = [
        (0.0, FindingState.RAISED),
        (50.0, FindingState.CLEARED),
        (400.0, FindingState.UPDATED),
    ]
    assert faults(a_script(*words), Truth(rings=[a_ring(10)])) == ["lost"]
    assert faults(a_script(*words), Truth(rings=[a_ring(410)])) == []


def test_a_success_that_no_carrier_knows_of_is_false() -> None:
    for state in ("accepted", "delivered"):
        claims = Claims((("n1", state),), (), frozenset())
        assert faults(a_script(), Truth(), claims) == ["false_success"]
    assert faults(a_script(), Truth(), Claims((("n1", "failed"),), (), frozenset())) == []


def test_an_alert_may_not_begin_a_second_after_the_answer() -> None:
    meant = Meant("wang", INCIDENT, Act.ACKNOWLEDGE, clear=True, at_s=90, done_s=100)
    claims = Claims((), (), frozenset({INCIDENT}))
    assert faults(a_script(), Truth(calls=[a_call(100.9)], meant=[meant]), claims) == []
    assert faults(a_script(), Truth(calls=[a_call(101.1)], meant=[meant]), claims) == ["after_ack"]


def test_an_act_that_nobody_meant_and_an_answer_in_vain_are_faults() -> None:
    meant = Meant("wang", INCIDENT, Act.ACKNOWLEDGE, clear=True, at_s=90, done_s=100)
    other = ("i" + "0" * 16, "wang", "acknowledge")
    told = faults(a_script(), Truth(meant=[meant]), Claims((), (other,), frozenset()))
    assert told == ["wrong_ack", "ack_lost"]


@pytest.mark.parametrize(
    ("answer", "death_s", "busy", "found"),
    [
        (Outcome.ACCEPTED, None, (), ["duplicates_outside"]),
        (Outcome.UNKNOWN, None, (), []),
        (None, None, (), []),
        (Outcome.ACCEPTED, 11.0, (), []),
        (Outcome.ACCEPTED, 15.0, (), ["duplicates_outside"]),
        (Outcome.ACCEPTED, 15.0, (Window(10, 20),), []),
    ],
)
def test_a_second_ring_is_forgiven_only_where_nobody_could_know_of_the_first(
    answer: Outcome | None, death_s: float | None, busy: tuple[Window, ...], found: list[str]
) -> None:
    truth = Truth(calls=[a_call(10, answer), a_call(70)], rings=[a_ring(10), a_ring(70)])
    truth.deaths_s = [] if death_s is None else [death_s]
    judged = judge(replace(a_script(), busy=busy), truth, NOTHING)
    assert [kind for kind, _ in judged.faults] == found
    assert judged.duplicates == 1
