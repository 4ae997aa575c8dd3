"""Changes of the roster by hand, as rows, and who made each of its versions."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from alerts.roster_edit import Edit
from gateway.db.roster_tables import roster_change, roster_edit


class Change(Struct, frozen=True):
    """Who made `version`, when, by which act, to whom, and why; no number or address."""

    version: int
    at_ns: int
    by: str
    act: str
    person: str
    why: str
    detail: Mapping[str, Any]


def newest(connection: sa.Connection) -> int:
    """The version of the changes; 0 before the first."""
    query = sa.select(sa.func.coalesce(sa.func.max(roster_change.c.version), 0))
    return int(connection.execute(query).scalar_one())


def load(connection: sa.Connection) -> list[Edit]:
    """Every change that is laid over the file."""
    order = (roster_edit.c.person_id, roster_edit.c.field)
    rows = connection.execute(sa.select(roster_edit).order_by(*order))
    decode = msgspec.json.decode
    return [Edit(row.person_id, row.field, decode(row.value), decode(row.base)) for row in rows]


def put(connection: sa.Connection, edit: Edit) -> None:
    """That field of that person is as `edit` says."""
    drop(connection, edit.person_id, edit.field)
    encode = msgspec.json.encode
    values = {"person_id": edit.person_id, "field": edit.field}
    values |= {"value": encode(edit.value).decode(), "base": encode(edit.base).decode()}
    connection.execute(sa.insert(roster_edit).values(values))


def drop(connection: sa.Connection, person_id: str, field: str) -> bool:
    """Whether there was a change of that field of that person; the file's word holds now."""
    mine = sa.and_(roster_edit.c.person_id == person_id, roster_edit.c.field == field)
    return connection.execute(sa.delete(roster_edit).where(mine)).rowcount > 0


def note(connection: sa.Connection, change: Change) -> None:
    """`change` is the newest version."""
    row = msgspec.to_builtins(change) | {"detail": msgspec.json.encode(change.detail).decode()}
    connection.execute(sa.insert(roster_change).values(row))


def changes(connection: sa.Connection, before: int, limit: int) -> list[Change]:
    """Up to `limit` changes older than version `before`, newest first."""
    query = (
        sa.select(roster_change)
        .where(roster_change.c.version < before)
        .order_by(roster_change.c.version.desc())
        .limit(limit)
    )
    rows = connection.execute(query).mappings()
    return [Change(**{**row, "detail": msgspec.json.decode(row["detail"])}) for row in rows]
