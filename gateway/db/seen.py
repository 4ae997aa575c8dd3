"""What the edges said they heard: one time a device, a few strangers, the registry they go by."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from msgspec import Struct

from edge.seen import STRANGERS_MAX, SeenPage
from gateway.db.registry_tables import device_seen, edge_registry, stranger


class Heard(Struct, frozen=True):
    """Which edge heard a device last, and when."""

    edge: str
    heard_ns: int


class Stranger(Struct, frozen=True):
    """A name that an edge heard and that no device has."""

    edge: str
    name: str
    first_ns: int
    heard_ns: int


def hear(connection: sa.Connection, page: SeenPage, now_ns: int) -> None:
    """What `page` tells is known."""
    _go_by(connection, page, now_ns)
    rows = connection.execute(
        sa.select(device_seen).where(device_seen.c.device.in_(list(page.devices)))
    )
    known = {row.device: row.heard_ns for row in rows}
    newer = {d: at_ns for d, at_ns in page.devices.items() if at_ns > known.get(d, -1)}
    connection.execute(sa.delete(device_seen).where(device_seen.c.device.in_(list(newer))))
    if newer:
        told = [{"device": d, "edge": page.edge, "heard_ns": at} for d, at in newer.items()]
        connection.execute(sa.insert(device_seen), told)
    _meet(connection, page.edge, page.strangers)


def heard(connection: sa.Connection, devices: Sequence[str]) -> dict[str, Heard]:
    """When each of `devices` was last heard, where it ever was."""
    query = sa.select(device_seen).where(device_seen.c.device.in_(devices))
    return {row.device: Heard(row.edge, row.heard_ns) for row in connection.execute(query)}


def strangers(connection: sa.Connection, limit: int) -> list[Stranger]:
    """The strangers heard last, newest first."""
    query = sa.select(stranger).order_by(stranger.c.heard_ns.desc()).limit(limit)
    return [Stranger(**row) for row in connection.execute(query).mappings()]


def greet(connection: sa.Connection, names: Sequence[str]) -> None:
    """Those of that name are no strangers any more."""
    connection.execute(sa.delete(stranger).where(stranger.c.name.in_(names)))


def versions(connection: sa.Connection) -> dict[str, int]:
    """The version of the registry that each edge goes by."""
    return {row.edge: row.version for row in connection.execute(sa.select(edge_registry))}


def _go_by(connection: sa.Connection, page: SeenPage, now_ns: int) -> None:
    here = edge_registry.c.edge == page.edge
    values = {"version": page.registry, "at_ns": now_ns}
    if connection.execute(sa.update(edge_registry).where(here).values(values)).rowcount == 0:
        connection.execute(sa.insert(edge_registry).values(edge=page.edge, **values))


def _meet(connection: sa.Connection, edge: str, names: Mapping[str, int]) -> None:
    here = stranger.c.edge == edge
    known = {r.name: r for r in connection.execute(sa.select(stranger).where(here))}
    for name, heard_ns in names.items():
        if name not in known:
            row = {"edge": edge, "name": name, "first_ns": heard_ns, "heard_ns": heard_ns}
            connection.execute(sa.insert(stranger).values(row))
        elif heard_ns > known[name].heard_ns:
            mine = here & (stranger.c.name == name)
            connection.execute(sa.update(stranger).where(mine).values(heard_ns=heard_ns))
    kept = sa.select(stranger.c.name).where(here).order_by(stranger.c.heard_ns.desc())
    excess = [row.name for row in connection.execute(kept.offset(STRANGERS_MAX))]
    if excess:
        connection.execute(sa.delete(stranger).where(here & stranger.c.name.in_(excess)))
