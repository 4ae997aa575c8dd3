"""Budgets over a real database: what has no room waits, what is urgent goes another way."""

from dataclasses import replace

from alerts.budget import Budget, Per
from alerts.channels.base import Outcome, Verdict
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, Tier
from gateway.db import tables
from gateway.db.budgets import Budgets
from gateway.engine import Engine
from tests.unit.gateway.test_engine import NOW, a_finding, engine, rows_of

__all__ = ["engine"]


def bounded(engine: Engine, limit: int) -> None:
    budget = Budget(limit=limit, window="1 min", per=Per.CHANNEL)
    engine.book = replace(engine.book, budgets=Budgets({"webhook": (budget,)}))


def raise_many(engine: Engine, count: int, tier: Tier) -> None:
    for number in range(count):
        home = f"s01/b01/u{number:04}"
        finding = a_finding(id=f"{tier.value:08x}{number:08x}", subject=home, tier=tier)
        engine.take_finding(Envelope(1, "e01", f"epoch-{tier}", number + 1, finding), NOW)


def sent(engine: Engine, now_ns: int) -> list[str]:
    claims = engine.claim(now_ns, 1_000)
    for claim in claims:
        engine.record(claim, Verdict(Outcome.ACCEPTED), now_ns)
    return [claim.channel for claim in claims]


def test_what_finds_no_room_is_sent_in_the_next_window_and_nothing_is_lost(engine: Engine) -> None:
    bounded(engine, limit=10)
    raise_many(engine, 20, Tier.GENERAL)
    owed = [row for row in rows_of(engine, tables.outbox) if row["channel"] == "webhook"]
    assert len(owed) == 20
    windows = [sent(engine, NOW + n * MINUTE_NS).count("webhook") for n in range(3)]
    assert windows == [7, 7, 6]


def test_urgent_messages_have_their_kept_share_and_then_another_channel(engine: Engine) -> None:
    bounded(engine, limit=10)
    raise_many(engine, 9, Tier.GENERAL)
    assert sent(engine, NOW).count("webhook") == 7
    raise_many(engine, 5, Tier.URGENT)
    assert sent(engine, NOW).count("webhook") == 3
    assert engine.counts["claim", "no_room"] == 2 + 2


def test_a_restart_does_not_forget_what_was_spent(engine: Engine) -> None:
    bounded(engine, limit=10)
    raise_many(engine, 9, Tier.GENERAL)
    sent(engine, NOW)
    again = Engine(engine.database, engine.book, engine._chance)
    raise_many(again, 9, Tier.IMPORTANT)
    assert sent(again, NOW).count("webhook") == 0


def test_lesser_messages_keep_clear_of_the_full_and_the_half_hour(engine: Engine) -> None:
    engine.book = replace(engine.book, budgets=Budgets(rush=frozenset({"webhook"})))
    raise_many(engine, 1, Tier.GENERAL)
    full_hour = NOW - NOW % HOUR_NS + HOUR_NS
    assert sent(engine, full_hour) == []
    assert sent(engine, full_hour + MINUTE_NS) == ["webhook"]
    raise_many(engine, 1, Tier.URGENT)
    assert "webhook" in sent(engine, full_hour + HOUR_NS // 2)
