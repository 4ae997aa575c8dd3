"""What of an incident is not told now, and why, as people read it."""

from collections.abc import Collection

import sqlalchemy as sa
from msgspec import Struct

from alerts.hold import Why
from gateway.db.bundle_tables import waiting
from gateway.db.cycle_tables import cycle
from gateway.db.engine import reading
from gateway.db.hold_tables import hold

_ROWS_MAX = 5_000


class Held(Struct, frozen=True):
    """Why an incident is held: `by` is the id of the incident or silence, "" for flapping."""

    why: Why
    by: str
    since_ns: int
    until_ns: int | None


class Waits(Struct, frozen=True):
    """One person who is told later: why, and when at the soonest."""

    person_id: str
    why: str
    due_ns: int


class Together(Struct, frozen=True):
    """One person who was told in a bundle."""

    person_id: str
    bundle_id: str


class Quiet(Struct, frozen=True):
    """What is kept back of one incident, and what was told together with others.

    `held` is none while its plan runs; `cycles` counts how often its condition has begun.
    """

    held: Held | None = None
    waits: tuple[Waits, ...] = ()
    together: tuple[Together, ...] = ()
    cycles: int = 1


TOLD = Quiet()
"""Nothing is kept back."""


def quiet_of(db: sa.Engine, incident_ids: Collection[str]) -> dict[str, Quiet]:
    """What is kept back of those incidents; three short reads."""
    with reading(db) as connection:
        held = {
            row.incident_id: Held(Why(row.why), row.by, row.since_ns, row.until_ns)
            for row in connection.execute(
                sa.select(hold).where(hold.c.incident_id.in_(incident_ids))
            )
        }
        waits, together = _waiting(connection, incident_ids)
        begun = _begun(connection, incident_ids)
    return {
        each: Quiet(
            held.get(each),
            tuple(waits.get(each, ())),
            tuple(together.get(each, ())),
            begun.get(each, 1),
        )
        for each in incident_ids
    }


def _waiting(
    connection: sa.Connection, incident_ids: Collection[str]
) -> tuple[dict[str, list[Waits]], dict[str, list[Together]]]:
    waits: dict[str, list[Waits]] = {}
    together: dict[str, list[Together]] = {}
    query = sa.select(waiting).where(waiting.c.incident_id.in_(incident_ids))
    for row in connection.execute(query.order_by(waiting.c.id).limit(_ROWS_MAX)):
        if row.due_ns is not None:
            waits.setdefault(row.incident_id, []).append(Waits(row.person_id, row.why, row.due_ns))
        elif row.bundle_id is not None:
            told = Together(row.person_id, row.bundle_id)
            together.setdefault(row.incident_id, []).append(told)
    return waits, together


def _begun(connection: sa.Connection, incident_ids: Collection[str]) -> dict[str, int]:
    query = (
        sa.select(cycle.c.incident_id, sa.func.count())
        .where(cycle.c.incident_id.in_(incident_ids))
        .group_by(cycle.c.incident_id)
    )
    return {incident: int(count) for incident, count in connection.execute(query)}
