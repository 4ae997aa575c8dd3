"""Any plans and any standstill: every step and every deadline once, the worst first."""

import random
from collections import Counter
from datetime import UTC
from itertools import pairwise
from typing import Any

import msgspec
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.plan import Plans
from alerts.roster import Places, Roster
from alerts.within import due
from edge.outbox import Envelope
from edge.reading import HOUR_NS, SECOND_NS, Evidence, Finding, FindingState, Tier, Timeliness
from gateway.book import Book
from gateway.db import tables
from gateway.db.clock_tables import clock
from gateway.db.engine import connect, reading
from gateway.engine import Engine

_DAY_S = 86_400
NOW = 1_760_000_000 * SECOND_NS
ROLES = ("grid_worker", "backup", "street")
ROSTER = Roster.model_validate({
    "version": 1,
    "person": [
        {"id": f"p{n}", "name": "某", "roles": [role], "areas": ["s01"], "sms": f"1380000000{n}"}
        for n, role in enumerate(ROLES)
    ],
})  # fmt: skip
_limits = st.sampled_from(["30 s", "7 min", "3 h", "1 working day"])


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A plan file with a default plan for each tier and nothing else."""
    return {"version": 1, "plan": [_plan(draw, tier) for tier in (1, 2, 3)]}


def _plan(draw: st.DrawFn, tier: int) -> dict[str, Any]:
    gaps = draw(st.lists(st.integers(1, 4_000), min_size=0, max_size=3))
    afters = [sum(gaps[:n]) for n in range(len(gaps) + 1)]
    steps = [
        {"after": f"{after} s", "roles": [draw(st.sampled_from(ROLES))], "channels": ["sms"]}
        | ({"ack_within": draw(_limits)} if draw(st.booleans()) else {})
        for after in afters
    ]
    words = dict.fromkeys(("title_zh", "title_en", "short_zh", "short_en"), "词")
    return words | {
        "id": f"p{tier}", "category": "*", "tier": tier, "on_clear": "keep",
        "action_zh": "去", "action_en": "go", "step": steps,
        "ack_within": draw(_limits), "arrive_within": draw(_limits), "close_within": draw(_limits),
        "on_miss": {"arrive": ["street"]},
    }  # fmt: skip


def _finding(number: int, tier: Tier) -> Finding:
    return Finding(
        f"{number:016x}", 0, "welfare", 1, f"s01/b01/u{number}", "welfare", tier,
        FindingState.RAISED, 0, NOW, Timeliness.LIVE, Evidence({}, {}, 0, 0.0, "水", "water"),
    )  # fmt: skip


def _rows(engine: Engine, table: sa.Table) -> list[sa.RowMapping]:
    with reading(engine.database) as connection:
        query = sa.select(table).order_by(*table.primary_key)
        return list(connection.execute(query).mappings())


@given(
    table=plans(),
    tiers=st.lists(st.sampled_from([Tier.URGENT, Tier.IMPORTANT, Tier.GENERAL]), max_size=4),
    waits_s=st.lists(st.integers(1, 30_000), max_size=5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_after_any_standstill_each_step_and_deadline_has_run_once_and_the_worst_first(
    table: dict[str, Any], tiers: list[Tier], waits_s: list[int]
) -> None:
    book = Book(Plans.model_validate(table), ROSTER, Places(version=1), "https://x.org", b"s" * 32)
    engine = Engine(connect("sqlite://"), book, random.Random(0))
    tables.metadata.create_all(engine.database)
    for number, tier in enumerate(tiers):
        envelope = Envelope(1, "e01", "epoch", number + 1, _finding(number, tier))
        engine.take_finding(envelope, NOW)
    now_ns, passes = NOW, [0]
    for wait_s in (*waits_s, 10 * _DAY_S, 10 * _DAY_S):
        now_ns += wait_s * SECOND_NS
        engine.advance_due(now_ns)
        passes.append(len(_misses(engine)))
    _check_steps(engine, book, tiers)
    _check_deadlines(engine, passes, now_ns)
    assert engine.broke_ns is None
    engine.database.dispose()


def _check_steps(engine: Engine, book: Book, tiers: list[Tier]) -> None:
    told = Counter(
        (row["incident_id"], row["generation"], row["step"])
        for row in _rows(engine, tables.outbox)
        if row["purpose"] == "alert"
    )
    assert set(told.values()) <= {1}
    assert {key for key in told if key[1] == 0} == {
        (f"i{number:016x}", 0, step)
        for number, tier in enumerate(tiers)
        for step in range(len(book.plans.select("welfare", tier).step))
    }


def _misses(engine: Engine) -> list[tuple[str, str, str, int]]:
    return [
        (row["incident_id"], detail["party"], detail["clock"], detail["due_ns"])
        for row in _rows(engine, tables.incident_event)
        if row["kind"] == "missed"
        for detail in [msgspec.json.decode(row["detail"])]
    ]


def _check_deadlines(engine: Engine, passes: list[int], now_ns: int) -> None:
    due_by_now = [row for row in _rows(engine, clock) if row["due_ns"] <= now_ns]
    # Two runs of a plan may have deadlines that end on the same working day: equal keys.
    keys = [(r["incident_id"], r["party"], r["kind"], r["due_ns"]) for r in due_by_now]
    missed = _misses(engine)
    assert sorted(missed) == sorted(keys)
    clocks = dict(zip(keys, due_by_now, strict=True))
    for first, last in pairwise(passes):
        order = [(clocks[key]["tier"], clocks[key]["due_ns"]) for key in missed[first:last]]
        assert order == sorted(order)
    for row in due_by_now:
        assert row["missed_ns"] >= row["due_ns"] >= row["started_ns"]


@given(st.integers(0, 10**9), st.floats(0.1, 10**6))
def test_time_by_the_clock_never_ends_before_it_began(start_s: int, within_s: float) -> None:
    start_ns = start_s * SECOND_NS
    assert start_ns < due(start_ns, within_s, UTC).at_ns <= start_ns + 278 * HOUR_NS * 10**3
