"""Findings from the edges: committed first, then acked to the broker, then to the edge.

Whatever arrives is either committed, or a dead letter with its reason; it never stops the
next one. While the database cannot be written, nothing is acked and the broker keeps it.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa

from edge.clock import Clock, sleep
from edge.failpoint import hit
from edge.outbox import Ack, Envelope
from edge.reading import Finding
from edge.session import Delivery, Session
from edge.strict_json import JsonError, parse
from edge.timekeeping import Question
from edge.topic import (
    TopicError,
    edge_filters,
    edge_of,
    finding_filter,
    is_segment,
)
from gateway.db.edges import Letter, Origin
from gateway.edge_acks import EdgeAcks
from gateway.engine import Conflict, Engine
from gateway.taking import Arrival, Statement, ahead, portions, take_all
from gateway.time_answers import TimeAnswers

log = logging.getLogger(__name__)

RECEIVE_MAX = 2_000
_LINGER_S = 0.0
_RETRY_S = 1.0
_TURN_S = 0.005
"""Between portions: what is owed already is sent, for which an answer has to come back."""
_RACES_MAX = 3
_INT_MAX = 2**53
_EVIDENCE_KEYS_MAX = 32

# The longest text that each field of a finding may hold; the tables are made for these.
_TEXT_MAX: Mapping[str, int] = MappingProxyType(
    {"id": 31, "rule": 64, "subject": 160, "category": 32}
)
_SENTENCE_MAX = 1_000


def filters(site: str) -> tuple[str, ...]:
    """The subscriptions that the gateway of `site` needs."""
    return finding_filter(site), *edge_filters(site)


Aside = Callable[[Delivery, int], bool]
"""Takes a delivery at a time, if it is for it to take; raises Refused."""


class Refused(ValueError):  # noqa: N818  (the sender's fault, not ours)
    """A message cannot be used; `reason` is its label in counts and dead letters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Intake:
    """Reads one session into one engine; `heard_ns` is when anything last arrived."""

    def __init__(
        self,
        engine: Engine,
        session: Session,
        *,
        site: str,
        clock: Clock,
        aside: Aside | None = None,
    ) -> None:
        self.heard_ns: int | None = None
        self._engine = engine
        self._session = session
        self._site = site
        self._clock = clock
        self._aside = aside
        self._acks = EdgeAcks(session, site=site)
        self._time = TimeAnswers(session, site=site, clock=clock)

    async def run(self) -> None:
        """Take what arrives, until cancelled."""
        telling = asyncio.create_task(self._acks.run())
        try:
            while not telling.done():
                await self._take_next()
            await telling  # it ends by breaking only, and so do we
        finally:
            telling.cancel()
            self._time.close()

    async def _take_next(self) -> None:
        deliveries = await self._session.receive(RECEIVE_MAX, _LINGER_S)
        self.heard_ns = self._clock.now_ns()
        arrivals = [Arrival(each, self._sound_envelope(each)) for each in deliveries]
        taken = self._take_ahead(ahead(arrivals))
        acks: dict[str, Ack] = {}
        for number, portion in enumerate(portions(arrivals)):
            if number and len(portion) > 1:
                await sleep(self._clock, _TURN_S)
            acks |= await self._take_portion(portion, taken)
            self._session.ack([each.delivery for each in portion])
        for edge, ack in acks.items():
            self._acks.owe(edge, ack)

    async def _take_portion(
        self, portion: Sequence[Arrival], taken: frozenset[Statement]
    ) -> dict[str, Ack]:
        """Commit it, however long the database takes to come back."""
        while True:
            try:
                return self._take_together(portion, taken)
            except sa.exc.OperationalError as error:
                self._engine.counts["intake", "waited_for_database"] += 1
                log.warning("nothing is acked while the database refuses: %s", error.orig)
                await sleep(self._clock, _RETRY_S)

    def _take_ahead(self, urgent: Sequence[Envelope]) -> frozenset[Statement]:
        """Commit these before their turn, in which they are acked; returns which were."""
        if not urgent:
            return frozenset()
        try:
            take_all(self._engine, urgent, self._clock.now_ns())
        except Exception:
            # This supervises messages: what breaks or is refused here is so in its turn again.
            log.exception("urgent findings are taken in their turn")
            return frozenset()
        return frozenset(Statement.of(each.finding) for each in urgent)

    def _take_together(
        self, portion: Sequence[Arrival], taken: frozenset[Statement]
    ) -> dict[str, Ack]:
        """What to tell the edges; when one finding breaks all, it is looked for by halves."""
        if len(portion) == 1:
            return self._take(portion[0].delivery)
        hit("gateway.intake")
        try:
            envelopes = [each.envelope for each in portion if each.envelope]
            upto = take_all(self._engine, envelopes, self._clock.now_ns(), taken)
        except sa.exc.OperationalError:
            raise
        except Exception:
            # This supervises messages: the one that broke us is buried when it stands alone.
            log.warning("%d findings are parted to find one", len(portion), exc_info=True)
            self._engine.counts["intake", "parted"] += 1
            half = len(portion) // 2
            first = self._take_together(portion[:half], taken)
            return first | self._take_together(portion[half:], taken)
        hit("gateway.commit")
        return {journal.edge: Ack(1, journal.epoch, upto[journal]) for journal in upto}

    def _sound_envelope(self, delivery: Delivery) -> Envelope | None:
        """The finding that it brings, within all limits; None for anything else."""
        try:
            edge, what = _address(delivery.topic, self._site)
            return self._envelope(edge, delivery) if what == "_finding" else None
        except Refused:
            return None

    def _take(self, delivery: Delivery) -> dict[str, Ack]:
        """What to tell the edge that the delivery came from, if anything."""
        hit("gateway.intake")
        now_ns = self._clock.now_ns()
        try:
            acks = self._use(delivery, now_ns)
        except Refused as refused:
            log.warning("refused a message on %s: %s", delivery.topic[:120], refused)
            acks = self._bury(delivery, refused.reason, refused.detail, now_ns)
        except sa.exc.OperationalError:
            raise
        except Exception as error:
            # This supervises messages: one that breaks us would come again at every start.
            log.exception("a message on %s broke the intake", delivery.topic[:120])
            acks = self._bury(delivery, "broke", f"{type(error).__name__}: {error}", now_ns)
        hit("gateway.commit")
        return acks

    def _use(self, delivery: Delivery, now_ns: int) -> dict[str, Ack]:
        if self._aside is not None and self._aside(delivery, now_ns):
            return {}
        edge, what = _address(delivery.topic, self._site)
        if what != "_finding":
            self._hear(edge, what, delivery, now_ns)
            return {}
        envelope = self._envelope(edge, delivery)
        return {edge: Ack(1, envelope.epoch, self._take_finding(envelope, now_ns))}

    def _envelope(self, edge: str, delivery: Delivery) -> Envelope:
        envelope = read_envelope(delivery.payload)
        if envelope.edge != edge:
            raise Refused("identity_mismatch", f"says {envelope.edge[:40]!r}, came from {edge}")
        if envelope.finding.subject.split("/")[0] != self._site:
            raise Refused("wrong_site", envelope.finding.subject[:160])
        return envelope

    def _take_finding(self, envelope: Envelope, now_ns: int) -> int:
        """Take it, again when another gateway was writing the same."""
        for _ in range(_RACES_MAX):
            try:
                return self._engine.take_finding(envelope, now_ns)
            except (Conflict, sa.exc.IntegrityError):
                self._engine.counts["intake", "lost_race"] += 1
        return self._engine.take_finding(envelope, now_ns)

    def _bury(self, delivery: Delivery, reason: str, detail: str, now_ns: int) -> dict[str, Ack]:
        origin = _origin(delivery, self._site)
        letter = Letter(delivery.topic, delivery.payload, reason, detail)
        upto = self._engine.refuse(letter, now_ns, origin)
        return {origin.edge: Ack(1, origin.epoch, upto)} if origin else {}

    def _hear(self, edge: str, what: str, delivery: Delivery, now_ns: int) -> None:
        report = _strict(delivery.payload, dict[str, Any])
        if what == "time":
            question = _convert(report, Question)
            if not delivery.retain:
                self._time.answer(edge, question, delivery.received_ns)
            return
        # A retained message may be days old: it says what was, not that the edge lives now.
        fresh = not delivery.retain
        if what == "health":
            text = msgspec.json.encode(report).decode()
            self._engine.hear(edge, now_ns, fresh=fresh, health=text)
            return
        status = _convert(report, _Status)
        if not 0 <= status.boot < 2**31:
            raise Refused("out_of_range", f"boot {status.boot}")
        self._engine.hear(edge, now_ns, fresh=fresh, up=status.up, boot=status.boot)


class _Status(msgspec.Struct, frozen=True):
    up: bool
    boot: int


def read_envelope(payload: bytes) -> Envelope:
    """The finding that `payload` carries, within all limits.

    Raises:
        Refused: whatever else it is.
    """
    envelope: Envelope = _strict(payload, Envelope)
    if envelope.v != 1:
        raise Refused("unknown_version", f"v {envelope.v}")
    _check_numbers(envelope)
    _check(envelope.finding)
    return envelope


def _origin(delivery: Delivery, site: str) -> Origin | None:
    """Which finding a refused message was to bring, if it says so soundly."""
    try:
        edge, what = _address(delivery.topic, site)
        origin: Origin = _strict(delivery.payload, Origin)
        _check_numbers(origin)
    except Refused:
        return None
    return origin if what == "_finding" and origin.edge == edge else None


def _check_numbers(origin: Envelope | Origin) -> None:
    numbers = (origin.seq - 1, origin.after, origin.acked)
    if not all(0 <= number < _INT_MAX for number in numbers) or not 0 < len(origin.epoch) <= 64:  # noqa: PLR2004  (column)
        raise Refused("out_of_range", "seq or epoch")


def _check(finding: Finding) -> None:
    for name, length in _TEXT_MAX.items():
        if not 0 < len(getattr(finding, name)) <= length:
            raise Refused("out_of_range", f"{name} must have 1 to {length} characters")
    if not all(is_segment(part) for part in finding.subject.split("/")):
        raise Refused("bad_name", f"subject {finding.subject!r}")
    evidence = finding.evidence
    if max(len(evidence.sentence_zh), len(evidence.sentence_en)) > _SENTENCE_MAX:
        raise Refused("out_of_range", "a sentence is too long")
    if max(len(evidence.seen), len(evidence.usual)) > _EVIDENCE_KEYS_MAX:
        raise Refused("out_of_range", "too much evidence")
    numbers = [evidence.delay_s_worst, *evidence.seen.values(), *evidence.usual.values()]
    if not all(math.isfinite(number) for number in numbers if not isinstance(number, str)):
        raise Refused("not_finite", "a number of the evidence")
    times = (finding.since_ns, finding.at_ns, evidence.complete_until_ns)
    if not all(0 <= at_ns < 2**63 for at_ns in times) or not 0 <= finding.revision < 2**31:
        raise Refused("out_of_range", "a time or the revision")


def _address(topic: str, site: str) -> tuple[str, str]:
    """The edge that `topic` names and its last word: `_finding`, `status`, `health` or `time`."""
    try:
        named, edge = edge_of(topic)
    except TopicError as error:
        raise Refused("unknown_topic", str(error)) from None
    if named != site:
        raise Refused("wrong_site", topic[:160])
    what = topic.rpartition("/")[2]
    return edge, what if what != edge else topic.split("/")[3]


def _strict(payload: bytes, kind: Any) -> Any:
    try:
        return _convert(parse(payload), kind)
    except JsonError as error:
        raise Refused(error.fault.value, error.detail) from None


def _convert(value: object, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Refused("wrong_type", str(error)) from None
