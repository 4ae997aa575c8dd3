"""A gateway that owns its registry, over a real SQLite file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.clock import Clock
from edge.reading import Kind
from gateway.db.engine import connect, upgrade
from gateway.registry.claim import Label, print_code
from gateway.registry.hearing import Hearing
from gateway.registry.office import Office
from gateway.web import build_app
from tests.unit.gateway.desk_world import NOW_NS, REGISTRY, World, make_world

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
__all__ = ["KEY", "NOW_NS", "REGISTRY"]


@dataclass
class Site:
    """A world with an office, its ear, and labels."""

    world: World
    office: Office
    hearing: Hearing

    def code(self, name: str = "wmbus:33225544", kind: Kind = Kind.WATER) -> str:
        return print_code(Label(kind, name), self.office.label_key)


def make_office(folder: Path, table: Mapping[str, Any] | None = None) -> Office:
    """An office on the database in `folder`, as a process that starts opens it."""
    database = connect(f"sqlite:///{folder / 'gateway.sqlite3'}")
    upgrade(database)
    office = Office(database, "s01", KEY)
    office.open(table or REGISTRY, NOW_NS)
    return office


def make_site(folder: Path, clock: Clock | None = None) -> Site:
    """A site that lives by `clock`, or by one that stands still until told."""
    world = make_world(folder)
    office = own_registry(world, clock)
    return Site(world, office, Hearing(office))


def own_registry(world: World, clock: Clock | None = None) -> Office:
    """The office of a world whose gateway owns its registry from now on."""
    office = Office(world.desk.db, "s01", KEY)
    office.open(REGISTRY, NOW_NS)
    homes = world.desk.homes
    homes.go_by(office.registry)
    office.listeners.append(homes.go_by)
    world.desk = replace(world.desk, office=office, clock=clock or world.clock)
    world.app = build_app(world.desk)
    return office
