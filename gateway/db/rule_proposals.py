"""Proposals about rules, as rows."""

from enum import StrEnum

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from edge.mode import Mode
from gateway.db.rule_proposal_tables import rule_proposal as table


class Fate(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNDONE = "undone"


class RuleProposal(Struct, frozen=True):
    """A proposal to give rules other modes; `before` is what they had when it was approved."""

    id: int
    at_ns: int
    by: str
    why: str
    changes: dict[str, Mode]
    before: dict[str, Mode | None] = {}
    state: Fate = Fate.OPEN
    decided_ns: int | None = None
    decided_by: str | None = None
    decided_why: str | None = None
    version: int | None = None
    undone_ns: int | None = None
    undone_by: str | None = None
    undone_why: str | None = None


def add(connection: sa.Connection, made: RuleProposal) -> int:
    """The proposal waits for somebody else; returns its number (that of `made` is not used)."""
    query = sa.insert(table).values(_row(made)).returning(table.c.id)
    return int(connection.execute(query).scalar_one())


def get(connection: sa.Connection, number: int) -> RuleProposal | None:
    """That proposal; None when there is none."""
    row = connection.execute(sa.select(table).where(table.c.id == number)).mappings().first()
    return None if row is None else _read(row)


def newest(connection: sa.Connection, before: int, limit: int) -> list[RuleProposal]:
    """Up to `limit` proposals older than number `before`, newest first."""
    query = sa.select(table).where(table.c.id < before).order_by(table.c.id.desc())
    return [_read(row) for row in connection.execute(query.limit(limit)).mappings()]


def in_force(connection: sa.Connection, after: int) -> list[RuleProposal]:
    """The approved ones after number `after` that were not undone."""
    holds = sa.and_(table.c.id > after, table.c.state == Fate.APPROVED.value)
    return [_read(row) for row in connection.execute(sa.select(table).where(holds)).mappings()]


def count_open(connection: sa.Connection) -> int:
    """How many proposals wait."""
    waits = table.c.state == Fate.OPEN.value
    query = sa.select(sa.func.count()).select_from(table).where(waits)
    return int(connection.execute(query).scalar_one())


def move(connection: sa.Connection, moved: RuleProposal, before: Fate) -> bool:
    """Whether the proposal was still as `before`; it then is as `moved`."""
    still = sa.and_(table.c.id == moved.id, table.c.state == before.value)
    return connection.execute(sa.update(table).where(still).values(_row(moved))).rowcount == 1


def _row(of: RuleProposal) -> dict[str, object]:
    row: dict[str, object] = msgspec.to_builtins(of)
    del row["id"]
    texts = {key: msgspec.json.encode(row[key]).decode() for key in ("changes", "before")}
    return row | texts


def _read(row: sa.RowMapping) -> RuleProposal:
    read = {key: msgspec.json.decode(row[key]) for key in ("changes", "before")}
    plain = {name: row[name] for name in RuleProposal.__struct_fields__}
    return msgspec.convert(plain | read, RuleProposal)
