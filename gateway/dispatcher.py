"""Runs the plans' clocks and sends what is owed, the most urgent first.

Between claim and record a kill loses nothing: the lease runs out and the same message is
tried again under the same id. Some lanes are kept for urgent messages, so that a slow
provider full of lesser ones never stands in their way.
"""

import asyncio
import logging
from collections.abc import Mapping

import sqlalchemy as sa

from alerts.channels.base import Channel, Outcome, Receipts, Unavailable, Verdict
from edge.clock import Clock, deadline, sleep
from edge.failpoint import hit
from edge.reading import SECOND_NS, Tier
from gateway.db.outbox import Claim
from gateway.engine import LEASE_NS, Engine
from gateway.news import take_news

log = logging.getLogger(__name__)

LANES = 12
URGENT_LANES = 4
POLL_S = 2.0
_IDLE_S = 30.0
_RETRY_S = 1.0
PATIENCE_S = 54.0
"""Real seconds after which a channel that does not let go is left: before its lease ends."""
_NAP_S_MIN = 0.01
_BATCHES = 1
"""Of due steps, before urgent messages are sent and what has arrived is taken."""


class Dispatcher:
    """One dispatcher over one engine; `beat_ns` is when its loop last came round."""

    def __init__(self, engine: Engine, channels: Mapping[str, Channel], clock: Clock) -> None:
        self.beat_ns: int | None = None
        self._engine = engine
        self._channels = channels
        self._clock = clock
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        # Providers' timeouts run in real seconds, leases in the clock's.
        self._lease_ns = int(LEASE_NS * max(1.0, clock.speed))
        self._patience_s = PATIENCE_S * max(1.0, clock.speed)

    @property
    def in_flight(self) -> int:
        """How many messages are being sent just now."""
        return len(self._sending)

    async def run(self) -> None:
        """Dispatch until cancelled; what is being sent then is left to its lease."""
        self._engine.changes.append(self._on_change)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._dispatch(tasks), name="dispatch")
                for name, channel in self._channels.items():
                    if isinstance(channel, Receipts):
                        tasks.create_task(self._listen(name, channel), name=f"listen-{name}")
        finally:
            self._engine.changes.remove(self._on_change)

    def _on_change(self, _: frozenset[str]) -> None:
        self._wake.set()

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            self.beat_ns = self._clock.now_ns()
            try:
                due_ns = self._engine.next_due_ns()
                if due_ns is not None and due_ns <= self.beat_ns:
                    self._engine.advance_due(self.beat_ns, _BATCHES)
                    self._start_sends(tasks)
                    await asyncio.sleep(0)  # our own changes wake us: let others have their turn
                    due_ns = self._engine.next_due_ns()
                wait_s = self._wait_s(due_ns)
            except sa.exc.OperationalError as error:
                self._engine.counts["dispatch", "waited_for_database"] += 1
                log.warning("the database refuses, nothing is sent: %s", error.orig)
                wait_s = _RETRY_S
            try:
                async with deadline(self._clock, wait_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _start_sends(self, tasks: asyncio.TaskGroup) -> None:
        for lanes, tier_max in ((LANES, Tier.GENERAL), (LANES + URGENT_LANES, Tier.URGENT)):
            free = lanes - len(self._sending)
            if free <= 0:
                continue
            claims = self._engine.claim(
                self._clock.now_ns(), free, tier_max=tier_max, lease_ns=self._lease_ns
            )
            for claim in claims:
                hit("gateway.claim")
                task = tasks.create_task(self._send(claim), name=f"send-{claim.outbox_id}")
                self._sending.add(task)
                task.add_done_callback(self._on_sent)

    def _on_sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._wake.set()

    def _wait_s(self, due_ns: int | None) -> float:
        """How long to sleep unless woken: to the next due time, when a lane is free for it."""
        if due_ns is None:
            return _IDLE_S
        if len(self._sending) >= LANES:
            return _RETRY_S
        wait_s = (due_ns - self._clock.now_ns()) / SECOND_NS
        return min(max(wait_s, _NAP_S_MIN), _IDLE_S)

    async def _send(self, claim: Claim) -> None:
        verdict = await self._try(claim)
        hit("gateway.send")
        await self._note(claim, verdict)
        hit("gateway.mark")

    async def _note(self, claim: Claim, verdict: Verdict) -> None:
        """The verdict is in the ledger; while the database refuses, for as long as a lease is.

        A message whose verdict is lost is sent again, so a busy moment must not lose one.
        """
        give_up_ns = self._clock.monotonic_ns() + self._lease_ns
        while True:
            try:
                self._engine.record(claim, verdict, self._clock.now_ns())
            except sa.exc.OperationalError as error:
                if self._clock.monotonic_ns() < give_up_ns:
                    await sleep(self._clock, _RETRY_S / 4)
                    continue
                self._engine.counts["dispatch", "verdict_lost"] += 1
                log.warning("message %d is tried again: %s", claim.outbox_id, error.orig)
            except Exception:
                # This supervises messages: what breaks on one must not stop the others.
                self._engine.counts["dispatch", "verdict_lost"] += 1
                log.exception("message %d is tried again after its lease", claim.outbox_id)
            return

    async def _try(self, claim: Claim) -> Verdict:
        channel = self._channels.get(claim.channel)
        if channel is None:
            return Verdict(Outcome.PERMANENT, f"this gateway has no channel {claim.channel}")
        try:
            async with deadline(self._clock, self._patience_s):
                return await channel.send(claim.out, self._clock.now_ns())
        except TimeoutError:
            self._engine.counts["dispatch", "never_answered"] += 1
            return Verdict(Outcome.UNKNOWN, "the channel never answered")
        except Exception as error:
            # This supervises channels: a broken one must not stop the others.
            log.exception("channel %s broke on message %d", claim.channel, claim.outbox_id)
            return Verdict(Outcome.UNKNOWN, f"the channel broke: {type(error).__name__}")

    async def _listen(self, name: str, channel: Receipts) -> None:
        """Take receipts and replies from `channel`; settle them there once they are committed.

        Of an outage the log tells the beginning and the end; the counter moves all the while.
        """
        away = False
        while True:
            try:
                async with deadline(self._clock, self._patience_s):
                    news = await channel.poll(self._clock.now_ns())
                for item in news:
                    take_news(self._engine, name, item, self._clock.now_ns())
                if news:
                    async with deadline(self._clock, self._patience_s):
                        await channel.done([item.key for item in news])
                if away:
                    log.info("news from %s again", name)
                away = False
            except TimeoutError:
                self._engine.counts["listen", f"{name}_silent"] += 1
            except (Unavailable, sa.exc.OperationalError) as error:
                self._engine.counts["listen", f"{name}_unavailable"] += 1
                if not away:
                    log.warning("no news from %s, asked again until there is: %s", name, error)
                away = True
            except Exception:
                # This supervises channels too: one that cannot be read must not stop the sends.
                self._engine.counts["listen", f"{name}_broke"] += 1
                log.exception("channel %s broke while it was read", name)
            await sleep(self._clock, POLL_S)
