"""What choosing among people rests on at one moment, read in the caller's transaction."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from alerts.assign import Load, Scene
from alerts.escalate import Purpose
from alerts.incident import State
from alerts.plan import Plan
from alerts.roster import recipients
from edge.reading import HOUR_NS
from gateway.book import Book
from gateway.db import phones
from gateway.db.tables import incident, outbox

RECENT_NS = 8 * HOUR_NS
"""What a person was told of within this time counts as recent."""
_LOOK_BACK = 200
_CARRIED = (State.OPEN.value, State.DISPATCHED.value, State.ACKNOWLEDGED.value, State.ON_SITE.value)


def scene_for(
    connection: sa.Connection, book: Book, plan: Plan, subject: str, now_ns: int
) -> Scene:
    """The scene for the steps of `plan` at `subject`; what people carry, if a step chooses."""
    failing = phones.failing(connection, book.roster)
    if all(step.choose == "all" for step in plan.step):
        return Scene(book.places, book.zone, failing=failing)
    roles = tuple({role for step in plan.step for role in step.roles})
    people = [person.id for person in recipients(book.roster, roles, subject)]
    return Scene(book.places, book.zone, loads(connection, people, now_ns), failing)


def loads(connection: sa.Connection, people: Iterable[str], now_ns: int) -> Mapping[str, Load]:
    """What each of `people` carries, by the last 200 messages to each; one short read a person."""
    return {person: _load(connection, person, now_ns) for person in people}


def _load(connection: sa.Connection, person: str, now_ns: int) -> Load:
    """Open: theirs, or offered to them and still nobody's. Recent: told of lately, open or not."""
    last = (
        sa.select(outbox.c.incident_id, outbox.c.created_ns)
        .where(outbox.c.person_id == person, outbox.c.purpose == Purpose.ALERT.value)
        .order_by(outbox.c.created_ns.desc())
        .limit(_LOOK_BACK)
        .subquery()
    )
    query = sa.select(
        incident.c.id, incident.c.state, incident.c.owner, last.c.created_ns
    ).join_from(last, incident, incident.c.id == last.c.incident_id)
    carried: set[str] = set()
    recent: set[str] = set()
    for row in connection.execute(query):
        if row.state in _CARRIED and row.owner in {None, person}:
            carried.add(row.id)
        if row.created_ns > now_ns - RECENT_NS:
            recent.add(row.id)
    return Load(len(carried), len(recent))
