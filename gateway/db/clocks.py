"""Deadlines as rows: begun, struck and ended in the transaction of what caused it."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from alerts.clocks import Clock
from gateway.db.clock_tables import clock as table
from gateway.db.incidents import Conflict


def insert(connection: sa.Connection, clocks: Sequence[Clock]) -> None:
    """The clocks run."""
    if clocks:
        connection.execute(_INSERT, [msgspec.to_builtins(clock) for clock in clocks])


def of_incident(connection: sa.Connection, incident_id: str) -> list[Clock]:
    """All clocks of an incident, over all its runs, the earliest due first."""
    rows = connection.execute(_OF_INCIDENT, {"incident": incident_id})
    return [_from_row(row) for row in rows.mappings()]


def due(connection: sa.Connection, now_ns: int, limit: int) -> list[Clock]:
    """Clocks that ran out by `now_ns` and were not struck, most urgent and longest due first."""
    query = (
        sa.select(table)
        .where(table.c.next_ns <= now_ns)
        .order_by(table.c.tier, table.c.due_ns, table.c.incident_id, table.c.party)
        .limit(limit)
    )
    return [_from_row(row) for row in connection.execute(query).mappings()]


def next_due_ns(connection: sa.Connection) -> int | None:
    """When the next clock runs out; None when none runs."""
    return connection.execute(NEXT_DUE).scalar()


NEXT_DUE = sa.select(sa.func.min(table.c.next_ns))
_INSERT = sa.insert(table)
_OF_INCIDENT = (
    sa.select(table)
    .where(table.c.incident_id == sa.bindparam("incident"))
    .order_by(table.c.due_ns, table.c.party, table.c.kind)
)


def replace(connection: sa.Connection, before: Clock, after: Clock) -> None:
    """`after` stands where `before` stood.

    Raises:
        Conflict: the row is no longer `before`.
    """
    looked_at = table.c.next_ns.is_not_distinct_from(before.next_ns)
    same = sa.and_(_is(before), table.c.fate == before.fate.value, looked_at)
    changed = connection.execute(sa.update(table).where(same).values(msgspec.to_builtins(after)))
    if changed.rowcount != 1:
        raise Conflict(f"a clock of incident {before.incident_id} has changed")


def postpone(connection: sa.Connection, clock: Clock, next_ns: int) -> None:
    """The clock is looked at again then; nothing else has changed."""
    connection.execute(sa.update(table).where(_is(clock)).values(next_ns=next_ns))


def _is(clock: Clock) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.incident_id == clock.incident_id,
        table.c.generation == clock.generation,
        table.c.party == clock.party,
        table.c.kind == clock.kind.value,
    )


def _from_row(row: sa.RowMapping) -> Clock:
    return msgspec.convert({name: row[name] for name in Clock.__struct_fields__}, Clock)
