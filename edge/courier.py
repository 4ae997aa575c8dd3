"""Takes findings to the gateway until the gateway says that it holds them.

The broker's confirmation is not enough, since a broker may lose its queue. A finding goes
out again on every new link, and whenever the gateway has been silent for 30 s.
"""

import asyncio
import logging
from collections.abc import Sequence
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
        self._rewound = 0
        self._progress_ns = clock.monotonic_ns()

    def wake(self) -> None:
        """There may be new findings."""
        self._wake.set()

    def start_over(self) -> None:
        """There is a new link: everything unacked goes out again."""
        self._rewind()
        self._wake.set()

    async def acknowledge(self, payloads: Sequence[bytes]) -> None:
        """Take the gateway's acks; one that makes no sense is counted and forgets nothing."""
        upto = 0
        for payload in payloads:
            ack = _ack(payload)
            if ack is None or ack.epoch != self._epoch or not self._outbox.gave_out(ack.upto):
                self._health.count("acks_refused")
                log.warning("an ack was refused: %r", payload[:200])
                if ack is not None and ack.epoch == self._epoch:
                    await self._begin_anew(ack.upto)
                continue
            upto = max(upto, ack.upto)
        if upto > self._outbox.acked:
            await when_room(self._clock, self._health, partial(self._outbox.forget, upto))
            self._progress_ns = self._clock.monotonic_ns()
            self._wake.set()

    async def _begin_anew(self, upto: int) -> None:
        """Number in an epoch of its own what an older copy of the journal finds from here on."""
        renewed = partial(self._outbox.renewed, upto)
        epoch = await when_room(self._clock, self._health, renewed)
        if epoch is None:
            return
        self._epoch = epoch
        self._health.count("journal_rewound")
        log.error(
            "the gateway holds finding %d, this journal ends before it: an older copy was put back,"
            " and what came in between is not here; numbering begins anew", upto,
        )  # fmt: skip
        self.start_over()

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
        """Send findings until none is owed, the window is full, or one was not confirmed."""
        while self._session.connected:
            self._sent = max(self._sent, self._outbox.acked)
            room = WINDOW - self._outbox.count_sent(self._sent)
            owed = self._outbox.after(self._sent, room) if room > 0 else []
            if not owed or not await self._send(owed):
                return

    async def _send(self, owed: Sequence[Owed]) -> bool:
        """Publish in order and all at once; what counts as sent ends where one failed."""
        after, sent, rewound = self._outbox.before(owed[0].seq), self._sent, self._rewound
        publishing = []
        for each in owed:
            publishing.append(asyncio.create_task(self._publish(each, after)))
            after = each.seq
        confirmed = await _all_of(publishing)
        await self._note_sent([each for each, sound in zip(owed, confirmed, strict=True) if sound])
        for each, sound in zip(owed, confirmed, strict=True):
            if not sound:
                break
            sent = each.seq
        if rewound == self._rewound:
            self._sent = sent
        return all(confirmed)

    async def _publish(self, owed: Owed, after: int) -> bool:
        envelope = Envelope(
            1, self._edge, self._epoch, owed.seq, owed.finding, after, self._outbox.acked
        )
        self._outbox.offer(owed.seq)
        hit("edge.publish")
        try:
            await self._session.publish(self._topic, msgspec.json.encode(envelope))
        except NotPublished as error:
            self._health.count("publishes_failed")
            log.info("finding %d waits: %s", owed.seq, error)
            return False
        return True

    async def _note_sent(self, confirmed: Sequence[Owed]) -> None:
        fresh = [owed.seq for owed in confirmed if owed.published_ns is None]
        if fresh:
            await when_room(self._clock, self._health, partial(self._mark_sent, fresh))
        for owed in confirmed:
            hit("edge.mark_sent")
            again = owed.published_ns is not None
            self._health.count("findings_resent" if again else "findings_published")

    def _mark_sent(self, seqs: Sequence[int]) -> None:
        self._outbox.mark_sent(seqs, self._clock.now_ns())

    def _rewind(self) -> None:
        self._sent = self._outbox.acked
        self._rewound += 1
        self._progress_ns = self._clock.monotonic_ns()

    def _silent_s(self) -> float:
        return (self._clock.monotonic_ns() - self._progress_ns) / SECOND_NS


async def _all_of(publishing: Sequence[asyncio.Task[bool]]) -> list[bool]:
    """What each came to; none of them outlives a cancelled wait."""
    try:
        return await asyncio.gather(*publishing)
    finally:
        for task in publishing:
            task.cancel()


def _ack(payload: bytes) -> Ack | None:
    if len(payload) > _ACK_BYTES_MAX:
        return None
    try:
        ack: Any = msgspec.json.decode(payload, type=Ack)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return ack if ack.v == 1 else None
