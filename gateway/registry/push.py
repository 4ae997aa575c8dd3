"""What the gateway leaves at the broker: each edge's registry, and silence on old places.

Both are owed until the broker has confirmed: the push until an edge says that it goes by the
version, a tombstone until its row is gone. A broker that lost its memory is told again.
"""

import asyncio
import logging
from collections.abc import Callable

import sqlalchemy as sa

from edge.clock import Clock, deadline, sleep
from edge.failpoint import hit
from edge.reading import MINUTE_NS
from edge.registry import Registry
from edge.session import NotPublished, Session
from edge.topic import config_topic
from gateway.db import edges as known_edges
from gateway.db import registry as rows
from gateway.db import seen
from gateway.db.engine import reading, writing
from gateway.registry.office import Office

log = logging.getLogger(__name__)

LOOK_S = 30.0
RETRY_S = 1.0
AGAIN_NS = 2 * MINUTE_NS
TOMBSTONES_A_ROUND = 200


class Pusher:
    """Keeps what stands at the broker in step with one office."""

    def __init__(
        self,
        office: Office,
        session: Session,
        clock: Clock,
        edges: tuple[str, ...] = (),
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._office = office
        self._session = session
        self._clock = clock
        self._edges = edges
        self._leads = leads
        self._pushed: dict[str, tuple[int, int]] = {}
        self._stirred = asyncio.Event()
        office.listeners.append(self._changed)

    async def on_link(self, up: bool) -> None:
        """The link came or went; after it came, everything is said again."""
        log.info("broker link %s", "up" if up else "down")
        if up:
            self._pushed.clear()
            self._stirred.set()

    async def run(self) -> None:
        """Push what is owed, until cancelled."""
        while True:
            self._stirred.clear()
            try:
                self._office.refresh()
                if self._session.connected and self._leads():
                    await self._push()
                    await self._silence()
            except (NotPublished, sa.exc.OperationalError) as error:
                log.info("the registry waits: %s", error)
                self._stirred.set()
                await sleep(self._clock, RETRY_S)
            await self._until_stirred()

    def _changed(self, _: Registry) -> None:
        self._stirred.set()

    async def _until_stirred(self) -> None:
        try:
            async with deadline(self._clock, LOOK_S):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _push(self) -> None:
        version, now_ns = self._office.held.version, self._clock.now_ns()
        with reading(self._office.database) as connection:
            applied = seen.versions(connection)
            heard = known_edges.names(connection)
        for edge in sorted({*self._edges, *heard}):
            told, at_ns = self._pushed.get(edge, (0, 0))
            overdue = applied.get(edge, 0) < version and now_ns - at_ns > AGAIN_NS
            if told < version or overdue:
                payload = self._office.payload(edge)
                await self._session.publish(
                    config_topic(self._office.site, edge), payload, retain=True
                )
                hit("gateway.pushed")
                self._pushed[edge] = version, now_ns

    async def _silence(self) -> None:
        with reading(self._office.database) as connection:
            topics = rows.owed_tombstones(connection, TOMBSTONES_A_ROUND)
        for topic in topics:
            await self._session.publish(topic, b"", retain=True)
            hit("gateway.silenced")
            with writing(self._office.database) as connection:
                rows.settle_tombstones(connection, [topic])
        if len(topics) == TOMBSTONES_A_ROUND:
            self._stirred.set()
