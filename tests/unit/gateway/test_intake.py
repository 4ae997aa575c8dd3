"""What arrives is committed, then acked to the broker, then to the edge; or a dead letter."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from edge.outbox import Ack, Envelope
from edge.reading import SECOND_NS
from edge.session import Delivery, NotPublished, OnLink
from gateway.db import tables
from gateway.engine import Engine
from gateway.intake import Intake, Refused, read_envelope
from gateway.time_answers import ANSWERS_MAX
from tests.unit.gateway.test_engine import NOW, a_finding, engine, only_incident, rows_of

__all__ = ["engine"]


class FixedClock:
    speed = 1.0

    def now_ns(self) -> int:
        return NOW

    def monotonic_ns(self) -> int:
        return NOW


class Script:
    """A session that delivers one batch and then nothing."""

    connected = True
    queued = 0

    def __init__(self, *deliveries: tuple[str, bytes]) -> None:
        self.waiting = [
            Delivery(topic, payload, retain=False, received_ns=NOW, mid=mid, link=1)
            for mid, (topic, payload) in enumerate(deliveries)
        ]
        self.acked: list[int] = []
        self.published: list[tuple[str, bytes]] = []
        self.deaf = False

    async def run(self, on_link: OnLink) -> None:
        raise NotImplementedError(on_link)

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        assert linger_s >= 0
        batch, self.waiting = self.waiting[:limit], self.waiting[limit:]
        if not batch:
            for _ in range(3):
                await asyncio.sleep(0)  # what is owed to the edges goes out meanwhile
            raise asyncio.CancelledError
        return batch

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        self.acked += [delivery.mid for delivery in deliveries]

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert not retain
        if self.deaf:
            raise NotPublished("deaf")
        self.published.append((topic, payload))


def envelope(seq: int = 1, **changes: Any) -> bytes:
    fields = {"v": 1, "edge": "e01", "epoch": "epoch", "seq": seq, "finding": a_finding()}
    return msgspec.json.encode(fields | changes)


async def answered(engine: Engine, session: Script) -> None:
    """Let the intake take one batch, and its answers come out."""
    intake = Intake(engine, session, site="s01", clock=FixedClock())
    telling = asyncio.create_task(intake._acks.run())
    await intake._take_next()
    for _ in range(3):
        await asyncio.sleep(0)
    telling.cancel()


def run(engine: Engine, session: Script) -> None:
    async def until_dry() -> None:
        intake = Intake(engine, session, site="s01", clock=FixedClock())
        with pytest.raises(asyncio.CancelledError):
            await intake.run()
        assert intake.heard_ns == NOW

    asyncio.run(until_dry())


class Backlog(Script):
    """A session that has no room for a confirmation before all that came is taken."""

    def __init__(self, *deliveries: tuple[str, bytes]) -> None:
        super().__init__(*deliveries)
        self.is_taken = asyncio.Event()

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        assert limit > 1
        if not self.waiting:
            self.is_taken.set()
        return await super().receive(1, linger_s)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await self.is_taken.wait()
        await super().publish(topic, payload, retain=retain)


def test_nothing_waits_for_the_confirmation_of_an_ack(engine: Engine) -> None:
    topic = "sw/1/s01/_finding/e01"
    session = Backlog(*((topic, envelope(seq, after=seq - 1)) for seq in (1, 2, 3)))
    run(engine, session)
    assert session.acked == [0, 1, 2]
    assert session.published[-1] == (
        "sw/1/s01/_ack/e01", b'{"v":1,"epoch":"epoch","upto":3}'
    )  # fmt: skip


def test_an_edge_that_asks_is_told_the_time(engine: Engine) -> None:
    session = Script(("sw/1/s01/_edge/e01/time", b'{"v":1,"asked":77}'))
    asyncio.run(answered(engine, session))
    assert session.published == [
        ("sw/1/s01/_time/e01", f'{{"v":1,"asked":77,"at_ns":{NOW}}}'.encode())
    ]
    assert rows_of(engine, tables.edge_status) == []


@pytest.mark.parametrize("age_ns", [11 * SECOND_NS, -SECOND_NS])
def test_a_question_that_waited_is_not_answered(engine: Engine, age_ns: int) -> None:
    session = Script(("sw/1/s01/_edge/e01/time", b'{"v":1,"asked":77}'))
    session.waiting = [each._replace(received_ns=NOW - age_ns) for each in session.waiting]
    asyncio.run(answered(engine, session))
    assert session.published == []
    assert session.acked == [0]


def test_a_kept_question_is_old_news(engine: Engine) -> None:
    session = Script(("sw/1/s01/_edge/e01/time", b'{"v":1,"asked":77}'))
    session.waiting = [each._replace(retain=True) for each in session.waiting]
    asyncio.run(answered(engine, session))
    assert session.published == []


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"v":1,"asked":"x"}', b'{"v":2,"asked":1}'])
def test_a_question_that_is_none_is_refused(engine: Engine, payload: bytes) -> None:
    session = Script(("sw/1/s01/_edge/e01/time", payload))
    asyncio.run(answered(engine, session))
    assert session.published == []
    assert len(rows_of(engine, tables.dead_letter)) == 1


def test_more_questions_than_can_be_answered_leave_findings_alone(engine: Engine) -> None:
    asked = [("sw/1/s01/_edge/e01/time", b'{"v":1,"asked":77}')] * (ANSWERS_MAX + 9)
    session = Script(*asked, ("sw/1/s01/_finding/e01", envelope(7)))
    asyncio.run(answered(engine, session))
    assert len(session.acked) == len(asked) + 1
    assert only_incident(engine).finding_id == a_finding().id
    told = Counter(topic for topic, _ in session.published)
    assert told == {"sw/1/s01/_time/e01": ANSWERS_MAX, "sw/1/s01/_ack/e01": 1}


def test_a_finding_is_committed_and_both_broker_and_edge_are_told(engine: Engine) -> None:
    session = Script(("sw/1/s01/_finding/e01", envelope(7)))
    run(engine, session)
    assert only_incident(engine).finding_id == a_finding().id
    assert session.acked == [0]
    topic, payload = session.published[0]
    assert topic == "sw/1/s01/_ack/e01"
    assert msgspec.json.decode(payload, type=Ack) == Ack(1, "epoch", 7)


def test_an_edge_that_cannot_be_told_does_not_stop_the_intake(engine: Engine) -> None:
    session = Script(("sw/1/s01/_finding/e01", envelope()))
    session.deaf = True
    run(engine, session)
    assert session.acked == [0]


def test_a_bad_neighbour_is_a_dead_letter_and_the_good_one_is_taken(engine: Engine) -> None:
    session = Script(
        ("sw/1/s01/_finding/e01", b"\xff"),
        ("sw/1/s01/_finding/e01", envelope()),
        ("sw/1/s02/_finding/e01", envelope()),
        ("sw/1/s01/_finding/e09", envelope()),
        ("other", b"{}"),
    )
    run(engine, session)
    reasons = [row["reason"] for row in rows_of(engine, tables.dead_letter)]
    assert reasons == ["not_utf8", "wrong_site", "identity_mismatch", "unknown_topic"]
    assert session.acked == [0, 1, 2, 3, 4]
    assert only_incident(engine).subject == "s01/b01/u0101"


def test_status_and_health_of_an_edge_are_kept_side_by_side(engine: Engine) -> None:
    run(engine, Script(
        ("sw/1/s01/_edge/e01/status", b'{"up": true, "boot": 3}'),
        ("sw/1/s01/_edge/e01/health", b'{"depth": 4}'),
        ("sw/1/s01/_edge/e01/status", b'{"up": 1, "boot": 3}'),
        ("sw/1/s01/_edge/e01/health", b"[]"),
    ))  # fmt: skip
    row = rows_of(engine, tables.edge_status)[0]
    assert (row["up"], row["boot"], row["health"], row["at_ns"]) == (True, 3, '{"depth":4}', NOW)
    assert engine.counts["refused", "wrong_type"] == 2


def test_while_the_database_refuses_nothing_is_acked_and_nothing_is_lost(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, refusals = engine.take_finding, [sa.exc.OperationalError("x", {}, Exception("locked"))]

    def refusing(*args: Any) -> int:
        if refusals:
            raise refusals.pop()
        return take(*args)

    async def no_wait(*_: object) -> None:
        assert session.acked == []

    monkeypatch.setattr(engine, "take_finding", refusing)
    monkeypatch.setattr("gateway.intake.sleep", no_wait)
    session = Script(("sw/1/s01/_finding/e01", envelope()))
    run(engine, session)
    assert session.acked == [0]
    assert only_incident(engine).finding_revision == 0


def a_broken(**changes: Any) -> dict[str, Any]:
    finding: dict[str, Any] = msgspec.to_builtins(a_finding())
    return finding | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": 2}, "unknown_version"),
        ({"seq": 0}, "out_of_range"),
        ({"seq": 2**60}, "out_of_range"),
        ({"seq": 1.5}, "wrong_type"),
        ({"epoch": ""}, "out_of_range"),
        ({"finding": None}, "wrong_type"),
        ({"finding": a_broken(id="x" * 40)}, "out_of_range"),
        ({"finding": a_broken(subject="s01/../etc")}, "bad_name"),
        ({"finding": a_broken(tier=9)}, "wrong_type"),
        ({"finding": a_broken(state="maybe")}, "wrong_type"),
        ({"finding": a_broken(since_ns=-1)}, "out_of_range"),
        ({"finding": a_broken(at_ns=2**63)}, "out_of_range"),
        ({"finding": a_broken(revision=2**40)}, "out_of_range"),
    ],
)
def test_an_envelope_out_of_bounds_is_refused_with_its_reason(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        read_envelope(envelope(**changes))
    assert refused.value.reason == reason


def test_an_envelope_survives_its_own_encoding() -> None:
    assert read_envelope(envelope(3)) == Envelope(1, "e01", "epoch", 3, a_finding())
    assert NOW % SECOND_NS == 0
