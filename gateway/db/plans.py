"""Versions of the plans and proposals for the next one, as rows."""

from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct, structs

from gateway.db.plan_tables import plan_proposal, plan_version
from gateway.db.proposals import Proposals, Proposed


class Version(Struct, frozen=True):
    """Who made a version of the plans, when and why; `file` is the digest of the file, if any."""

    version: int
    at_ns: int
    proposed_by: str
    approved_by: str
    why: str
    file: str = ""


class Proposal(Proposed, frozen=True, kw_only=True):
    """A proposal to replace version `base`."""

    base: int


PROPOSALS = Proposals(plan_proposal, Proposal)
_VERSION = [plan_version.c[name] for name in Version.__struct_fields__]
_NEWEST = sa.select(sa.func.max(plan_version.c.version))


def newest(connection: sa.Connection) -> int | None:
    """The version in force; None before the first is stored."""
    return connection.execute(_NEWEST).scalar()


def document(connection: sa.Connection, version: int) -> dict[str, Any] | None:
    """That version, whole; None if there never was one."""
    query = sa.select(plan_version.c.body).where(plan_version.c.version == version)
    body = connection.execute(query).scalar()
    return None if body is None else _plans(body)


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


def proposed(connection: sa.Connection, number: int) -> dict[str, Any]:
    """The plans that the proposal of that number would put in force; there has to be one."""
    query = sa.select(plan_proposal.c.body).where(plan_proposal.c.id == number)
    return _plans(connection.execute(query).scalar_one())


def _plans(body: str) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])
