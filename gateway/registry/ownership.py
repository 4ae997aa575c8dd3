"""Whether this gateway owns the registry, and the parts that it then has."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import sqlalchemy as sa

from edge.clock import Clock
from edge.session import Session
from edge.settings import ConfigError, ConfigFault, read_table
from gateway.intake import Aside
from gateway.registry.card import Impossible
from gateway.registry.hearing import Hearing
from gateway.registry.office import Office
from gateway.registry.push import Pusher
from gateway.settings import Loaded

log = logging.getLogger(__name__)


class Keeper(Protocol):
    """Something that keeps the broker in step."""

    async def on_link(self, up: bool) -> None:
        """The broker link came or went."""
        ...

    async def run(self) -> None:
        """Keep it, until cancelled."""
        ...


class Owned:
    """The registry's parts; without an office none of them does anything."""

    def __init__(self, office: Office | None, edges: tuple[str, ...], clock: Clock) -> None:
        self.office = office
        self._edges = edges
        self._clock = clock
        hearing = Hearing(office) if office else None
        self.filters: tuple[str, ...] = hearing.filters() if hearing else ()
        self.aside: Aside | None = hearing.take if hearing else None

    def keeper(self, session: Session, leads: Callable[[], bool] = lambda: True) -> Keeper:
        """What keeps the broker behind `session` in step, while this gateway leads."""
        if self.office is None:
            return _Idle()
        return Pusher(self.office, session, self._clock, self._edges, leads)


class _Idle:
    async def on_link(self, up: bool) -> None:
        log.info("broker link %s", "up" if up else "down")

    async def run(self) -> None:
        await asyncio.Event().wait()


def own_registry(database: sa.Engine, loaded: Loaded, clock: Clock) -> Owned:
    """The registry, opened, where `[provisioning]` says that this gateway owns it.

    Raises:
        ConfigError: the registry of the file is one that no edge would take.
    """
    settings = loaded.settings
    if loaded.signing is None or settings.provisioning is None:
        return Owned(None, (), clock)
    office = Office(database, settings.site, loaded.signing)
    try:
        office.open(read_table(settings.registry), clock.now_ns())
    except Impossible as error:
        fault = ConfigFault(settings.registry, "(file)", str(error), "mend it or split the site")
        raise ConfigError([fault]) from None
    return Owned(office, settings.provisioning.edges, clock)
