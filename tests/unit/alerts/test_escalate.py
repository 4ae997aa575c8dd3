"""Who is told when, under holes, standstill and shrinking plans."""

from pathlib import Path

from msgspec import structs

from alerts.assign import Lack
from alerts.escalate import Notice, Purpose, advance, fallback, hasten, support
from alerts.incident import Incident, State, open_incident
from alerts.plan import SMS, WEBHOOK, Plan, Plans
from alerts.roster import Roster
from edge.reading import (
    HOUR_NS,
    MINUTE_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
)
from edge.settings import load

CONFIG = Path(__file__).parents[3] / "config"
ROSTER = load(CONFIG / "roster.toml", Roster)
PLAN = load(CONFIG / "plans.toml", Plans).select("welfare", Tier.URGENT)
NOW = 10 * HOUR_NS


def an_incident() -> Incident:
    finding = Finding(
        "0" * 16, 0, "welfare", 1, "s01/b01/u0101", "welfare", Tier.URGENT, FindingState.RAISED,
        0, 0, Timeliness.LIVE, Evidence({}, {}, 0, 0.0, "", ""),
    )  # fmt: skip
    return open_incident(finding, PLAN.id, 1, NOW)


def without(*people: str) -> Roster:
    kept = tuple(person for person in ROSTER.person if person.id not in people)
    return ROSTER.model_copy(update={"person": kept})


def people(notices: tuple[Notice, ...]) -> list[str]:
    return [n.person_id for n in notices if n.channel == SMS]


def test_a_step_that_finds_nobody_passes_to_the_next_at_once_and_says_so() -> None:
    owed = advance(an_incident(), PLAN, without("wang"), NOW)
    assert people(owed.notices) == ["li"]
    assert [hole.step for hole in owed.holes] == [0]
    assert owed.incident.next_due_ns == NOW + 5 * MINUTE_NS


def test_a_plan_whose_every_step_is_unmanned_tells_whoever_the_area_has() -> None:
    owed = advance(an_incident(), PLAN, without("wang", "li", "street"), NOW)
    assert [(n.person_id, n.step) for n in owed.notices] == [("maintainer", 2)]
    assert [hole.lack for hole in owed.holes] == [Lack.UNMANNED] * 3


def test_a_plan_that_finds_nobody_at_all_stays_open_and_looks_again_by_its_repeat() -> None:
    nobody = without("wang", "li", "street", "maintainer")
    owed = advance(an_incident(), PLAN, nobody, NOW)
    assert (owed.notices, len(owed.holes)) == ((), 3)
    assert owed.incident.state is State.OPEN
    assert owed.incident.next_due_ns == NOW + 10 * MINUTE_NS
    later = advance(owed.incident, PLAN, ROSTER, NOW + 10 * MINUTE_NS)
    assert people(later.notices) == ["street"]


def test_the_last_repeat_says_that_the_plan_is_exhausted() -> None:
    owed, now_ns = advance(an_incident(), PLAN, ROSTER, NOW), NOW
    rounds = 0
    while not owed.exhausted:
        assert owed.incident.next_due_ns is not None
        now_ns = owed.incident.next_due_ns
        owed = advance(owed.incident, PLAN, ROSTER, now_ns)
        rounds += 1
    assert rounds == 2 + 12


def test_an_exhausted_plan_begins_anew_after_a_while_with_messages_of_its_own() -> None:
    first = advance(an_incident(), PLAN, ROSTER, NOW)
    over = structs.replace(first.incident, step=2, round=12, next_due_ns=NOW + HOUR_NS)
    last = advance(over, PLAN, ROSTER, NOW + HOUR_NS)
    assert last.exhausted
    assert last.incident.next_due_ns == NOW + HOUR_NS + 30 * MINUTE_NS
    assert last.incident.generation == 0, "what is still being sent is still wanted"
    again = advance(last.incident, PLAN, ROSTER, NOW + 2 * HOUR_NS)
    assert people(again.notices) == people(first.notices)
    assert {n.key for n in again.notices}.isdisjoint(n.key for n in first.notices)
    assert again.incident.next_due_ns == NOW + 2 * HOUR_NS + MINUTE_NS
    assert (again.incident.generation, again.exhausted) == (1, False)


def test_a_plan_of_one_step_without_a_repeat_begins_anew_too() -> None:
    step = PLAN.step[0]
    short: Plan = PLAN.model_copy(update={"step": (step,)})
    owed = advance(an_incident(), short, ROSTER, NOW)
    assert owed.exhausted
    again = advance(owed.incident, short, ROSTER, NOW + 30 * MINUTE_NS)
    assert people(again.notices) == people(owed.notices)


def test_a_plan_that_has_become_shorter_goes_on_from_its_last_step() -> None:
    incident = structs.replace(an_incident(), step=2)
    shorter: Plan = PLAN.model_copy(update={"step": PLAN.step[:2]})
    assert people(advance(incident, shorter, ROSTER, NOW).notices) == ["li"]


def test_a_person_without_the_steps_channel_is_reached_on_the_one_they_have() -> None:
    step = PLAN.step[0].model_copy(update={"channels": (SMS,)})
    plan = PLAN.model_copy(update={"step": (step, *PLAN.step[1:])})
    wang = ROSTER.person[0].model_copy(update={"sms": None})
    roster = ROSTER.model_copy(update={"person": (wang,)})
    owed = advance(an_incident(), plan, roster, NOW)
    assert [n.channel for n in owed.notices] == [WEBHOOK]


def test_support_goes_to_the_first_manned_step_not_yet_reached_or_back_down() -> None:
    reached = advance(an_incident(), PLAN, ROSTER, NOW).incident
    assert people(support(reached, PLAN, ROSTER).notices) == ["li"]
    assert people(support(reached, PLAN, without("li")).notices) == ["street"]
    assert people(support(reached, PLAN, without("li", "street")).notices) == ["wang"]
    (left,) = support(reached, PLAN, without("li", "street", "wang")).notices
    assert left.person_id == "maintainer"
    assert support(reached, PLAN, without("li", "street", "wang", "maintainer")).exhausted


def test_a_failed_message_falls_back_to_a_channel_not_yet_tried() -> None:
    wang = ROSTER.person[0]
    notice = Notice("i1", "wang", SMS, Purpose.ALERT, 0, 0, 0)
    other = fallback(notice, wang, frozenset({SMS}))
    assert other is not None
    assert other.channel == WEBHOOK
    assert fallback(notice, wang, frozenset({SMS, WEBHOOK})) is None


def test_haste_brings_the_next_step_forward_and_never_back() -> None:
    reached = advance(an_incident(), PLAN, ROSTER, NOW).incident
    assert hasten(reached, NOW + 1).next_due_ns == NOW + 1
    assert hasten(reached, NOW + 2 * MINUTE_NS) is reached
