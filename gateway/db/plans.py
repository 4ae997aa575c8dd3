"""Versions of the plans and proposals for the next one, as rows."""

from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct, structs

from gateway.db.plan_tables import plan_proposal, plan_version


class Fate(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class Version(Struct, frozen=True):
    """Who made a version of the plans, when and why; `file` is the digest of the file, if any."""

    version: int
    at_ns: int
    proposed_by: str
    approved_by: str
    why: str
    file: str = ""


class Proposal(Struct, frozen=True):
    """A proposal to replace version `base`, and what was decided about it."""

    id: int
    base: int
    at_ns: int
    by: str
    why: str
    state: Fate
    decided_ns: int | None = None
    decided_by: str | None = None
    decided_why: str | None = None
    version: int | None = None


_VERSION = [plan_version.c[name] for name in Version.__struct_fields__]
_NEWEST = sa.select(sa.func.max(plan_version.c.version))
_PROPOSAL = [plan_proposal.c[name] for name in Proposal.__struct_fields__]


def newest(connection: sa.Connection) -> int | None:
    """The version in force; None before the first is stored."""
    return connection.execute(_NEWEST).scalar()


def document(connection: sa.Connection, version: int) -> dict[str, Any] | None:
    """That version, whole; None if there never was one."""
    query = sa.select(plan_version.c.body).where(plan_version.c.version == version)
    body = connection.execute(query).scalar()
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def add_version(connection: sa.Connection, made: Version, table: dict[str, Any]) -> None:
    """`table` is in force from now on."""
    row = structs.asdict(made) | {"body": msgspec.json.encode(table).decode()}
    connection.execute(sa.insert(plan_version).values(row))


def versions(connection: sa.Connection, before: int, limit: int) -> list[Version]:
    """Up to `limit` versions older than `before`, newest first."""
    query = sa.select(*_VERSION).where(plan_version.c.version < before)
    rows = connection.execute(query.order_by(plan_version.c.version.desc()).limit(limit))
    return [Version(**row) for row in rows.mappings()]


def last_file(connection: sa.Connection) -> Version | None:
    """The newest version that was taken from the file."""
    query = sa.select(*_VERSION).where(plan_version.c.file != "")
    row = connection.execute(query.order_by(plan_version.c.version.desc()).limit(1)).mappings()
    found = row.first()
    return None if found is None else Version(**found)


def propose(connection: sa.Connection, made: Proposal, table: dict[str, Any]) -> int:
    """The proposal waits for somebody else; returns its number (that of `made` is not used)."""
    row = msgspec.to_builtins(made) | {"body": msgspec.json.encode(table).decode()}
    del row["id"]
    query = sa.insert(plan_proposal).values(row).returning(plan_proposal.c.id)
    return int(connection.execute(query).scalar_one())


def proposal(connection: sa.Connection, number: int) -> tuple[Proposal, dict[str, Any]] | None:
    """That proposal and the plans it proposes."""
    query = sa.select(plan_proposal).where(plan_proposal.c.id == number)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return _proposal(row), msgspec.json.decode(row["body"], type=dict[str, Any])


def proposals(connection: sa.Connection, before: int, limit: int) -> list[Proposal]:
    """Up to `limit` proposals older than number `before`, newest first."""
    query = sa.select(*_PROPOSAL).where(plan_proposal.c.id < before)
    rows = connection.execute(query.order_by(plan_proposal.c.id.desc()).limit(limit))
    return [_proposal(row) for row in rows.mappings()]


def count_open(connection: sa.Connection) -> int:
    """How many proposals wait."""
    waits = plan_proposal.c.state == Fate.OPEN.value
    query = sa.select(sa.func.count()).select_from(plan_proposal).where(waits)
    return int(connection.execute(query).scalar_one())


def decide(connection: sa.Connection, decided: Proposal) -> bool:
    """Whether the proposal was still open; it then is as `decided`."""
    waits = sa.and_(plan_proposal.c.id == decided.id, plan_proposal.c.state == Fate.OPEN.value)
    changed = connection.execute(
        sa.update(plan_proposal).where(waits).values(msgspec.to_builtins(decided))
    )
    return changed.rowcount == 1


def _proposal(row: sa.RowMapping) -> Proposal:
    return msgspec.convert({name: row[name] for name in Proposal.__struct_fields__}, Proposal)
