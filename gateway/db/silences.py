"""Silences as rows, and who laid, began or ended them when."""

import msgspec
import sqlalchemy as sa

from alerts.silence import STANDING_MAX, Silence
from gateway.db.hold_tables import silence as table
from gateway.db.hold_tables import silence_event as event_table

LISTED_MAX = 500
_HOLDING = (
    sa.select(table)
    .where(table.c.next_ns.is_not(None), table.c.ended_ns.is_(None))
    .where(table.c.start_ns <= sa.bindparam("now"), table.c.end_ns > sa.bindparam("now"))
    .order_by(table.c.start_ns, table.c.id)
    .limit(STANDING_MAX)
)


class Event(msgspec.Struct, frozen=True):
    """One line of a silence's timeline."""

    at_ns: int
    kind: str
    by: str
    detail: dict[str, object]


def insert(connection: sa.Connection, silence: Silence) -> None:
    """A new row, which is looked at when it begins."""
    next_ns = max(silence.start_ns, silence.created_ns)
    row = msgspec.to_builtins(silence) | {"next_ns": next_ns}
    row |= {"tiers": msgspec.json.encode(silence.tiers).decode()}
    connection.execute(sa.insert(table).values(row))


def find(connection: sa.Connection, silence_id: str) -> Silence | None:
    """The silence of that id, or None."""
    row = connection.execute(sa.select(table).where(table.c.id == silence_id)).mappings().first()
    return None if row is None else _silence(row)


def holding(connection: sa.Connection, now_ns: int) -> list[Silence]:
    """The silences that hold something back now, the oldest first."""
    return [_silence(row) for row in connection.execute(_HOLDING, {"now": now_ns}).mappings()]


def count_standing(connection: sa.Connection) -> int:
    """How many are not over."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.next_ns.is_not(None))
    return int(connection.execute(query).scalar_one())


def listed(connection: sa.Connection, limit: int = LISTED_MAX) -> list[Silence]:
    """Silences, those that are not over first, each group newest first."""
    query = sa.select(table).order_by(table.c.next_ns.is_(None), table.c.start_ns.desc())
    return [_silence(row) for row in connection.execute(query.limit(limit)).mappings()]


def due(connection: sa.Connection, now_ns: int, limit: int) -> list[Silence]:
    """Silences that begin or end by `now_ns` and have not been seen to."""
    query = sa.select(table).where(table.c.next_ns <= now_ns).order_by(table.c.next_ns)
    return [_silence(row) for row in connection.execute(query.limit(limit)).mappings()]


NEXT_DUE = sa.select(sa.func.min(table.c.next_ns))
"""When the next one begins or ends; None when none will."""


def set_next(connection: sa.Connection, silence_id: str, next_ns: int | None) -> None:
    """It is seen to again at `next_ns`, or never."""
    ours = table.c.id == silence_id
    connection.execute(sa.update(table).where(ours).values(next_ns=next_ns))


def end(connection: sa.Connection, silence_id: str, now_ns: int) -> None:
    """A person has ended it."""
    ours = table.c.id == silence_id
    connection.execute(sa.update(table).where(ours).values(ended_ns=now_ns, next_ns=None))


def note(
    connection: sa.Connection, silence: Silence, kind: str, by: str, at_ns: int, **detail: object
) -> None:
    """`kind` stands on the silence's timeline."""
    connection.execute(
        sa.insert(event_table).values(
            silence_id=silence.id,
            at_ns=at_ns,
            kind=kind,
            by=by,
            detail=msgspec.json.encode(detail).decode(),
        )
    )


def events(connection: sa.Connection, silence_id: str) -> list[Event]:
    """Its timeline, oldest first."""
    query = sa.select(event_table).where(event_table.c.silence_id == silence_id)
    rows = connection.execute(query.order_by(event_table.c.id).limit(LISTED_MAX))
    return [
        Event(row.at_ns, row.kind, row.by, msgspec.json.decode(row.detail, type=dict[str, object]))
        for row in rows
    ]


def _silence(row: sa.RowMapping) -> Silence:
    known = {name: row[name] for name in Silence.__struct_fields__}
    known["tiers"] = msgspec.json.decode(row["tiers"])
    return msgspec.convert(known, Silence)
