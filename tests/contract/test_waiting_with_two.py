"""Two gateways on one database, and one dies: bundles and digests are told once each, by either."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome, Verdict
from alerts.pace import Pace
from alerts.roster import Roster
from edge.outbox import Envelope
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Finding, finding_id
from gateway.db import tables
from gateway.db.bundle_tables import bundle, waiting
from gateway.db.engine import connect, reading, upgrade, writing
from gateway.db.outbox import Claim
from gateway.engine import Engine
from tests.unit.gateway.duty_world import person
from tests.unit.gateway.held_world import NOW, TIERS, a_book
from tests.unit.gateway.test_engine import a_finding

MANY = 12
TOGETHER_NS = NOW + 30 * SECOND_NS


@dataclass
class Pair:
    """Gateways `a` and `b`, each with connections of its own."""

    a: Engine
    b: Engine

    def rows(self, query: sa.Select[tuple[object, ...]]) -> list[sa.RowMapping]:
        with reading(self.a.database) as connection:
            return list(connection.execute(query).mappings())

    def told(self) -> Counter[str]:
        """How often the ledger has each message accepted."""
        query = (
            sa.select(tables.outbox.c.idempotency_id)
            .join(tables.ledger, tables.ledger.c.outbox_id == tables.outbox.c.id)
            .where(tables.ledger.c.state == "accepted")
        )
        return Counter(str(row["idempotency_id"]) for row in self.rows(query))


@pytest.fixture(params=["sqlite", "postgres"])
def pair(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'gateway.db'}"
    else:
        url = request.getfixturevalue("fresh_database")()
    roster = Roster.model_validate(
        {"version": 1, "person": [person("wang", 1, roles=["grid_worker", "maintainer"])]}
    )
    book = replace(a_book(), pace=Pace(), roster=roster)
    engines = [Engine(connect(url), book, random.Random(name), node=name) for name in "ab"]
    upgrade(engines[0].database)
    yield Pair(*engines)
    for engine in engines:
        engine.database.dispose()


def found(rule: str, number: int) -> Finding:
    subject = f"s01/b01/u{number}"
    category, tier = TIERS[rule]
    return a_finding(
        id=finding_id(rule, subject, NOW), rule=rule, subject=subject, category=category,
        tier=tier, since_ns=NOW,
    )  # fmt: skip


def flood(pair: Pair, rule: str) -> None:
    """A dozen incidents; either gateway takes every other one."""
    for number in range(MANY):
        engine = (pair.a, pair.b)[number % 2]
        envelope = Envelope(1, f"e{number % 2}", "epoch", number + 1, found(rule, number))
        engine.take_finding(envelope, NOW)


def both(pair: Pair, now_ns: int) -> None:
    """Both run what is due at the same moment."""
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda engine: engine.advance_due(now_ns), (pair.a, pair.b)))


def send(engine: Engine, now_ns: int) -> list[Claim]:
    claims = engine.claim(now_ns, 100)
    for claim in claims:
        engine.record(claim, Verdict(Outcome.ACCEPTED), now_ns)
    return claims


def bury(pair: Pair, name: str, now_ns: int) -> None:
    """The leases of a dead gateway are over, as `gateway.peers` ends them."""
    ours = tables.outbox.c.lease_by == name
    with writing(pair.b.database) as connection:
        ended = {"lease_until_ns": now_ns}
        assert connection.execute(sa.update(tables.outbox).where(ours).values(ended)).rowcount


def test_a_flood_that_both_look_at_is_one_bundle(pair: Pair) -> None:
    flood(pair, "leak")
    both(pair, NOW + 15 * SECOND_NS)
    both(pair, TOGETHER_NS)
    assert len(pair.rows(sa.select(bundle))) == 1
    assert len({row["bundle_id"] for row in pair.rows(sa.select(waiting))}) == 1
    assert len(send(pair.a, TOGETHER_NS)) + len(send(pair.b, TOGETHER_NS)) == 1
    assert set(pair.told().values()) == {1}


def test_a_bundle_whose_sender_died_goes_out_under_the_same_id(pair: Pair) -> None:
    flood(pair, "leak")
    pair.a.advance_due(NOW + 15 * SECOND_NS)
    pair.a.advance_due(TOGETHER_NS)
    (half_sent,) = pair.a.claim(TOGETHER_NS, 100)
    assert send(pair.b, TOGETHER_NS) == []
    bury(pair, "a", TOGETHER_NS + 5 * SECOND_NS)
    (again,) = send(pair.b, TOGETHER_NS + 6 * SECOND_NS)
    assert again.out.idempotency_id == half_sent.out.idempotency_id
    pair.a.record(half_sent, Verdict(Outcome.ACCEPTED), TOGETHER_NS + 7 * SECOND_NS)
    both(pair, TOGETHER_NS + MINUTE_NS)
    assert send(pair.a, TOGETHER_NS + MINUTE_NS) == send(pair.b, TOGETHER_NS + MINUTE_NS) == []
    assert len(pair.rows(sa.select(bundle))) == 1


def test_what_waited_in_an_open_flood_is_told_by_the_one_that_lives(pair: Pair) -> None:
    flood(pair, "leak")
    pair.a.advance_due(NOW + 15 * SECOND_NS)
    assert {row["bundle_id"] for row in pair.rows(sa.select(waiting))} == {None}
    pair.b.advance_due(TOGETHER_NS)
    (claim,) = send(pair.b, TOGETHER_NS)
    pair.a.advance_due(TOGETHER_NS + 1)
    assert send(pair.a, TOGETHER_NS + 1) == []
    assert pair.told() == {claim.out.idempotency_id: 1}
    assert all(row["told_ns"] == TOGETHER_NS for row in pair.rows(sa.select(waiting)))


def test_a_digest_that_is_due_while_one_dies_is_told_once(pair: Pair) -> None:
    flood(pair, "device_silent")
    pair.a.advance_due(NOW + 15 * SECOND_NS)
    rows = pair.rows(sa.select(waiting))
    assert {row["why"] for row in rows} == {"digest"}
    (due_ns,) = {row["due_ns"] for row in rows}
    assert isinstance(due_ns, int)
    assert NOW + HOUR_NS < due_ns < NOW + DAY_NS
    both(pair, due_ns - 1)
    assert send(pair.a, due_ns - 1) == send(pair.b, due_ns - 1) == []
    both(pair, due_ns)
    (half_sent,) = pair.a.claim(due_ns, 100)
    bury(pair, "a", due_ns + SECOND_NS)
    (again,) = send(pair.b, due_ns + SECOND_NS)
    assert again.out.idempotency_id == half_sent.out.idempotency_id
    both(pair, due_ns + HOUR_NS)
    assert send(pair.a, due_ns + HOUR_NS) == send(pair.b, due_ns + HOUR_NS) == []
    assert pair.told() == {again.out.idempotency_id: 1}
    assert {row["count"] for row in pair.rows(sa.select(bundle))} == {MANY}
