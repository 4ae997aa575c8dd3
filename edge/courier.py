"""Takes findings to the gateway until the gateway says that it holds them.

The broker's confirmation is not enough, since a broker may lose its queue. A finding goes
out again on every new link, and whenever the gateway has been silent for 30 s.
"""

import asyncio
import logging
from functools import partial
from typing import Any

import msgspec

from edge.clock import Clock, deadline
from edge.disk_room import when_room
from edge.failpoint import hit
from edge.health import Health
from edge.outbox import Ack, Envelope, Outbox, Owed
from edge.reading import SECOND_NS
from edge.session import NotPublished, Session

log = logging.getLogger(__name__)

RESEND_S = 30.0
WINDOW = 256
_ACK_BYTES_MAX = 1_024


class Courier:
    """Publishes one outbox in order, at most `WINDOW` findings ahead of the gateway's ack."""

    def __init__(
        self,
        outbox: Outbox,
        session: Session,
        *,
        address: tuple[str, str, str],
        clock: Clock,
        health: Health,
    ) -> None:
        self._outbox = outbox
        self._session = session
        self._topic, self._edge, self._epoch = address
        self._clock = clock
        self._health = health
        self._wake = asyncio.Event()
        self._sent = outbox.acked
        self._progress_ns = clock.monotonic_ns()

    def wake(self) -> None:
        """There may be new findings."""
        self._wake.set()

    def start_over(self) -> None:
        """There is a new link: everything unacked goes out again."""
        self._rewind()
        self._wake.set()

    async def acknowledge(self, payload: bytes) -> None:
        """Take a gateway's ack; one that makes no sense is counted and changes nothing."""
        ack, before = _ack(payload), self._outbox.acked
        if ack is None or ack.epoch != self._epoch or not await self._forget(ack.upto):
            self._health.count("acks_refused")
            log.warning("an ack was refused: %r", payload[:200])
            return
        if self._outbox.acked > before:
            self._progress_ns = self._clock.monotonic_ns()
        self._wake.set()

    async def run(self) -> None:
        """Publish what is owed, for ever."""
        while True:
            self._wake.clear()
            if self._silent_s() >= RESEND_S:
                self._rewind()
            await self._send_owed()
            try:
                async with deadline(self._clock, RESEND_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _send_owed(self) -> None:
        for owed in self._outbox.unacked(WINDOW):
            if owed.seq <= self._sent:
                continue
            if not self._session.connected or not await self._send(owed):
                return
            self._sent = owed.seq

    async def _send(self, owed: Owed) -> bool:
        envelope = self._envelope(owed)
        self._outbox.offer(owed.seq)
        hit("edge.publish")
        try:
            await self._session.publish(self._topic, msgspec.json.encode(envelope))
        except NotPublished as error:
            self._health.count("publishes_failed")
            log.info("finding %d waits: %s", owed.seq, error)
            return False
        if owed.published_ns is None:
            await when_room(self._clock, self._health, partial(self._mark_sent, owed.seq))
        hit("edge.mark_sent")
        self._health.count("findings_published" if owed.published_ns is None else "findings_resent")
        return True

    def _envelope(self, owed: Owed) -> Envelope:
        after, acked = self._outbox.before(owed.seq), self._outbox.acked
        return Envelope(1, self._edge, self._epoch, owed.seq, owed.finding, after, acked)

    def _mark_sent(self, seq: int) -> None:
        self._outbox.mark_sent(seq, self._clock.now_ns())

    async def _forget(self, upto: int) -> bool:
        return await when_room(self._clock, self._health, partial(self._outbox.forget, upto))

    def _rewind(self) -> None:
        self._sent = self._outbox.acked
        self._progress_ns = self._clock.monotonic_ns()

    def _silent_s(self) -> float:
        return (self._clock.monotonic_ns() - self._progress_ns) / SECOND_NS


def _ack(payload: bytes) -> Ack | None:
    if len(payload) > _ACK_BYTES_MAX:
        return None
    try:
        ack: Any = msgspec.json.decode(payload, type=Ack)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return ack if ack.v == 1 else None
