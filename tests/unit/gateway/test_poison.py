"""What breaks the gateway on one message, text or incident must not stop all the others."""

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.channels.base import Inbound
from alerts.incident import State
from edge.outbox import Ack, Envelope
from edge.reading import MINUTE_NS
from gateway.db import tables
from gateway.db.engine import reading
from gateway.engine import Conflict, Engine
from gateway.health import Pulse, check
from gateway.notices import Composer
from gateway.work import Work
from tests.unit.gateway.test_dispatcher import LoopClock, Recorder, accept, live
from tests.unit.gateway.test_engine import (
    NOW,
    a_finding,
    code_of,
    engine,
    only_incident,
    raise_one,
    rows_of,
)
from tests.unit.gateway.test_intake import Script, a_broken, envelope, run

__all__ = ["engine"]

TOPIC = "sw/1/s01/_finding/e01"


def acks(session: Script) -> list[Ack]:
    return [msgspec.json.decode(payload, type=Ack) for _, payload in session.published]


def test_a_finding_whose_forerunner_the_broker_lost_is_taken_but_not_acked_past_it(
    engine: Engine,
) -> None:
    lost, later = a_finding(), a_finding(id="f" * 16)
    assert engine.take_finding(Envelope(1, "e01", "epoch", 9, later, after=7, acked=4), NOW) == 4
    assert engine.take_finding(Envelope(1, "e01", "epoch", 7, lost, after=4, acked=4), NOW) == 7
    assert engine.take_finding(Envelope(1, "e01", "epoch", 9, later, after=7, acked=4), NOW) == 9
    assert len(rows_of(engine, tables.incident)) == 2


def test_an_older_copy_of_the_database_that_was_put_back_is_told_of_once(engine: Engine) -> None:
    found = [a_finding(id=f"{number:016x}") for number in range(4)]
    engine.take_finding(Envelope(1, "e01", "epoch", 3, found[0], acked=0), NOW)
    for seq, acked in ((9, 7), (11, 9), (12, 9)):
        last = Envelope(1, "e01", "epoch", seq, found[seq % 3 + 1], after=acked, acked=acked)
        assert engine.take_finding(last, NOW) == seq
    (letter,) = rows_of(engine, tables.dead_letter)
    assert letter["reason"] == "put_back"
    assert "up to 7 are held, here they end at 3" in letter["detail"]
    assert check(engine.database, Pulse(), NOW).refused == 1


def test_a_finding_that_is_refused_is_kept_told_and_holds_up_none_behind_it(
    engine: Engine,
) -> None:
    bad = envelope(5, finding=a_broken(tier=9), after=0, acked=0)
    session = Script((TOPIC, bad), (TOPIC, envelope(6, after=5, acked=0)))
    run(engine, session)
    assert acks(session) == [Ack(1, "epoch", 6)]
    (letter,) = rows_of(engine, tables.dead_letter)
    assert (letter["reason"], letter["payload"]) == ("wrong_type", bad)
    vitals = check(engine.database, Pulse(), NOW)
    assert (vitals.refused, vitals.ok) == (1, False)
    assert check(engine.database, Pulse(), NOW + 25 * 60 * MINUTE_NS).refused == 0


@pytest.mark.parametrize("payload", [b"\xff", b"{}", b'{"seq": 0, "epoch": "e", "edge": "e01"}'])
def test_a_refused_message_that_names_no_finding_acks_none(engine: Engine, payload: bytes) -> None:
    session = Script((TOPIC, payload), ("sw/1/s01/_finding/e09", envelope(5)))
    run(engine, session)
    assert acks(session) == []
    assert len(rows_of(engine, tables.dead_letter)) == 2


def test_a_finding_that_breaks_the_engine_is_a_dead_letter_and_its_neighbours_are_incidents(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Work.take

    def breaking(work: Work, finding: Any, source: tuple[str, str, int]) -> bool:
        if source[2] == 2:
            raise ZeroDivisionError
        return take(work, finding, source)

    monkeypatch.setattr(Work, "take", breaking)
    other = msgspec.to_builtins(a_finding(id="f" * 16))
    session = Script(
        (TOPIC, envelope(1)), (TOPIC, envelope(2)), (TOPIC, envelope(3, finding=other))
    )
    run(engine, session)
    assert session.acked == [0, 1, 2]
    assert [row["reason"] for row in rows_of(engine, tables.dead_letter)] == ["broke"]
    assert len(rows_of(engine, tables.incident)) == 2


@pytest.mark.parametrize(
    "race", [Conflict("moved"), sa.exc.IntegrityError("insert", {}, Exception("unique"))]
)
def test_a_race_with_another_gateway_for_one_finding_is_run_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, race: Exception
) -> None:
    take, races = engine.take_finding, [race]

    def racing(said: Envelope, now_ns: int) -> int:
        if races:
            raise races.pop()
        return take(said, now_ns)

    monkeypatch.setattr(engine, "take_finding", racing)
    run(engine, Script((TOPIC, envelope())))
    assert only_incident(engine).state is State.DISPATCHED
    assert rows_of(engine, tables.dead_letter) == []


def test_an_incident_that_breaks_its_step_waits_and_the_others_go_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_one(engine)
    engine.take_finding(Envelope(1, "e01", "epoch", 2, a_finding(id="f" * 16)), NOW)
    compose, broken = Composer.compose, only_id(engine, a_finding().id)

    def breaking(self: Composer, incident: Any, notice: Any) -> Any:
        if incident.id == broken:
            raise ZeroDivisionError
        return compose(self, incident, notice)

    monkeypatch.setattr(Composer, "compose", breaking)
    due_ns = NOW + MINUTE_NS
    assert engine.advance_due(due_ns) == 2
    assert steps(engine) == {broken: 1, f"i{'f' * 16}": 2}
    assert engine.next_due_ns() is not None
    assert not check(engine.database, Pulse(broke_ns=engine.broke_ns), due_ns).can_notify
    monkeypatch.undo()
    engine.advance_due(due_ns + MINUTE_NS)
    assert steps(engine)[broken] == 2


def only_id(engine: Engine, finding_id: str) -> str:
    return next(
        str(row["id"])
        for row in rows_of(engine, tables.incident)
        if row["finding_id"] == finding_id
    )


def steps(engine: Engine) -> dict[str, int]:
    with reading(engine.database) as connection:
        rows = connection.execute(sa.select(tables.incident.c.id, tables.incident.c.step))
        return {row.id: row.step for row in rows}


def test_a_text_that_breaks_the_engine_is_put_aside_and_the_next_one_is_taken(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = engine.reply

    def breaking(channel: str, inbound: Inbound, now_ns: int) -> str:
        if inbound.provider_id == "in-1":
            raise ZeroDivisionError
        return reply(channel, inbound, now_ns)

    monkeypatch.setattr(engine, "reply", breaking)
    clock = LoopClock()
    sms = Recorder("sms", clock, accept)
    raise_one(engine)
    words = f"{code_of(engine)}1"
    sms.news = [Inbound(f"in-{number}", "13800000001", words, NOW) for number in (1, 2)]
    live(engine, [sms], clock, 10)
    assert only_incident(engine).state is State.ACKNOWLEDGED
    assert sms.settled == ["in-1", "in-2"]
    (letter,) = rows_of(engine, tables.dead_letter)
    assert (letter["topic"], letter["payload"]) == ("channel/sms", b"in-1")


def test_a_channel_whose_news_cannot_be_read_does_not_stop_its_sends(engine: Engine) -> None:
    class Unreadable(Recorder):
        async def poll(self, now_ns: int) -> list[Any]:
            raise ValueError(f"garbage at {now_ns}")

    clock = LoopClock()
    sms = Unreadable("sms", clock, accept)
    raise_one(engine)
    live(engine, [sms], clock, 61)
    assert len(sms.sent) == 2
    assert engine.counts["listen", "sms_broke"] > 10


def test_a_flood_of_texts_from_strangers_is_bounded_and_answered_by_none(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.replies.STRANGERS_MAX", 3)
    raise_one(engine)
    engine.reply("sms", Inbound("known", "13800000001", "?", NOW), NOW)
    owed = len(rows_of(engine, tables.outbox))
    for number in range(9):
        engine.reply("sms", Inbound(f"x{number}", "19900000000", "1", NOW), NOW)
    kept = [row["provider_id"] for row in rows_of(engine, tables.inbox)]
    assert kept == ["known", "x6", "x7", "x8"]
    assert len(rows_of(engine, tables.outbox)) == owed
    assert engine.counts["reply", "unknown_phone"] == 9
