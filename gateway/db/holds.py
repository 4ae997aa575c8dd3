"""Which incidents are held, and why: one row for each while it lasts."""

import sqlalchemy as sa

from alerts.group import CAUSES, is_cause
from alerts.hold import Hold, Why
from alerts.incident import ESCALATING, Incident
from gateway.db.hold_tables import hold as table
from gateway.db.incidents import from_row
from gateway.db.tables import finding
from gateway.db.tables import incident as incident_table

_CAUSES_MAX = 1_000
_ESCALATING = [state.value for state in ESCALATING]
_OURS = table.c.incident_id == sa.bindparam("incident")
_FIND = sa.select(table.c.why, table.c.by, table.c.until_ns).where(_OURS)
_SET = sa.update(table).where(_OURS)
_DROP = sa.delete(table).where(_OURS)
_RUNNING_CAUSES = (
    sa.select(incident_table)
    .where(incident_table.c.rule.in_(CAUSES), incident_table.c.condition_active)
    .order_by(incident_table.c.since_ns)
    .limit(_CAUSES_MAX)
)
_EDGE_OF = sa.select(finding.c.edge).where(finding.c.id == sa.bindparam("wanted")).limit(1)


def find(connection: sa.Connection, incident_id: str) -> Hold | None:
    """Why the incident is held; None when it is not."""
    row = connection.execute(_FIND, {"incident": incident_id}).first()
    return None if row is None else Hold(Why(row.why), row.by, row.until_ns)


def put(connection: sa.Connection, incident_id: str, hold: Hold, now_ns: int) -> None:
    """The incident is held for that reason and no other; a hold keeps the time it began."""
    values = {"why": hold.why.value, "by": hold.by, "until_ns": hold.until_ns}
    if not connection.execute(_SET, values | {"incident": incident_id}).rowcount:
        row = values | {"incident_id": incident_id, "since_ns": now_ns}
        connection.execute(sa.insert(table), row)


def drop(connection: sa.Connection, incident_id: str) -> None:
    """The incident is not held."""
    connection.execute(_DROP, {"incident": incident_id})


def postpone(connection: sa.Connection, incident_id: str, until_ns: int) -> None:
    """A hold, if there is one, is looked at again at `until_ns`."""
    ours = table.c.incident_id == incident_id
    connection.execute(sa.update(table).where(ours).values(until_ns=until_ns))


def held_by(connection: sa.Connection, why: Why, by: str) -> list[Incident]:
    """The incidents that are held for that reason by that incident or silence."""
    query = (
        sa.select(incident_table)
        .join(table, table.c.incident_id == incident_table.c.id)
        .where(table.c.why == why.value, table.c.by == by)
    )
    return _incidents(connection, query)


def due(connection: sa.Connection, now_ns: int, limit: int) -> list[Incident]:
    """Held incidents whose hold the clock alone may have ended by `now_ns`."""
    query = (
        sa.select(incident_table)
        .join(table, table.c.incident_id == incident_table.c.id)
        .where(table.c.until_ns <= now_ns)
        .order_by(table.c.until_ns)
        .limit(limit)
    )
    return _incidents(connection, query)


NEXT_DUE = sa.select(sa.func.min(table.c.until_ns))
"""When the next hold is to be looked at; None when the clock ends none."""


def running(connection: sa.Connection, *within: sa.ColumnElement[bool]) -> list[Incident]:
    """Incidents of which somebody is still to be told, of those `within`."""
    query = sa.select(incident_table).where(
        incident_table.c.state.in_(_ESCALATING),
        incident_table.c.next_due_ns.is_not(None),
        *within,
    )
    return _incidents(connection, query)


def causes(connection: sa.Connection) -> list[Incident]:
    """What explains others now: a short indexed read."""
    return [each for each in _incidents(connection, _RUNNING_CAUSES) if is_cause(each)]


def edge_of(connection: sa.Connection, finding_id: str) -> str:
    """The edge that made the finding, which has been stored."""
    return str(connection.execute(_EDGE_OF, {"wanted": finding_id}).scalar_one())


def _incidents(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> list[Incident]:
    return [from_row(row) for row in connection.execute(query).mappings()]
