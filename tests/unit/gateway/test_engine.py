"""The engine over real databases, SQLite and PostgreSQL: one finding to its people and back."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec import structs

from alerts.channels.base import Inbound, Outcome, Receipt, Verdict
from alerts.incident import Act, Command, IllegalAct, Incident, State
from alerts.incident import Outcome as Ending
from alerts.link import LinkError, LinkFault
from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.outbox import Envelope
from edge.reading import (
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    Evidence,
    Finding,
    FindingState,
    Tier,
    Timeliness,
    finding_id,
)
from edge.settings import load
from gateway.book import Book
from gateway.db import incidents, tables
from gateway.db.edges import Letter
from gateway.db.engine import connect, reading, upgrade
from gateway.db.outbox import Claim
from gateway.engine import Conflict, Engine, NoSuchIncident

NOW = 1_760_000_000 * SECOND_NS
CONFIG = Path(__file__).parents[3] / "config"
HOME = "s01/b01/u0101"
WANG = "13800000001"


@pytest.fixture(params=["sqlite", "postgres"])
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
    else:
        database = connect(request.getfixturevalue("fresh_database")())
    upgrade(database)
    yield Engine(database, a_book(), random.Random(1))
    database.dispose()


def a_book() -> Book:
    return Book(
        plans=load(CONFIG / "plans.toml", Plans),
        roster=load(CONFIG / "roster.toml", Roster),
        places=load(CONFIG / "places.toml", Places),
        public_url="https://example.org",
        secret=b"s" * 32,
    )


def a_finding(revision: int = 0, **changes: Any) -> Finding:
    finding = Finding(
        id=finding_id("welfare", HOME, NOW),
        revision=revision,
        rule="welfare",
        rule_version=1,
        subject=HOME,
        category="welfare",
        tier=Tier.URGENT,
        state=FindingState.RAISED if revision == 0 else FindingState.UPDATED,
        since_ns=NOW - 12 * HOUR_NS,
        at_ns=NOW,
        timeliness=Timeliness.LIVE,
        evidence=Evidence({}, {}, NOW, 3_600.0, "12 小时内用水 0 升", "0 L in 12 h"),
    )
    return structs.replace(finding, **changes)


def cleared(revision: int = 1) -> Finding:
    return a_finding(revision, state=FindingState.CLEARED)


def raise_one(engine: Engine, now_ns: int = NOW) -> Incident:
    engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), now_ns)
    return only_incident(engine)


def only_incident(engine: Engine) -> Incident:
    with reading(engine.database) as connection:
        rows = connection.execute(sa.select(tables.incident)).mappings().all()
    assert len(rows) == 1
    return incidents.from_row(rows[0])


def rows_of(engine: Engine, table: sa.Table) -> list[sa.RowMapping]:
    with reading(engine.database) as connection:
        return list(connection.execute(sa.select(table).order_by(*table.primary_key)).mappings())


def kinds(engine: Engine) -> list[str]:
    return [row["kind"] for row in rows_of(engine, tables.incident_event)]


def send_all(
    engine: Engine, now_ns: int, outcome: Outcome = Outcome.ACCEPTED
) -> list[tuple[str, str]]:
    """Send what is owed; the person and channel of each message."""
    claims = engine.claim(now_ns, 100)
    for claim in claims:
        engine.record(claim, Verdict(outcome, "because"), now_ns)
    return [(person_of(engine, claim), claim.channel) for claim in claims]


def person_of(engine: Engine, claim: Claim) -> str:
    rows = {row["id"]: row["person_id"] for row in rows_of(engine, tables.outbox)}
    return str(rows[claim.outbox_id])


def code_of(engine: Engine, phone: str = WANG) -> str:
    return next(str(row["code"]) for row in rows_of(engine, tables.code) if row["phone"] == phone)


def text(words: str, number: int = 1, phone: str = WANG) -> Inbound:
    return Inbound(f"in-{number}", phone, words, NOW)


def test_the_migration_makes_exactly_the_tables_that_the_code_knows(engine: Engine) -> None:
    with reading(engine.database) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_an_upgrade_of_an_upgraded_database_changes_nothing(engine: Engine) -> None:
    raise_one(engine)
    upgrade(engine.database)
    assert only_incident(engine).state is State.DISPATCHED


def test_every_commit_of_the_gateway_is_on_disk_when_it_returns(engine: Engine) -> None:
    told: dict[str, dict[str, object]] = {
        "sqlite": {"PRAGMA synchronous": 2, "PRAGMA journal_mode": "wal", "PRAGMA foreign_keys": 1},
        "postgresql": {"SHOW synchronous_commit": "on"},
    }
    with reading(engine.database) as connection:
        for question, answer in told[engine.database.dialect.name].items():
            assert connection.exec_driver_sql(question).scalar() == answer


def test_a_finding_opens_an_incident_and_owes_the_first_step_in_one_commit(engine: Engine) -> None:
    incident = raise_one(engine)
    assert incident.state is State.DISPATCHED
    assert incident.next_due_ns == NOW + MINUTE_NS
    assert kinds(engine) == ["opened", "step"]
    assert send_all(engine, NOW) == [("wang", "sms"), ("wang", "webhook")]


def test_the_same_finding_again_opens_and_owes_nothing_more(engine: Engine) -> None:
    raise_one(engine)
    assert engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), NOW + SECOND_NS) == 1
    assert len(rows_of(engine, tables.outbox)) == 2
    assert engine.counts["finding", "repeated"] == 1


def test_the_edge_may_forget_up_to_the_highest_committed_number(engine: Engine) -> None:
    assert engine.take_finding(Envelope(1, "e01", "epoch", 4, a_finding()), NOW) == 4
    assert engine.take_finding(Envelope(1, "e01", "epoch", 3, a_finding()), NOW) == 4
    assert engine.take_finding(Envelope(1, "e01", "other", 1, a_finding()), NOW) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"timeliness": Timeliness.BACKFILL},
        {"tier": Tier.INFO},
        {"state": FindingState.CLEARED},
    ],
)
def test_history_information_and_a_lone_clear_open_no_incident(
    engine: Engine, changes: dict[str, Any]
) -> None:
    engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding(**changes)), NOW)
    assert rows_of(engine, tables.incident) == []
    assert len(rows_of(engine, tables.finding)) == 1


def test_a_backfilled_finding_that_proves_still_true_opens_its_incident(engine: Engine) -> None:
    engine.take_finding(
        Envelope(1, "e01", "epoch", 1, a_finding(timeliness=Timeliness.BACKFILL)), NOW
    )
    engine.take_finding(Envelope(1, "e01", "epoch", 2, a_finding(1)), NOW)
    assert only_incident(engine).finding_revision == 1


def test_a_clear_that_overtakes_its_raise_leaves_a_withdrawn_incident_and_tells_nobody(
    engine: Engine,
) -> None:
    engine.take_finding(Envelope(1, "e01", "epoch", 2, cleared()), NOW)
    engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), NOW)
    assert only_incident(engine).state is State.WITHDRAWN
    assert send_all(engine, NOW) == []


def test_a_clear_before_the_first_send_withdraws_and_sends_nothing(engine: Engine) -> None:
    raise_one(engine)
    engine.take_finding(Envelope(1, "e01", "epoch", 2, cleared()), NOW)
    assert only_incident(engine).state is State.WITHDRAWN
    assert send_all(engine, NOW + HOUR_NS) == []
    assert {row["state"] for row in rows_of(engine, tables.outbox)} == {"failed"}


def test_a_clear_after_the_first_send_stands_everybody_down_once_and_waits_for_a_person(
    engine: Engine,
) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    engine.take_finding(Envelope(1, "e01", "epoch", 2, cleared()), NOW + SECOND_NS)
    assert send_all(engine, NOW + SECOND_NS) == [("wang", "sms"), ("wang", "webhook")]
    engine.advance_due(NOW + 23 * HOUR_NS)
    assert send_all(engine, NOW + 23 * HOUR_NS) == []
    assert only_incident(engine).state is State.DISPATCHED


def test_nobody_answers_and_backup_street_and_its_repeats_are_told_by_the_clock(
    engine: Engine,
) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    told = []
    for minute in range(1, 30):
        engine.advance_due(NOW + minute * MINUTE_NS)
        told += [
            (minute, who) for who, how in send_all(engine, NOW + minute * MINUTE_NS) if how == "sms"
        ]
    assert told == [(1, "li"), (5, "street"), (15, "street"), (25, "street")]


def test_after_three_hours_of_standstill_each_overdue_step_runs_once(engine: Engine) -> None:
    raise_one(engine)
    engine.advance_due(NOW + 3 * HOUR_NS)
    told = [who for who, how in send_all(engine, NOW + 3 * HOUR_NS) if how == "sms"]
    assert told == ["wang", "li", "street"]


def test_an_acknowledgement_stops_every_clock_and_every_unsent_message(engine: Engine) -> None:
    incident = raise_one(engine)
    engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="admin"), now_ns=NOW)
    engine.advance_due(NOW + 40 * MINUTE_NS)
    assert send_all(engine, NOW + 40 * MINUTE_NS) == []
    assert only_incident(engine).owner == "admin"


def test_a_temporary_refusal_after_the_acknowledgement_is_not_tried_again(engine: Engine) -> None:
    incident = raise_one(engine)
    claims = engine.claim(NOW, 10)
    engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="wang"), now_ns=NOW)
    for claim in claims:
        engine.record(claim, Verdict(Outcome.TEMPORARY), NOW)
    assert engine.claim(NOW + HOUR_NS, 10) == []


def test_an_act_on_a_stale_version_is_a_conflict_and_changes_nothing(engine: Engine) -> None:
    incident = raise_one(engine)
    engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="li"), now_ns=NOW)
    close = Command(Act.CLOSE, by="wang", outcome=Ending.REAL)
    with pytest.raises(Conflict):
        engine.act(incident.id, close, now_ns=NOW, version=incident.version)
    assert only_incident(engine).state is State.ACKNOWLEDGED


def test_an_act_on_no_incident_and_a_merge_into_none_are_refused(engine: Engine) -> None:
    incident = raise_one(engine)
    with pytest.raises(NoSuchIncident):
        engine.act("inone", Command(Act.ACKNOWLEDGE, by="li"), now_ns=NOW)
    with pytest.raises(NoSuchIncident):
        engine.act(incident.id, Command(Act.MERGE, by="li", into="inone"), now_ns=NOW)
    assert only_incident(engine) == incident


def test_a_call_for_support_tells_the_next_people_of_the_plan(engine: Engine) -> None:
    incident = raise_one(engine)
    send_all(engine, NOW)
    engine.act(incident.id, Command(Act.SUPPORT, by="wang"), now_ns=NOW)
    assert send_all(engine, NOW) == [("li", "sms"), ("li", "webhook")]


def test_a_reopened_incident_runs_its_plan_again(engine: Engine) -> None:
    incident = raise_one(engine)
    send_all(engine, NOW)
    engine.act(incident.id, Command(Act.CLOSE, by="li", outcome=Ending.REAL), now_ns=NOW)
    engine.act(incident.id, Command(Act.REOPEN, by="li"), now_ns=NOW)
    assert send_all(engine, NOW) == [("wang", "sms"), ("wang", "webhook")]


def test_a_temporary_refusal_is_tried_again_under_the_same_id(engine: Engine) -> None:
    raise_one(engine)
    first = engine.claim(NOW, 10)
    for claim in first:
        engine.record(claim, Verdict(Outcome.TEMPORARY, "busy"), NOW)
    assert engine.claim(NOW + SECOND_NS, 10) == []
    second = engine.claim(NOW + 5 * SECOND_NS, 10)
    assert [claim.out for claim in second] == [claim.out for claim in first]
    assert [claim.attempt for claim in second] == [2, 2]


def test_a_refusal_for_good_moves_to_the_persons_next_channel_at_once(engine: Engine) -> None:
    finding = a_finding(tier=Tier.IMPORTANT, category="other")
    engine.take_finding(Envelope(1, "e01", "epoch", 1, finding), NOW)
    assert send_all(engine, NOW, Outcome.PERMANENT) == [("wang", "sms")]
    assert send_all(engine, NOW) == [("wang", "webhook")]


def test_when_every_channel_of_a_step_is_dead_the_next_step_does_not_wait(engine: Engine) -> None:
    raise_one(engine)
    send_all(engine, NOW, Outcome.PERMANENT)
    assert send_all(engine, NOW + SECOND_NS) == [("li", "sms"), ("li", "webhook")]
    assert "hastened" in kinds(engine)


def test_a_lost_sender_leaves_the_message_to_its_lease_and_its_ledger_to_unknown(
    engine: Engine,
) -> None:
    raise_one(engine)
    lost = engine.claim(NOW, 10)
    assert engine.claim(NOW + 59 * SECOND_NS, 10) == []
    again = engine.claim(NOW + 60 * SECOND_NS, 10)
    assert [claim.out for claim in again] == [claim.out for claim in lost]
    assert {row["state"] for row in rows_of(engine, tables.outbox)} == {"unknown"}


def test_a_sender_that_slept_through_its_lease_decides_nothing_any_more(engine: Engine) -> None:
    raise_one(engine)
    sleeper = engine.claim(NOW, 1)[0]
    heir = engine.claim(NOW + MINUTE_NS, 1)[0]
    engine.record(sleeper, Verdict(Outcome.PERMANENT), NOW + MINUTE_NS)
    engine.record(heir, Verdict(Outcome.DELIVERED), NOW + MINUTE_NS)
    assert rows_of(engine, tables.outbox)[0]["state"] == "delivered"


def test_receipts_in_any_order_and_number_leave_the_strongest_word(engine: Engine) -> None:
    raise_one(engine)
    claim = engine.claim(NOW, 1)[0]
    engine.record(claim, Verdict(Outcome.ACCEPTED), NOW)
    for outcome in (Outcome.DELIVERED, Outcome.ACCEPTED, Outcome.DELIVERED):
        engine.receipt(Receipt(claim.out.idempotency_id, outcome, "", NOW), NOW)
    assert rows_of(engine, tables.outbox)[0]["state"] == "delivered"


def test_a_receipt_for_a_message_that_is_not_ours_is_counted_only(engine: Engine) -> None:
    engine.receipt(Receipt("nobody", Outcome.DELIVERED, "", NOW), NOW)
    assert engine.counts["receipt", "not_ours"] == 1


def test_a_message_of_unknown_fate_is_not_sent_again_once_it_has_arrived(engine: Engine) -> None:
    raise_one(engine)
    for claim in engine.claim(NOW, 10):
        engine.record(claim, Verdict(Outcome.UNKNOWN), NOW)
        engine.receipt(Receipt(claim.out.idempotency_id, Outcome.DELIVERED, "", NOW), NOW)
    assert engine.claim(NOW + 5 * SECOND_NS, 10) == []


def test_a_receipt_that_overtakes_the_answer_to_its_send_is_believed(engine: Engine) -> None:
    raise_one(engine)
    for claim in engine.claim(NOW, 10):
        engine.receipt(Receipt(claim.out.idempotency_id, Outcome.DELIVERED, "", NOW), NOW)
        engine.record(claim, Verdict(Outcome.UNKNOWN), NOW)
    assert engine.claim(NOW + MINUTE_NS, 10) == []


def test_a_late_failure_does_not_undo_an_arrival(engine: Engine) -> None:
    engine.take_finding(
        Envelope(1, "e01", "epoch", 1, a_finding(tier=Tier.IMPORTANT, category="other")), NOW
    )
    claim = engine.claim(NOW, 1)[0]
    engine.record(claim, Verdict(Outcome.DELIVERED), NOW)
    engine.receipt(Receipt(claim.out.idempotency_id, Outcome.PERMANENT, "late", NOW), NOW)
    assert len(rows_of(engine, tables.outbox)) == 1
    assert rows_of(engine, tables.outbox)[0]["state"] == "delivered"


def test_a_message_refused_for_hours_fails_at_last_and_the_ledger_says_how_often(
    engine: Engine,
) -> None:
    raise_one(engine)
    now_ns = NOW
    for _ in range(60):
        send_all(engine, now_ns, Outcome.TEMPORARY)
        now_ns += 5 * MINUTE_NS
    assert {row["state"] for row in rows_of(engine, tables.outbox)} == {"failed"}
    assert rows_of(engine, tables.outbox)[0]["reason"] == "gave up after 13 tries"


def test_a_failure_reported_after_acceptance_falls_back_to_the_next_channel(engine: Engine) -> None:
    finding = a_finding(tier=Tier.IMPORTANT, category="other")
    engine.take_finding(Envelope(1, "e01", "epoch", 1, finding), NOW)
    claim = engine.claim(NOW, 1)[0]
    engine.record(claim, Verdict(Outcome.ACCEPTED), NOW)
    failed = Receipt(claim.out.idempotency_id, Outcome.PERMANENT, "no such number", NOW, "k")
    engine.receipt(failed, NOW)
    engine.receipt(failed, NOW)
    assert send_all(engine, NOW) == [("wang", "webhook")]


def test_a_network_that_refuses_what_it_had_accepted_is_asked_again(engine: Engine) -> None:
    raise_one(engine)
    claim = next(c for c in engine.claim(NOW, 2) if c.channel == "sms")
    engine.record(claim, Verdict(Outcome.ACCEPTED), NOW)
    engine.receipt(Receipt(claim.out.idempotency_id, Outcome.TEMPORARY, "38", NOW, "1"), NOW)
    again = engine.claim(NOW + 5 * SECOND_NS, 10)
    assert [c.out for c in again] == [claim.out]


def test_a_reply_with_the_code_acknowledges_that_incident_and_is_done_once(engine: Engine) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    assert engine.reply("sms", text(f"收到 {code_of(engine)}"), NOW) == "acknowledge"
    assert engine.reply("sms", text(f"收到 {code_of(engine)}"), NOW) == "repeated"
    assert only_incident(engine).owner == "wang"
    assert {row["state"] for row in rows_of(engine, tables.outbox)} == {"acked"}


def test_a_bare_reply_counts_only_while_exactly_one_incident_is_open(engine: Engine) -> None:
    raise_one(engine)
    other = a_finding(id="f" * 16, subject="s01/b01/u0102")
    engine.take_finding(Envelope(1, "e01", "epoch", 2, other), NOW)
    assert engine.reply("sms", text("收到", 1), NOW) == "which"
    code = code_of(engine)
    assert engine.reply("sms", text(f"{code}1", 2), NOW) == "acknowledge"


def test_the_code_of_another_phone_acts_on_nothing(engine: Engine) -> None:
    raise_one(engine)
    result = engine.reply("sms", text(f"{code_of(engine)}1", phone="13800000002"), NOW)
    assert result == "not_understood"
    assert only_incident(engine).state is State.DISPATCHED


def test_a_stranger_is_stored_and_gets_no_answer(engine: Engine) -> None:
    assert engine.reply("sms", text("收到", phone="10690000"), NOW) == "unknown_phone"
    assert rows_of(engine, tables.outbox) == []
    assert len(rows_of(engine, tables.inbox)) == 1


def test_questions_back_are_asked_three_times_an_hour_at_most(engine: Engine) -> None:
    for number in range(10):
        engine.reply("sms", text("什么？", number), NOW)
    assert len(engine.claim(NOW, 100)) == 3


def test_a_text_of_half_characters_is_stored_and_questioned(engine: Engine) -> None:
    assert engine.reply("sms", text("\ud83d 收到 \x00"), NOW) in {"unknown_word", "which"}
    assert len(rows_of(engine, tables.inbox)) == 1


def test_a_false_alarm_by_text_resolves_and_proposes_the_outcome_to_whoever_closes(
    engine: Engine,
) -> None:
    incident = raise_one(engine)
    engine.reply("sms", text(f"{code_of(engine)} 误报"), NOW)
    assert only_incident(engine).state is State.RESOLVED
    closed = engine.act(incident.id, Command(Act.CLOSE, by="admin"), now_ns=NOW)
    assert closed.outcome is Ending.FALSE_ALARM


def test_a_link_acknowledges_once_for_its_person(engine: Engine) -> None:
    raise_one(engine)
    claim = next(c for c in engine.claim(NOW, 10) if c.channel == "webhook")
    token = link_in(claim)
    assert engine.read_link(token, NOW).person_id == "wang"
    assert only_incident(engine).state is State.DISPATCHED
    assert engine.use_link(token, NOW).owner == "wang"
    with pytest.raises(LinkError) as again:
        engine.use_link(token, NOW)
    assert again.value.fault is LinkFault.USED


def test_a_link_to_a_closed_incident_changes_nothing(engine: Engine) -> None:
    incident = raise_one(engine)
    claim = next(c for c in engine.claim(NOW, 10) if c.channel == "webhook")
    engine.act(incident.id, Command(Act.CLOSE, by="li", outcome=Ending.REAL), now_ns=NOW)
    with pytest.raises(IllegalAct):
        engine.use_link(link_in(claim), NOW)
    assert only_incident(engine).state is State.CLOSED


def link_in(claim: Claim) -> str:
    body = claim.out.payload["data"]
    assert isinstance(body, dict)
    return str(body["link"]).rpartition("/")[2]


def test_urgent_messages_are_claimed_before_older_lesser_ones(engine: Engine) -> None:
    for number in range(5):
        lesser = a_finding(id=f"{number:016x}", tier=Tier.IMPORTANT, category="other")
        engine.take_finding(Envelope(1, "e01", "epoch", number + 1, lesser), NOW - HOUR_NS)
    raise_one_more = a_finding()
    engine.take_finding(Envelope(1, "e01", "epoch", 9, raise_one_more), NOW)
    assert [claim.tier for claim in engine.claim(NOW, 3)] == [1, 1, 2]
    assert engine.claim(NOW, 10, tier_max=Tier.URGENT) == []


def test_every_commit_is_told_to_whoever_listens_and_a_failed_one_is_not(engine: Engine) -> None:
    heard: list[frozenset[str]] = []
    engine.changes.append(heard.append)
    incident = raise_one(engine)
    assert heard == [{incident.id}]
    with pytest.raises(IllegalAct):
        engine.act(incident.id, Command(Act.VERIFY, by="li"), now_ns=NOW)
    assert len(heard) == 1


def test_when_nothing_waits_there_is_no_next_due_time(engine: Engine) -> None:
    assert engine.next_due_ns() is None
    incident = raise_one(engine)
    assert engine.next_due_ns() == NOW
    send_all(engine, NOW)
    assert engine.next_due_ns() == NOW + MINUTE_NS
    engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="wang"), now_ns=NOW)
    assert engine.next_due_ns() == NOW + 45 * MINUTE_NS  # somebody has to have arrived by then
    done = Command(Act.CLOSE, by="wang", outcome=Ending.REAL)
    engine.act(incident.id, done, now_ns=NOW)
    assert engine.next_due_ns() is None


def test_the_oldest_dead_letters_make_room(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.db.edges.DEAD_LETTERS_MAX", 3)
    for number in range(5):
        engine.refuse(Letter("t", bytes([number]), "not_json", ""), NOW)
    assert [row["payload"] for row in rows_of(engine, tables.dead_letter)] == [b"\2", b"\3", b"\4"]
    assert engine.counts["refused", "not_json"] == 5


def test_a_retained_word_of_an_edge_does_not_say_that_it_lives_now(engine: Engine) -> None:
    engine.hear("e01", NOW, fresh=True, up=True, boot=1)
    engine.hear("e01", NOW + HOUR_NS, fresh=False, up=True, boot=2)
    row = rows_of(engine, tables.edge_status)[0]
    assert (row["at_ns"], row["boot"]) == (NOW, 2)


def test_an_urgent_message_without_a_receipt_goes_over_a_second_channel(engine: Engine) -> None:
    plan = engine.book.plans.plan[0]
    only_sms = plan.step[0].model_copy(update={"channels": ("sms",)})
    alone = plan.model_copy(update={"step": (only_sms, *plan.step[2:])})
    plans = engine.book.plans.model_copy(update={"plan": (alone, *engine.book.plans.plan[1:])})
    engine.book = replace(engine.book, plans=plans)
    raise_one(engine)
    assert send_all(engine, NOW) == [("wang", "sms")]
    assert engine.next_due_ns() == NOW + MINUTE_NS
    engine.advance_due(NOW + MINUTE_NS)
    assert send_all(engine, NOW + MINUTE_NS) == [("wang", "webhook")]


@pytest.mark.parametrize("word", ["receipt", "answer"])
def test_a_word_of_arrival_or_an_answer_keeps_the_second_channel_quiet(
    engine: Engine, word: str
) -> None:
    incident = raise_one(engine)
    send_all(engine, NOW)
    if word == "answer":
        engine.act(incident.id, Command(Act.ACKNOWLEDGE, by="wang"), now_ns=NOW + 1)
    else:
        for row in rows_of(engine, tables.outbox):
            arrived = Receipt(row["idempotency_id"], Outcome.DELIVERED, "", NOW + 1, "k")
            engine.receipt(arrived, NOW + 1)
    engine.advance_due(NOW + MINUTE_NS - 1)
    assert engine.counts["receipt", "missed"] == 0
    engine.advance_due(NOW + MINUTE_NS)
    assert engine.counts["receipt", "missed"] == 0
