"""What somebody asks for and somebody else decides, as rows: one shape for every kind of it."""

from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from msgspec import Struct


class Fate(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNDONE = "undone"


class Proposed(Struct, frozen=True, kw_only=True):
    """What every proposal says: who asks, why, and what was decided by whom.

    `version` is what an approved one became. A new one has no `id` yet.
    """

    id: int = 0
    at_ns: int
    by: str
    why: str
    state: Fate = Fate.OPEN
    decided_ns: int | None = None
    decided_by: str | None = None
    decided_why: str | None = None
    version: int | None = None


P = TypeVar("P", bound=Proposed)


class Proposals(Generic[P]):
    """The proposals of `table`, which has a column for each field of `kind`.

    What is a table itself stands in its column as JSON.
    """

    def __init__(self, table: sa.Table, kind: type[P], tables: tuple[str, ...] = ()) -> None:
        self._table = table
        self._kind = kind
        self._tables = tables
        self._columns = [table.c[name] for name in kind.__struct_fields__]

    def add(self, connection: sa.Connection, made: P, **beside: str) -> int:
        """It waits for somebody else, with what further columns say of it; returns its number."""
        row = self._row(made) | beside
        query = sa.insert(self._table).values(row).returning(self._table.c.id)
        return int(connection.execute(query).scalar_one())

    def get(self, connection: sa.Connection, number: int) -> P | None:
        """That proposal; None when there is none."""
        query = sa.select(*self._columns).where(self._table.c.id == number)
        row = connection.execute(query).mappings().first()
        return None if row is None else self._read(row)

    def newest(self, connection: sa.Connection, before: int, limit: int) -> list[P]:
        """Up to `limit` proposals older than number `before`, newest first."""
        query = sa.select(*self._columns).where(self._table.c.id < before)
        rows = connection.execute(query.order_by(self._table.c.id.desc()).limit(limit))
        return [self._read(row) for row in rows.mappings()]

    def in_force(self, connection: sa.Connection, after: int) -> list[P]:
        """The approved ones after number `after` that were not undone."""
        approved = self._table.c.state == Fate.APPROVED.value
        query = sa.select(*self._columns).where(self._table.c.id > after, approved)
        return [self._read(row) for row in connection.execute(query).mappings()]

    def count_open(self, connection: sa.Connection) -> int:
        """How many wait."""
        waits = self._table.c.state == Fate.OPEN.value
        query = sa.select(sa.func.count()).select_from(self._table).where(waits)
        return int(connection.execute(query).scalar_one())

    def move(self, connection: sa.Connection, moved: P, before: Fate) -> bool:
        """Whether the proposal was still as `before`; it then is as `moved`."""
        still = sa.and_(self._table.c.id == moved.id, self._table.c.state == before.value)
        query = sa.update(self._table).where(still).values(self._row(moved))
        return connection.execute(query).rowcount == 1

    def _row(self, of: P) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.to_builtins(of)
        del row["id"]
        return row | {name: msgspec.json.encode(row[name]).decode() for name in self._tables}

    def _read(self, row: sa.RowMapping) -> P:
        read = {name: msgspec.json.decode(row[name]) for name in self._tables}
        plain = {name: row[name] for name in self._kind.__struct_fields__}
        return msgspec.convert(plain | read, self._kind)
