"""Whoever answers, whoever goes off duty, whatever restarts: an answered incident has one owner."""

import tempfile
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.channels.base import Outcome
from alerts.handover import HELD
from alerts.incident import Act, IllegalAct
from edge.reading import MINUTE_NS
from gateway.db import tables, tenures
from gateway.db.engine import reading
from tests.unit.gateway.duty_world import DutyWorld, make_world, shifts
from tests.unit.gateway.test_engine import NOW

PEOPLE = ("wang", "zhao", "sun", "li", "desk")
OUTCOMES = (Outcome.DELIVERED, Outcome.ACCEPTED, Outcome.PERMANENT, Outcome.TEMPORARY)

events = st.one_of(
    st.tuples(
        st.just("answer"), st.sampled_from(PEOPLE), st.sampled_from([Act.ACKNOWLEDGE, Act.ARRIVE])
    ),
    st.tuples(st.just("pass"), st.sampled_from([1, 15, 70, 600]), st.none()),
    st.tuples(st.just("send"), st.sampled_from(OUTCOMES), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
    st.tuples(st.just("leave"), st.sampled_from(PEOPLE[:4]), st.none()),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(events, max_size=14))
def test_an_answered_incident_has_one_owner_who_is_followed_and_each_offer_one_person(
    story: list[tuple[str, object, object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world, now_ns = make_world(Path(folder), shifts()), NOW
        incident = world.raise_one(now_ns)
        for kind, what, act in story:
            before = world.incident(incident.id)
            world, now_ns = _happens(world, now_ns, kind, what, act)
            world.go_to(now_ns)
            after = world.incident(incident.id)
            assert before.owner is None or after.owner is not None
            _is_followed(world, incident.id)
        asked = defaultdict(set)
        for row in world.rows(tables.outbox):
            if row["purpose"] == "hand_over":
                asked[row["round"]].add(row["person_id"])
        assert all(len(people) == 1 for people in asked.values())
        world.engine.database.dispose()


def _happens(
    world: DutyWorld, now_ns: int, kind: str, what: object, act: object
) -> tuple[DutyWorld, int]:
    now_ns += 1
    (incident_id,) = [row["id"] for row in world.rows(tables.incident)]
    match kind:
        case "answer":
            assert isinstance(act, Act)
            with suppress(IllegalAct):
                world.answer(world.incident(incident_id), str(what), now_ns, act)
        case "pass":
            assert isinstance(what, int)
            now_ns += what * MINUTE_NS
        case "send":
            assert isinstance(what, Outcome)
            world.send(now_ns, what)
        case "restart":
            world = world.restarted()
        case "leave":
            roster = world.engine.book.roster
            kept = tuple(person for person in roster.person if person.id != what)
            world.go_by(roster.model_copy(update={"person": kept or roster.person}))
    return world, now_ns


def _is_followed(world: DutyWorld, incident_id: str) -> None:
    """A held incident of somebody of the roster has a clock of theirs; any other has none."""
    incident = world.incident(incident_id)
    with reading(world.engine.database) as connection:
        held = tenures.find(connection, incident_id)
    if incident.state not in HELD:
        assert held is None
    elif held is not None:
        assert held.person_id == incident.owner
    else:
        assert (
            incident.owner == "desk" or world.engine.book.roster.get(incident.owner or "") is None
        )
