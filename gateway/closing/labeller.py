"""Brings labels to the edges: what is owed is published, and again until the edge holds it."""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from edge.clock import Clock, deadline, sleep
from edge.labels import LabelAck
from edge.reading import SECOND_NS
from edge.session import Delivery, NotPublished, Session
from edge.strict_json import JsonError, parse
from edge.topic import TopicError, edge_of, label_ack_filter, label_topic
from gateway.closing import labels
from gateway.db.engine import reading, writing
from gateway.engine import Engine
from gateway.intake import Refused

log = logging.getLogger(__name__)

AGAIN_S = 60.0
AGAIN_S_MAX = 3_600.0
"""An edge that is away for days finds one page an hour waiting, not one a minute."""
_RETRY_S = 1.0


class _Sent(NamedTuple):
    """The page that went out last to an edge, when, and how long its repeat waits."""

    last: int
    at_ns: int
    wait_s: float


class Labeller:
    """One gateway's labels; `leads` says whether it is the one that publishes."""

    def __init__(
        self, engine: Engine, *, site: str, clock: Clock, leads: Callable[[], bool]
    ) -> None:
        self._engine = engine
        self._site = site
        self._clock = clock
        self._leads = leads
        self._stirred = asyncio.Event()
        self._sent: dict[str, _Sent] = {}
        self.filters = (label_ack_filter(site),)

    async def run(self, session: Session) -> None:
        """Publish what is owed at once and every minute, until cancelled."""
        self._engine.changes.append(self._on_change)
        try:
            while True:
                self._stirred.clear()
                try:
                    if session.connected and self._leads():
                        await self._publish(session)
                except (NotPublished, sa.exc.OperationalError) as error:
                    log.info("labels wait: %s", error)
                    await sleep(self._clock, _RETRY_S)
                await self._until_stirred()
        finally:
            self._engine.changes.remove(self._on_change)

    def take(self, delivery: Delivery, _: int) -> bool:
        """Whether the delivery was an edge's word on labels; it is dealt with then.

        Raises:
            Refused: it was, and cannot be used.
        """
        if not delivery.topic.endswith("/label"):
            return False
        ack = _read(delivery.payload)
        try:
            site, edge = edge_of(delivery.topic)
        except TopicError as error:
            raise Refused("unknown_topic", str(error)) from None
        if (site, edge) != (self._site, ack.edge):
            raise Refused("identity_mismatch", f"says {ack.edge[:40]!r}")
        with writing(self._engine.database) as connection:
            settled = labels.hold(connection, edge, ack.epoch, ack.upto)
        self._engine.counts["label", "held" if settled else "repeated"] += max(1, settled)
        if settled:
            self._stirred.set()  # there may be a next page
        return True

    def _on_change(self, _: frozenset[str]) -> None:
        self._stirred.set()

    async def _until_stirred(self) -> None:
        try:
            async with deadline(self._clock, AGAIN_S):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _publish(self, session: Session) -> None:
        with reading(self._engine.database) as connection:
            owed = labels.pages(connection)
        self._sent = {edge: sent for edge, sent in self._sent.items() if edge in owed}
        for edge, page in owed.items():
            if self._is_due(edge, page.labels[-1].seq):
                await session.publish(label_topic(self._site, edge), msgspec.json.encode(page))
                self._engine.counts["label", "sent"] += len(page.labels)

    def _is_due(self, edge: str, last: int) -> bool:
        """Whether the page that ends with `last` goes out now; each repeat waits twice as long."""
        now_ns = self._clock.monotonic_ns()
        sent = self._sent.get(edge)
        if sent is None or sent.last != last:
            self._sent[edge] = _Sent(last, now_ns, AGAIN_S)
            return True
        if now_ns - sent.at_ns < sent.wait_s * SECOND_NS:
            return False
        self._sent[edge] = _Sent(last, now_ns, min(2 * sent.wait_s, AGAIN_S_MAX))
        return True


def _read(payload: bytes) -> LabelAck:
    try:
        ack = msgspec.convert(parse(payload), LabelAck)
    except JsonError as error:
        raise Refused(error.fault.value, error.detail) from None
    except msgspec.ValidationError as error:
        raise Refused("wrong_type", str(error)) from None
    if ack.v != 1 or not 0 <= ack.upto < 2**53:
        raise Refused("out_of_range", f"v {ack.v}, upto {ack.upto}")
    return ack
