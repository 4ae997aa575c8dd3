"""What of an incident is not told now, and why, as people read it."""

from collections.abc import Collection

import sqlalchemy as sa
from msgspec import Struct

from alerts.hold import Why
from gateway.db.engine import reading
from gateway.db.hold_tables import hold


class Held(Struct, frozen=True):
    """Why an incident is held: `by` is the id of the incident or silence, "" for flapping."""

    why: Why
    by: str
    since_ns: int
    until_ns: int | None


class Quiet(Struct, frozen=True):
    """What is kept back of one incident; `held` is none while its plan runs."""

    held: Held | None = None


TOLD = Quiet()
"""Nothing is kept back."""


def quiet_of(db: sa.Engine, incident_ids: Collection[str]) -> dict[str, Quiet]:
    """What is kept back of those incidents of which anything is; one short read."""
    query = sa.select(hold).where(hold.c.incident_id.in_(incident_ids))
    with reading(db) as connection:
        rows = connection.execute(query).all()
    return {
        row.incident_id: Quiet(Held(Why(row.why), row.by, row.since_ns, row.until_ns))
        for row in rows
    }
