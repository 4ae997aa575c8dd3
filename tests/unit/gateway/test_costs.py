"""What messages cost: counted by local day, capped but for urgent ones, told at 80 and 100 %."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from pydantic import ValidationError

from alerts.channels.base import Outcome, Verdict
from alerts.cost import MICROS, Period, Tariff, segments
from alerts.roster import Person, Roster
from edge.outbox import Envelope
from edge.reading import DAY_NS, HOUR_NS, Tier
from gateway.cost_metrics import cost_families
from gateway.cost_watch import CostWatch
from gateway.db import tables
from gateway.db.budgets import Budgets
from gateway.db.cost_tables import message_cost
from gateway.db.costs import Costs
from gateway.db.engine import reading
from gateway.engine import Engine
from tests.unit.gateway.desk_world import SetClock
from tests.unit.gateway.test_engine import NOW, a_finding, engine, rows_of

__all__ = ["engine"]

CHINA = timezone(timedelta(hours=8))
MIDNIGHT = NOW - (NOW + 8 * HOUR_NS) % DAY_NS  # of that day in China


def priced(engine: Engine, tariff: Tariff, *, second: str | None = "webhook") -> None:
    """Texts cost; everybody also has a webhook, or `second` None: texts only."""
    people = [
        Person(
            id="wang",
            name="王芳",
            roles=("grid_worker", "maintainer"),
            areas=("s01",),
            sms="13800000001",
            webhook="https://hooks.example/wang" if second else None,
        )
    ]
    engine.book = replace(
        engine.book,
        roster=Roster(version=2, person=tuple(people)),
        budgets=Budgets(costs=Costs({"sms": tariff}, CHINA)),
    )


def sent(engine: Engine, now_ns: int = NOW, outcome: Outcome = Outcome.ACCEPTED) -> list[str]:
    engine.advance_due(now_ns)
    claims = engine.claim(now_ns, 100)
    for claim in claims:
        engine.record(claim, Verdict(outcome), now_ns)
    return sorted(claim.channel for claim in claims)


def raise_some(engine: Engine, count: int, tier: Tier, start: int = 0, now_ns: int = NOW) -> None:
    for number in range(start, start + count):
        finding = a_finding(
            id=f"{tier.value:08x}{number:08x}",
            subject=f"s01/b01/u{number:04}",
            tier=tier,
            category="other",
        )
        engine.take_finding(Envelope(1, "e01", f"epoch-{tier}", number + 1, finding), now_ns)


def spent(engine: Engine, now_ns: int = NOW) -> dict[Period, int]:
    with reading(engine.database) as connection:
        found = engine.book.budgets.costs.spent(connection, now_ns)
    return {each.period: each.micros for each in found}


@pytest.mark.parametrize(("units", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_a_text_is_billed_by_its_parts(units: int, parts: int) -> None:
    assert segments(units) == parts


def test_a_cap_that_lets_nothing_through_is_a_fault() -> None:
    with pytest.raises(ValidationError, match="let nothing through"):
        Tariff(price=0.05, per_day=0.04)


def test_what_is_taken_counts_and_what_is_refused_does_not(engine: Engine) -> None:
    priced(engine, Tariff(price=0.05, added_units=40))  # the provider's words make it two parts
    raise_some(engine, 1, Tier.URGENT)
    assert "sms" in sent(engine)
    assert spent(engine)[Period.DAY] == 100_000
    raise_some(engine, 1, Tier.URGENT, start=1)
    assert "sms" in sent(engine, outcome=Outcome.TEMPORARY)
    assert spent(engine)[Period.DAY] == 100_000


def test_above_the_cap_lesser_messages_go_another_way_and_urgent_ones_as_ever(
    engine: Engine,
) -> None:
    priced(engine, Tariff(price=1.0, per_day=2.0))
    raise_some(engine, 4, Tier.IMPORTANT)
    assert sent(engine).count("sms") == 2
    assert sent(engine).count("webhook") == 2
    raise_some(engine, 3, Tier.URGENT)
    assert sent(engine).count("sms") == 3
    assert spent(engine)[Period.DAY] == 5 * MICROS


def test_who_has_no_other_channel_is_told_when_the_next_day_begins(engine: Engine) -> None:
    priced(engine, Tariff(price=1.0, per_day=1.0), second=None)
    raise_some(engine, 2, Tier.GENERAL)
    assert sent(engine) == ["sms"]
    tomorrow = MIDNIGHT + DAY_NS
    waiting = [row["due_ns"] for row in rows_of(engine, tables.outbox) if row["due_ns"]]
    assert waiting == [tomorrow]
    assert sent(engine, tomorrow) == ["sms"]


def test_a_month_is_the_sum_of_its_days_and_a_new_one_begins_at_nothing(engine: Engine) -> None:
    priced(engine, Tariff(price=1.0, per_month=100.0))
    for day in range(3):
        raise_some(engine, 1, Tier.URGENT, start=day, now_ns=NOW + day * DAY_NS)
        sent(engine, NOW + day * DAY_NS)
    then = NOW + 2 * DAY_NS
    assert spent(engine, then)[Period.MONTH] >= 3 * MICROS
    assert spent(engine, NOW + 31 * DAY_NS)[Period.MONTH] == 0


def test_what_is_older_than_thirteen_months_is_forgotten(engine: Engine) -> None:
    priced(engine, Tariff(price=1.0))
    for day in (0, 1, 402):
        raise_some(engine, 1, Tier.URGENT, start=day, now_ns=NOW + day * DAY_NS)
        sent(engine, NOW + day * DAY_NS)
    assert len(rows_of(engine, message_cost)) == 1


def rules(engine: Engine) -> list[tuple[str, int, bool]]:
    found = rows_of(engine, tables.incident)
    return [
        (row["rule"], row["tier"], row["condition_active"])
        for row in found
        if row["rule"].startswith("message_cost")
    ]


def test_an_alarm_is_raised_once_at_80_and_at_100_percent_and_ends_with_the_day(
    engine: Engine,
) -> None:
    priced(engine, Tariff(price=1.0, per_day=5.0))
    watch = CostWatch(engine, site="s01", clock=SetClock(NOW))
    for count, expected in ((3, 0), (1, 1), (1, 2)):
        raise_some(engine, count, Tier.URGENT, start=len(rows_of(engine, tables.finding)))
        sent(engine)
        for _ in range(2):
            watch.look(NOW)
        assert len(rules(engine)) == expected
    assert set(rules(engine)) == {("message_cost_high", 3, True), ("message_cost_reached", 2, True)}
    watch.look(MIDNIGHT + DAY_NS)
    assert {active for _, _, active in rules(engine)} == {False}
    sentences = [row["sentence_zh"] for row in rows_of(engine, tables.incident)]
    assert "新的计费周期已开始，渠道恢复正常使用" in sentences


def test_the_metrics_tell_what_was_spent_and_the_cap(engine: Engine) -> None:
    priced(engine, Tariff(price=1.5, per_day=9.0))
    raise_some(engine, 2, Tier.URGENT)
    sent(engine)
    with reading(engine.database) as connection:
        families = cost_families(connection, engine.book.budgets.costs, NOW)
        samples = {
            (sample.name, sample.labels["period"]): sample.value
            for family in families
            for sample in family.samples
        }
    assert samples["shouwang_gateway_message_cost", "day"] == 3.0
    assert samples["shouwang_gateway_message_cost_cap", "day"] == 9.0


def test_a_channel_at_its_cap_is_named(engine: Engine) -> None:
    priced(engine, Tariff(price=1.0, per_day=1.0))
    raise_some(engine, 1, Tier.URGENT)
    sent(engine)
    with reading(engine.database) as connection:
        assert engine.book.budgets.costs.capped(connection, NOW) == ("sms",)
        assert engine.book.budgets.costs.capped(connection, NOW + DAY_NS) == ()
