"""Tells edges up to where their findings are committed, beside the intake and never before it.

A confirmation of what we publish arrives behind what we have yet to receive. An intake that
waited for one while a backlog stands in the session would wait until both gave up.
"""

import asyncio
import logging

import msgspec

from edge.outbox import Ack
from edge.session import NotPublished, Session
from edge.topic import ack_topic

log = logging.getLogger(__name__)


class EdgeAcks:
    """The newest ack that each edge of `site` is owed, on its way over `session`.

    One ack stands for all before it, so at most one an edge waits.
    """

    def __init__(self, session: Session, *, site: str) -> None:
        self._session = session
        self._site = site
        self._owed: dict[str, Ack] = {}
        self._news = asyncio.Event()

    def owe(self, edge: str, ack: Ack) -> None:
        """The edge is told of `ack` as soon as the session can, or of a later one."""
        self._owed[edge] = ack
        self._news.set()

    async def run(self) -> None:
        """Tell whoever is owed, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            owed, self._owed = self._owed, {}
            for edge, ack in owed.items():
                await self._tell(edge, ack)

    async def _tell(self, edge: str, ack: Ack) -> None:
        try:
            await self._session.publish(ack_topic(self._site, edge), msgspec.json.encode(ack))
        except NotPublished as error:
            # The edge sends again what is not acked, and is told then.
            log.info("edge %s is not told of %d yet: %s", edge, ack.upto, error)
