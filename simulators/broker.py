"""An MQTT broker in memory, for worlds that run in virtual time.

What a session may rely on at QoS 1 holds: persistent subscriptions, redelivery of unacked
messages after a reconnect, order per publisher, retained messages, wills. Links, deliveries
and confirmations fail as `BrokerFaults` and a seeded generator say.
"""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from edge.clock import Clock, sleep
from edge.reading import SECOND_NS
from edge.session import Delivery, NotPublished, OnLink, Will
from edge.topic import qos

_BACKOFF_S_MIN = 1.0
_BACKOFF_S_MAX = 60.0
_STABLE_S = 300.0
_APART_S = 1e-6  # equal timers of a loop have no order; delayed deliveries keep theirs by this


@dataclass(frozen=True, slots=True)
class BrokerFaults:
    """How often the broker and its links fail; the default never do.

    `link_life_s` is the mean life of a link (0: for ever). `duplicate` and `reject` are
    chances for a delivery to come twice and for a publish to go unconfirmed, which in half of
    the cases the broker has nevertheless. `delay_s` bounds the transit of a delivery.
    """

    link_life_s: float = 0.0
    duplicate: float = 0.0
    delay_s: float = 0.0
    reject: float = 0.0


@dataclass(slots=True)
class BrokerCounts:
    """What the broker did so far."""

    published: int = 0
    delivered: int = 0
    redelivered: int = 0
    duplicated: int = 0
    acked: int = 0
    rejected: int = 0
    refused_full: int = 0
    links_lost: int = 0
    wills: int = 0


class _Message(NamedTuple):
    topic: str
    payload: bytes
    retain: bool


@dataclass(slots=True)
class _Mailbox:
    """What the broker keeps for one client id, connected or not."""

    filters: tuple[str, ...]
    waiting: deque[_Message] = field(default_factory=deque)
    inflight: dict[int, _Message] = field(default_factory=dict)
    mids: int = 0
    links: int = 0
    session: "MemorySession | None" = None

    def wants(self, topic: str) -> bool:
        return any(matches(pattern, topic) for pattern in self.filters)

    def keeps(self, topic: str) -> bool:
        return any(qos(pattern) for pattern in self.filters if matches(pattern, topic))

    def held(self) -> int:
        return len(self.waiting) + len(self.inflight)


@lru_cache(maxsize=65_536)
def matches(pattern: str, topic: str) -> bool:
    """Whether the topic filter `pattern` covers `topic` (MQTT 3.1.1, section 4.7)."""
    if topic.startswith("$") and pattern[:1] in {"+", "#"}:
        return False
    levels, wanted = topic.split("/"), pattern.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        if len(levels) < len(wanted):
            return False
        levels = levels[: len(wanted)]
    return len(levels) == len(wanted) and all(
        want in {"+", level} for want, level in zip(wanted, levels, strict=True)
    )


class MemoryBroker:
    """The broker's side: sessions, routing and faults.

    A publish that would push any subscriber past `queue_limit` is refused and counted, so
    that no confirmed message is ever shed; `inflight_limit` bounds what a client holds unacked.
    """

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        faults: BrokerFaults | None = None,
        *,
        queue_limit: int = 100_000,
        inflight_limit: int = 1_000,
    ) -> None:
        self.clock = clock
        self.rng = rng
        self.faults = faults or BrokerFaults()
        self.counts = BrokerCounts()
        self.retained: dict[str, bytes] = {}
        self.running = True
        self._queue_limit = queue_limit
        self._inflight_limit = inflight_limit
        self._mailboxes: dict[str, _Mailbox] = {}

    def session(
        self,
        client_id: str,
        filters: Sequence[str],
        will: Will | None = None,
        *,
        clock: Clock | None = None,
    ) -> "MemorySession":
        """A session of `client_id`, which takes over what an earlier one of that id left.

        Its stamps are by the client's `clock`, where that is not the broker's.
        """
        box = self._mailboxes.setdefault(client_id, _Mailbox(tuple(filters)))
        box.filters = tuple(filters)
        return MemorySession(self, client_id, will, clock or self.clock)

    def start(self) -> None:
        """Let clients in again."""
        self.running = True

    def stop(self) -> None:
        """Cut every link and refuse new ones; what was confirmed is kept."""
        self.running = False
        for client_id in self._mailboxes:
            self.cut(client_id)

    def cut(self, client_id: str) -> None:
        """End the link of `client_id` without a word, as a pulled cable or kill -9 would."""
        box = self._mailboxes.get(client_id)
        if box is None or box.session is None:
            return
        session, box.session = box.session, None
        self.counts.links_lost += 1
        session.lose()
        if session.will is not None:
            self.counts.wills += 1
            self.route(session.will.topic, session.will.payload, retain=True)

    def attach(self, session: "MemorySession") -> int:
        """Connect `session` and return the number of its link; an older link of its id ends."""
        self.cut(session.client_id)
        box = self._mailboxes[session.client_id]
        box.links += 1
        box.session = session
        self._requeue(box)
        if self.faults.link_life_s:
            self._doom(session.client_id, box.links)
        asyncio.get_running_loop().call_soon(self._greet, session.client_id, box.links)
        return box.links

    def detach(self, session: "MemorySession") -> None:
        """Disconnect `session` in good order: its will is dropped."""
        box = self._mailboxes[session.client_id]
        if box.session is session:
            box.session = None
            session.lose()

    def route(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        """Keep the message for every subscriber; False when one of them has no room."""
        boxes = [box for box in self._mailboxes.values() if box.wants(topic)]
        if any(box.held() >= self._queue_limit for box in boxes):
            self.counts.refused_full += 1
            return False
        if retain:
            self._retain(topic, payload)
        self.counts.published += 1
        for box in boxes:
            self._bring(box, _Message(topic, payload, retain=False))
        return True

    def acknowledge(self, client_id: str, mids: Sequence[int]) -> None:
        """Forget what the client has taken over."""
        box = self._mailboxes[client_id]
        for mid in mids:
            if box.inflight.pop(mid, None) is not None:
                self.counts.acked += 1
        self._pump(box)

    def held(self, client_id: str) -> int:
        """How many messages wait for `client_id` or for its ack."""
        return self._mailboxes[client_id].held()

    def _bring(self, box: _Mailbox, message: _Message) -> None:
        """Queue what is subscribed at QoS 1; what is at QoS 0 goes to who is there, or nowhere."""
        if box.keeps(message.topic):
            box.waiting.append(message)
            self._pump(box)
        elif box.session is not None:
            self.counts.delivered += 1
            box.session.take(message, 0, box.links)

    def _retain(self, topic: str, payload: bytes) -> None:
        if payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)

    def _requeue(self, box: _Mailbox) -> None:
        self.counts.redelivered += len(box.inflight)
        box.waiting.extendleft(reversed(box.inflight.values()))
        box.inflight.clear()

    def _greet(self, client_id: str, link: int) -> None:
        """Send what a resumed session is owed, then the retained messages of its filters."""
        box = self._mailboxes[client_id]
        if box.session is None or box.links != link:
            return
        for topic, payload in self.retained.items():
            if box.wants(topic):
                self._bring(box, _Message(topic, payload, retain=True))
        self._pump(box)

    def _pump(self, box: _Mailbox) -> None:
        session = box.session
        while session is not None and box.waiting and len(box.inflight) < self._inflight_limit:
            message = box.waiting.popleft()
            box.mids += 1
            box.inflight[box.mids] = message
            self.counts.delivered += 1
            session.take(message, box.mids, box.links)
            if self.faults.duplicate and self.rng.random() < self.faults.duplicate:
                self.counts.duplicated += 1
                session.take(message, box.mids, box.links)

    def _doom(self, client_id: str, link: int) -> None:
        def die() -> None:
            if self.faults.link_life_s and self._mailboxes[client_id].links == link:
                self.cut(client_id)

        life_s = self.rng.expovariate(1 / self.faults.link_life_s)
        asyncio.get_running_loop().call_later(life_s / self.clock.speed, die)


class MemorySession:
    """The client's side: an `edge.session.Session` whose wire is a call."""

    def __init__(
        self, broker: MemoryBroker, client_id: str, will: Will | None, clock: Clock
    ) -> None:
        self._clock = clock
        self.client_id = client_id
        self.will = will
        self._broker = broker
        self._link = 0
        self._inbox: deque[Delivery] = deque()
        self._arrived = asyncio.Event()
        self._lost = asyncio.Event()
        self._lost.set()
        self._last_due_s = 0.0

    @property
    def connected(self) -> bool:
        """Whether the link stands."""
        return not self._lost.is_set()

    @property
    def queued(self) -> int:
        """How many messages have come and wait to be received."""
        return len(self._inbox)

    async def run(self, on_link: OnLink) -> None:
        """Hold the link, with full-jitter back-off between losses, until cancelled."""
        losses = 0
        try:
            while True:
                await self._back_off(losses)
                if not self._broker.running:
                    losses += 1
                    continue
                connected_ns = self._broker.clock.monotonic_ns()
                self._connect()
                await on_link(self.connected)
                await self._lost.wait()
                await on_link(self.connected)
                lived_s = (self._broker.clock.monotonic_ns() - connected_ns) / SECOND_NS
                losses = 1 if lived_s >= _STABLE_S else losses + 1
        finally:
            self._broker.detach(self)

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        """Wait for a first message, then for up to `limit` of them or `linger_s` seconds."""
        while not self._inbox:
            await self._next_arrival()
        try:
            async with asyncio.timeout(linger_s):
                while len(self._inbox) < limit:
                    await self._next_arrival()
        except TimeoutError:
            pass
        return [self._inbox.popleft() for _ in range(min(limit, len(self._inbox)))]

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker; acks for a link that has ended are dropped."""
        if self.connected:
            mids = [delivery.mid for delivery in deliveries if delivery.link == self._link]
            self._broker.acknowledge(self.client_id, mids)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish and wait for the confirmation.

        Raises:
            NotPublished: no link, no room, or a fault took the message or its confirmation.
        """
        broker, link = self._broker, self._link
        if not self.connected:
            raise NotPublished(f"{self.client_id} has no link to the broker")
        rejected = broker.faults.reject and broker.rng.random() < broker.faults.reject
        if rejected and broker.rng.random() < 1 / 2:
            broker.counts.rejected += 1
            raise NotPublished("the message was lost on the way")
        if not broker.route(topic, payload, retain=retain):
            raise NotPublished("a subscriber's queue is full; try again later")
        await sleep(broker.clock, broker.rng.uniform(0, broker.faults.delay_s))
        if rejected or self._link != link or not self.connected:
            broker.counts.rejected += 1
            raise NotPublished("the confirmation was lost on the way")

    def take(self, message: _Message, mid: int, link: int) -> None:
        """Let `message` arrive, after the broker's delay, unless `link` has ended by then."""
        delay_s = self._broker.faults.delay_s
        if not delay_s:
            self._arrive(message, mid, link)
            return
        loop = asyncio.get_running_loop()
        due_s = loop.time() + self._broker.rng.uniform(0, delay_s) / self._broker.clock.speed
        self._last_due_s = max(due_s, self._last_due_s + _APART_S)
        loop.call_at(self._last_due_s, self._arrive, message, mid, link)

    def lose(self) -> None:
        """The link is gone; what arrived and was not received goes with it."""
        self._lost.set()
        self._inbox.clear()

    def _connect(self) -> None:
        self._lost.clear()
        self._link = self._broker.attach(self)

    def _arrive(self, message: _Message, mid: int, link: int) -> None:
        if link != self._link or not self.connected:
            return
        received_ns = self._clock.now_ns()
        self._inbox.append(Delivery(*message, received_ns, mid, link))
        self._arrived.set()

    async def _next_arrival(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    async def _back_off(self, losses: int) -> None:
        if losses:
            ceiling_s = min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(losses, 6))
            await sleep(self._broker.clock, self._broker.rng.uniform(0, ceiling_s))
