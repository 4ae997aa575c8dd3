"""Findings that are taken together come to what they come to one after the other."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from alerts.pace import Pace
from alerts.silence import Kind, Scope, Silence
from edge.outbox import Envelope
from edge.reading import HOUR_NS, SECOND_NS, Finding, FindingState, Tier
from edge.settings import read_table
from gateway import silencing
from gateway.db import tables
from gateway.db.bundle_tables import traffic, waiting
from gateway.db.clock_tables import clock
from gateway.db.cycle_tables import cycle
from gateway.db.hold_tables import hold
from gateway.plans.office import open_plans
from gateway.plans.shelf import Shelf
from gateway.taking import TOGETHER_MAX, take_all
from tests.unit.gateway.held_world import CONFIG, HeldWorld, a_book

KNOWN = (
    ("adapter_down", "s01/b01/dtu-0"),
    ("supply_outage", "s01/b01/r1"),
    *(("device_silent", f"s01/b01/u{n}/m{n}") for n in range(6)),
    *(("leak", f"s01/b01/u{n}") for n in range(6)),
    *(("welfare", f"s01/b01/u{n}") for n in range(3)),
    ("smoke", "s01/b01/u0"),
)
ROUNDS = 6
COMPARED = (
    tables.finding, tables.incident, tables.incident_event, tables.outbox, tables.ledger,
    tables.code, tables.edge_cursor, waiting, traffic, clock, cycle, hold,
)  # fmt: skip
"""What the engine writes; `changed_ns` of the cursor may differ by nanoseconds."""


class Story:
    """What edges say, batch by batch, the same in every world."""

    def __init__(self, seed: int, world: HeldWorld) -> None:
        self.rng = random.Random(seed)
        self.world = world
        self.said: list[Finding] = []

    def batch(self) -> list[Finding]:
        """Some new conditions, some that go on, end, come again, or are told again."""
        return [self._next() for _ in range(self.rng.randint(1, 40))]

    def _next(self) -> Finding:
        if self.said and self.rng.random() < 0.3:
            finding = self._later(self.rng.choice(self.said))
        else:
            self.world.now_ns += 1  # another beginning is another finding
            finding = self._begun()
        self.said.append(finding)
        return finding

    def _begun(self) -> Finding:
        unheard_of = ("leak", f"s01/b02/u{self.rng.randrange(10_000)}")
        rule, subject = self.rng.choice((*KNOWN, unheard_of, unheard_of, unheard_of))
        tier = self.rng.choice((None, None, None, Tier.GENERAL, Tier.INFO))
        return self.world.raised(rule, subject, **({} if tier is None else {"tier": tier}))

    def _later(self, finding: Finding) -> Finding:
        if self.rng.random() < 0.3:
            return finding
        state = self.rng.choice((FindingState.UPDATED, FindingState.CLEARED))
        return structs.replace(
            finding, revision=finding.revision + self.rng.randint(-1, 2) % 3, state=state
        )


def _envelopes(world: HeldWorld, findings: Sequence[Finding]) -> list[Envelope]:
    first = world.seq + 1
    world.seq += len(findings)
    return [
        Envelope(1, "e01", "epoch", first + n, finding, after=first + n - 1)
        for n, finding in enumerate(findings)
    ]


def _one_by_one(world: HeldWorld, findings: Sequence[Finding]) -> None:
    for n, envelope in enumerate(_envelopes(world, findings), 1 - len(findings)):
        world.engine.take_finding(envelope, world.now_ns + n)


def _together(world: HeldWorld, findings: Sequence[Finding]) -> None:
    take_all(world.engine, _envelopes(world, findings), world.now_ns)


def _is_silenced(world: HeldWorld) -> None:
    silence = Silence(
        id="s0", kind=Kind.SILENCE, scope=Scope.AREA, value="s01/b01/u1",
        tiers=(Tier.IMPORTANT, Tier.GENERAL), reason="检修", by="duty",
        created_ns=world.now_ns, start_ns=world.now_ns, end_ns=world.now_ns + HOUR_NS,
    )  # fmt: skip
    with world.engine.working(world.now_ns) as work:
        silencing.lay(work, silence, may_silence_urgent=False)


def _rows(world: HeldWorld, table: sa.Table) -> list[dict[str, Any]]:
    order = [table.c.id] if table.autoincrement_column is not None else table.primary_key.columns
    rows = world.rows(sa.select(table).order_by(*order))
    return [{name: row[name] for name in row if name != "changed_ns" or table.name == "incident"}
            for row in rows]  # fmt: skip


def _played(seed: int, settle: str, take: Any) -> dict[str, list[dict[str, Any]]]:
    pace = Pace(settle=settle, flood=8, digest_at=None, per_hour=60, burst=10)
    world = HeldWorld(pace=pace)
    story = Story(seed, world)
    for number in range(ROUNDS):
        findings = story.batch()
        take(world, findings)
        if number == 1:
            _is_silenced(world)
        world.passes(story.rng.choice((0, 5, 20, 90, 4_000)))
    found = {table.name: _rows(world, table) for table in COMPARED}
    world.close()
    return found


@pytest.mark.parametrize("settle", ["0 s", "15 s"])
@pytest.mark.parametrize("seed", range(10))
def test_a_batch_comes_to_what_its_findings_come_to(seed: int, settle: str) -> None:
    alone, together = (_played(seed, settle, take) for take in (_one_by_one, _together))
    for name in alone:
        assert together[name] == alone[name], name
    assert len(alone["incident"]) > ROUNDS


def test_a_storm_of_strangers_is_one_commit_and_few_statements() -> None:
    world = HeldWorld(pace=Pace(), shelf=Shelf(a_book().plans))
    open_plans(world.database, read_table(CONFIG / "plans.toml"), world.now_ns)
    findings = [world.raised("leak", f"s01/b02/u{n}") for n in range(TOGETHER_MAX)]
    commits: list[object] = []
    statements: list[object] = []
    sa.event.listen(world.database, "commit", commits.append)
    sa.event.listen(world.database, "before_cursor_execute", lambda *told: statements.append(told))
    _together(world, findings)
    assert len(commits) == 1
    assert len(statements) < TOGETHER_MAX / 5
    assert len(world.incidents()) == TOGETHER_MAX
    assert world.engine.next_due_ns() == world.now_ns + 1 - TOGETHER_MAX + 15 * SECOND_NS
    world.close()
