"""Deadlines over a real database: a miss is on the timeline and reaches those above, once."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.clocks import Clock, Fate
from alerts.incident import Act, Command, Outcome
from alerts.plan import ClockKind, Estate, Plans
from alerts.within import WorkingDays
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, Tier
from gateway import clockwork
from gateway.db import clocks, tables
from gateway.db.clock_tables import clock as clock_table
from gateway.db.deadlines import move
from gateway.db.engine import reading, writing
from gateway.db.incidents import Conflict
from gateway.engine import Engine
from tests.unit.gateway.test_engine import (
    HOME,
    NOW,
    a_finding,
    cleared,
    engine,
    kinds,
    only_incident,
    raise_one,
    rows_of,
    send_all,
)

__all__ = ["engine"]


def clocks_of(engine: Engine) -> dict[ClockKind, Clock]:
    with reading(engine.database) as connection:
        found = clocks.of_incident(connection, only_incident(engine).id)
    return {each.kind: each for each in found if each.generation == found[-1].generation}


def misses(engine: Engine) -> list[dict[str, Any]]:
    rows = rows_of(engine, tables.incident_event)
    return [msgspec.json.decode(row["detail"]) for row in rows if row["kind"] == "missed"]


def act(engine: Engine, doing: Act, now_ns: int, by: str = "wang") -> None:
    command = Command(doing, by=by, outcome=Outcome.REAL)
    engine.act(only_incident(engine).id, command, now_ns=now_ns)


def test_nobody_who_arrives_in_time_is_told_of(engine: Engine) -> None:
    raise_one(engine)
    act(engine, Act.ACKNOWLEDGE, NOW + MINUTE_NS // 2)
    act(engine, Act.ARRIVE, NOW + 40 * MINUTE_NS)
    act(engine, Act.CLOSE, NOW + 50 * MINUTE_NS)
    engine.advance_due(NOW + 100 * HOUR_NS)
    assert misses(engine) == []
    assert {clock.fate for clock in clocks_of(engine).values()} == {Fate.MET}
    assert engine.next_due_ns() is None


def test_a_worker_who_does_not_arrive_is_told_of_to_the_street(engine: Engine) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    act(engine, Act.ACKNOWLEDGE, NOW + MINUTE_NS // 2)
    due_ns = NOW + 45 * MINUTE_NS
    assert engine.next_due_ns() == due_ns
    engine.advance_due(due_ns)
    engine.advance_due(due_ns)
    (miss,) = misses(engine)
    assert (miss["clock"], miss["whose"], miss["told"]) == ("arrive", ["wang"], ["street"])
    assert miss["due_ns"] == due_ns
    assert send_all(engine, due_ns) == [("street", "sms"), ("street", "webhook")]
    texts = [row["text"] for row in rows_of(engine, tables.outbox) if row["purpose"] == "overdue"]
    assert "逾时未到场" in texts[0]


def test_a_miss_changes_no_version_so_a_person_who_reads_can_still_act(engine: Engine) -> None:
    raise_one(engine)
    act(engine, Act.ACKNOWLEDGE, NOW + MINUTE_NS // 2)
    before = only_incident(engine)
    engine.advance_due(NOW + 48 * HOUR_NS)
    assert [miss["clock"] for miss in misses(engine)] == ["arrive", "close"]
    assert only_incident(engine) == before


def test_whom_the_plan_goes_on_telling_is_not_told_of_the_miss_as_well(engine: Engine) -> None:
    raise_one(engine)
    engine.advance_due(NOW + HOUR_NS)
    (_, arrive) = misses(engine)
    assert (arrive["clock"], arrive["told"], arrive["knew"]) == ("arrive", [], ["street"])
    assert "overdue" not in {row["purpose"] for row in rows_of(engine, tables.outbox)}


def test_what_was_not_told_yet_is_taken_back_when_the_duty_is_done(engine: Engine) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    act(engine, Act.ACKNOWLEDGE, NOW + MINUTE_NS // 2)
    engine.advance_due(NOW + 45 * MINUTE_NS)
    act(engine, Act.ARRIVE, NOW + 46 * MINUTE_NS)
    assert send_all(engine, NOW + 46 * MINUTE_NS) == []
    arrive = clocks_of(engine)[ClockKind.ARRIVE]
    assert (arrive.fate, arrive.missed_ns) == (Fate.MET, NOW + 45 * MINUTE_NS)


def test_a_street_that_answers_a_miss_is_on_the_ledger(engine: Engine) -> None:
    raise_one(engine)
    send_all(engine, NOW)
    act(engine, Act.ACKNOWLEDGE, NOW + MINUTE_NS // 2)
    engine.advance_due(NOW + 45 * MINUTE_NS)
    send_all(engine, NOW + 45 * MINUTE_NS)
    act(engine, Act.ACKNOWLEDGE, NOW + 50 * MINUTE_NS, by="street")
    rows = [row for row in rows_of(engine, tables.outbox) if row["purpose"] == "overdue"]
    assert {row["state"] for row in rows} == {"acked"}


def test_a_withdrawn_incident_owes_nobody_anything(engine: Engine) -> None:
    raise_one(engine)
    engine.take_finding(Envelope(1, "e01", "epoch", 2, cleared()), NOW + 1)
    assert {clock.fate for clock in clocks_of(engine).values()} == {Fate.DROPPED}


def test_a_reopened_incident_has_all_its_time_again(engine: Engine) -> None:
    raise_one(engine)
    act(engine, Act.CLOSE, NOW + MINUTE_NS // 2)
    act(engine, Act.REOPEN, NOW + HOUR_NS)
    again = clocks_of(engine)
    assert again[ClockKind.ARRIVE].next_ns == NOW + HOUR_NS + 45 * MINUTE_NS
    assert {clock.fate for clock in again.values()} == {Fate.RUNNING}


def with_plan(engine: Engine, **changes: Any) -> None:
    first, *rest = engine.book.plans.plan
    plans = Plans(version=1, plan=(first.model_copy(update=changes), *rest))
    engine.book = replace(engine.book, plans=plans)


def test_those_told_at_a_step_have_a_limit_of_their_own(engine: Engine) -> None:
    first, *rest = engine.book.plans.plan[0].step
    limited = first.model_copy(
        update={"ack_within": 30.0, "on_miss": {ClockKind.ANSWER: ("maintainer",)}}
    )
    with_plan(engine, step=(limited, *rest))
    raise_one(engine)
    send_all(engine, NOW)
    engine.advance_due(NOW + MINUTE_NS // 2)
    (miss,) = misses(engine)
    assert (miss["party"], miss["whose"], miss["told"]) == ("step:0", ["wang"], ["maintainer"])


def test_a_miss_that_finds_nobody_above_is_a_hole(engine: Engine) -> None:
    with_plan(engine, on_miss={ClockKind.ANSWER: ("family",)})
    raise_one(engine)
    engine.advance_due(NOW + MINUTE_NS)
    assert "plan_hole" in kinds(engine)
    assert misses(engine)[0]["told"] == []


def test_an_estate_without_a_property_company_has_its_own_plan(engine: Engine) -> None:
    assert engine.book.places.estate_of("s01/b02/u0302") is Estate.UNMANAGED
    finding = a_finding(subject="s01/b02/u0302", category="smoke")
    engine.take_finding(Envelope(1, "e01", "epoch", 1, finding), NOW)
    assert only_incident(engine).plan_id == "urgent-unmanaged"
    row = next(row for row in rows_of(engine, tables.incident_event) if row["kind"] == "step")
    assert msgspec.json.decode(row["detail"])["people"] == ["li", "wang"]
    engine.advance_due(NOW + 2 * MINUTE_NS)
    full = [row["text"] for row in rows_of(engine, tables.outbox) if row["person_id"] == "street"]
    assert "请街道派人到场" in full[1]


@pytest.mark.parametrize(
    ("category", "estate", "plan"),
    [
        ("smoke", Estate.MANAGED, "urgent"),
        ("smoke", None, "urgent"),
        ("smoke", Estate.UNMANAGED, "urgent-unmanaged"),
        ("welfare", Estate.UNMANAGED, "welfare-urgent"),
    ],
)
def test_the_category_weighs_more_than_the_estate(
    engine: Engine, category: str, estate: Estate | None, plan: str
) -> None:
    assert engine.book.plans.select(category, Tier.URGENT, estate).id == plan


def test_a_clock_that_breaks_waits_and_the_others_are_struck(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_one(engine)
    other = a_finding(id="f" * 16, subject="s01/b01/u0102")
    engine.take_finding(Envelope(1, "e01", "epoch", 2, other), NOW)
    strike = clockwork.strike

    def breaking(work: Any, clock: Clock) -> None:
        if clock.incident_id == "i" + "f" * 16:
            raise ZeroDivisionError
        strike(work, clock)

    monkeypatch.setattr(clockwork, "strike", breaking)
    engine.advance_due(NOW + MINUTE_NS)
    assert len(misses(engine)) == 1
    assert (
        len([r for r in rows_of(engine, clock_table) if r["next_ns"] == NOW + 2 * MINUTE_NS]) == 1
    )
    monkeypatch.undo()
    engine.advance_due(NOW + 2 * MINUTE_NS)
    assert len(misses(engine)) == 2


def test_a_clock_that_somebody_else_has_struck_is_not_struck_again(engine: Engine) -> None:
    raise_one(engine)
    with writing(engine.database) as connection:
        (stale, *_) = clocks.due(connection, NOW + HOUR_NS, 1)
        connection.execute(sa.update(clock_table).values(next_ns=None, missed_ns=NOW))
        with pytest.raises(Conflict):
            clocks.replace(connection, stale, stale)


def test_the_place_of_a_home_is_where_its_nearest_entry_says(engine: Engine) -> None:
    assert engine.book.places.estate_of(HOME) is Estate.MANAGED
    assert engine.book.places.estate_of("s02/b01") is None


def test_a_clock_that_is_set_moves_what_is_counted_and_leaves_what_the_calendar_says(
    engine: Engine,
) -> None:
    with_plan(engine, close_within=WorkingDays(3))
    raise_one(engine)
    before = clocks_of(engine)
    with writing(engine.database) as connection:
        move(connection, HOUR_NS)
    after = clocks_of(engine)
    assert after[ClockKind.ARRIVE].next_ns == before[ClockKind.ARRIVE].due_ns + HOUR_NS
    assert after[ClockKind.CLOSE] == before[ClockKind.CLOSE]
