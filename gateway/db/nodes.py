"""The gateways of one database as rows: each beats its own, and buries those that stopped."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.db.node_tables import gateway_node as table
from gateway.db.tables import incident_event, ledger, outbox

NEWS_MAX = 500


@dataclass(frozen=True, slots=True)
class Node:
    """One gateway as its row has it."""

    name: str
    epoch: str
    beat: int
    leads: bool


@dataclass(frozen=True, slots=True)
class Read:
    """How far the timeline and the ledger have been read."""

    event: int
    report: int


def every(connection: sa.Connection) -> list[Node]:
    """All gateways that have not been buried, by name."""
    query = sa.select(table.c.name, table.c.epoch, table.c.beat, table.c.leads)
    return [Node(*row) for row in connection.execute(query.order_by(table.c.name))]


def join(connection: sa.Connection, name: str, epoch: str, now_ns: int) -> None:
    """The gateway `name` is the process `epoch` from now on; what it was sending may be sent."""
    bury(connection, [name], now_ns)
    row = {"name": name, "epoch": epoch, "beat": 0, "leads": False, "at_ns": now_ns}
    connection.execute(sa.insert(table), row)


def beat(connection: sa.Connection, name: str, epoch: str, now_ns: int) -> bool:
    """Whether the row of this process was there to go up by one."""
    mine = (table.c.name == name) & (table.c.epoch == epoch)
    values = {"beat": table.c.beat + 1, "at_ns": now_ns}
    return connection.execute(sa.update(table).where(mine).values(values)).rowcount == 1


def lead(connection: sa.Connection, name: str) -> None:
    """`name` leads, and nobody else does."""
    connection.execute(sa.update(table).values(leads=table.c.name == name))


def bury(connection: sa.Connection, names: Collection[str], now_ns: int) -> int:
    """The rows of `names` are gone, and their messages may be claimed; returns how many were.

    Each of the messages was perhaps sent: the next claim writes that down, and repeats its
    idempotency id. Should its first sender live after all, its claim is fenced off.
    """
    connection.execute(sa.delete(table).where(table.c.name.in_(names)))
    theirs = outbox.c.lease_by.in_(names) & (outbox.c.lease_until_ns > now_ns)
    freed = sa.update(outbox).where(theirs).values(lease_until_ns=now_ns)
    return connection.execute(freed).rowcount


def newest(connection: sa.Connection) -> Read:
    """The end of the timeline and of the ledger."""
    return Read(*(
        int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(c), 0))).scalar_one())
        for c in (incident_event.c.id, ledger.c.id)
    ))  # fmt: skip


def news(connection: sa.Connection, since: Read) -> tuple[frozenset[str], Read]:
    """The incidents whose timeline or deliveries have grown, at most 500, and how far that is."""
    upto = newest(connection)
    reported = sa.select(outbox.c.incident_id).join(ledger, ledger.c.outbox_id == outbox.c.id)
    told = sa.select(incident_event.c.incident_id).where(incident_event.c.id > since.event)
    both = told.union(reported.where(ledger.c.id > since.report)).subquery()
    ids = connection.execute(sa.select(both.c.incident_id).limit(NEWS_MAX)).scalars()
    return frozenset(str(each) for each in ids if each is not None), upto
