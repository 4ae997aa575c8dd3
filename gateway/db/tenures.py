"""Who holds which incident until when, as rows; the clocks of hand-overs."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from alerts.handover import Tenure
from gateway.db.roster_tables import tenure as table

_HERE = table.c.incident_id == sa.bindparam("here")


def find(connection: sa.Connection, incident_id: str) -> Tenure | None:
    """Who holds that incident; None when nobody of the roster does."""
    row = connection.execute(sa.select(table).where(_HERE), {"here": incident_id}).mappings()
    found = row.first()
    return None if found is None else _tenure(found)


def put(connection: sa.Connection, tenure: Tenure) -> None:
    """The row of its incident is `tenure`."""
    drop(connection, tenure.incident_id)
    values = msgspec.structs.asdict(tenure) | {"tried": msgspec.json.encode(tenure.tried).decode()}
    connection.execute(sa.insert(table).values(values))


def drop(connection: sa.Connection, incident_id: str) -> None:
    """Nobody holds that incident any more."""
    connection.execute(sa.delete(table).where(_HERE), {"here": incident_id})


def due(connection: sa.Connection, now_ns: int, limit: int) -> list[Tenure]:
    """Those whose duty has ended or whose offer has run out, the longest ago first."""
    at_ns = sa.func.coalesce(table.c.due_ns, table.c.ends_ns)
    query = sa.select(table).where(at_ns <= now_ns).order_by(at_ns).limit(limit)
    return [_tenure(row) for row in connection.execute(query).mappings()]


NEXT_DUE = sa.select(sa.func.min(sa.func.coalesce(table.c.due_ns, table.c.ends_ns)))
"""When the next clock of a hand-over runs out; None when none runs."""


def postpone(connection: sa.Connection, incident_id: str, due_ns: int) -> None:
    """That one is looked at again at `due_ns`; nothing else has changed."""
    values = {"due_ns": due_ns}
    connection.execute(sa.update(table).where(_HERE).values(values), {"here": incident_id})


def holders(connection: sa.Connection) -> list[str]:
    """Who holds any incident, each once."""
    return list(connection.execute(sa.select(table.c.person_id).distinct()).scalars())


def of_people(connection: sa.Connection, people: Iterable[str]) -> list[Tenure]:
    """What those people hold and is not being offered to anybody."""
    query = sa.select(table).where(table.c.person_id.in_(list(people)), table.c.due_ns.is_(None))
    return [_tenure(row) for row in connection.execute(query).mappings()]


def _tenure(row: sa.RowMapping) -> Tenure:
    known = {name: row[name] for name in Tenure.__struct_fields__}
    return msgspec.convert(known | {"tried": msgspec.json.decode(row["tried"])}, Tenure)
