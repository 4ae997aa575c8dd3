"""Calls as rows: made and changed in the transaction of what caused it."""

from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.whistle import Call
from gateway.db.call_tables import call as table
from gateway.db.incidents import Conflict

_AS_JSON = ("people", "channels", "on_miss")


def insert(connection: sa.Connection, call: Call) -> None:
    """A new row for `call`."""
    connection.execute(sa.insert(table).values(_row(call)))


def of_incident(connection: sa.Connection, incident_id: str) -> list[Call]:
    """All calls of an incident, in the order in which they were made."""
    query = sa.select(table).where(table.c.incident_id == incident_id).order_by(table.c.number)
    return [_from_row(row) for row in connection.execute(query).mappings()]


def replace(connection: sa.Connection, before: Call, after: Call) -> None:
    """`after` stands where `before` stood.

    Raises:
        Conflict: the row is no longer `before`.
    """
    same = sa.and_(
        table.c.incident_id == before.incident_id,
        table.c.number == before.number,
        table.c.state == before.state.value,
    )
    if connection.execute(sa.update(table).where(same).values(_row(after))).rowcount != 1:
        raise Conflict(f"call {before.number} of incident {before.incident_id} has changed")


def _row(call: Call) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(call)
    return row | {name: msgspec.json.encode(row[name]).decode() for name in _AS_JSON}


def _from_row(row: sa.RowMapping) -> Call:
    values = {name: row[name] for name in Call.__struct_fields__}
    decoded = {name: msgspec.json.decode(values[name]) for name in _AS_JSON}
    return msgspec.convert(values | decoded, Call)
