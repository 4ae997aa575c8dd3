"""What the trials of the alert engine found, each told again as shortly as it can be."""

import sqlite3

import sqlalchemy as sa

from alerts.channels.base import Outcome
from alerts.incident import Act, Command, State
from edge.outbox import Envelope
from edge.reading import SECOND_NS, FindingState
from gateway.db import tables
from gateway.engine import LEASE_NS, Engine
from tests.unit.gateway.test_dispatcher import LoopClock, Recorder, accept, live
from tests.unit.gateway.test_engine import (
    NOW,
    WANG,
    a_finding,
    code_of,
    engine,
    only_incident,
    raise_one,
    rows_of,
    text,
)

__all__ = ["engine"]


def test_a_message_whose_sender_was_lost_is_not_sent_again_after_the_answer(
    engine: Engine,
) -> None:
    incident = raise_one(engine)
    assert len(engine.claim(NOW, 10)) == 2
    engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="wang"), now_ns=NOW + SECOND_NS)
    assert engine.claim(NOW + 2 * LEASE_NS, 10) == []
    rows = rows_of(engine, tables.outbox)
    assert {(row["due_ns"], row["lease_until_ns"]) for row in rows} == {(None, None)}
    said = [(row["state"], row["reason"]) for row in rows_of(engine, tables.ledger)]
    assert said.count(("unknown", "no word on the last try")) == 2


def test_a_bare_answer_is_asked_back_about_when_its_writer_may_mean_one_that_is_settled(
    engine: Engine,
) -> None:
    first = raise_one(engine)
    other = a_finding(id="f" * 16, subject="s01/b01/u0102")
    engine.take_finding(Envelope(1, "e01", "epoch", 2, other, after=1), NOW)
    engine.act(first.id, Command(Act.RESOLVE, by="li"), now_ns=NOW)
    assert engine.reply("sms", text("收到", 1), NOW + SECOND_NS) == "which"
    assert engine.reply("sms", text(f"{code_of(engine, WANG)}1", 2), NOW + SECOND_NS) == "over"


def test_what_was_over_before_anybody_could_be_told_is_told_where_the_plan_goes_on(
    engine: Engine,
) -> None:
    short = a_finding(category="sos")
    engine.take_finding(Envelope(1, "e01", "epoch", 1, short), NOW)
    over = a_finding(1, category="sos", state=FindingState.CLEARED)
    engine.take_finding(Envelope(1, "e01", "epoch", 2, over, after=1), NOW)
    assert only_incident(engine).state is State.DISPATCHED
    assert engine.claim(NOW, 10) != []


def test_a_verdict_waits_for_a_busy_database_instead_of_being_sent_for_again(
    engine: Engine,
) -> None:
    clock = LoopClock()
    sms = Recorder("sms", clock, accept)
    raise_one(engine)
    refusals = [3]

    def refuse(connection: sa.Connection) -> None:
        if sms.sent and refusals[0] and not connection.get_execution_options().get("reads_only"):
            refusals[0] -= 1
            busy = sqlite3.OperationalError("database is locked")
            raise sa.exc.OperationalError("BEGIN", {}, busy)

    sa.event.listen(engine.database, "begin", refuse, insert=True)
    live(engine, [sms], clock, 30)
    assert refusals == [0]
    assert len(sms.sent) == 1
    assert engine.counts["verdict", Outcome.ACCEPTED.value] == 1
