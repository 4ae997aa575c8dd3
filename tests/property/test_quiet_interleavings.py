"""Causes, silences, answers, floods and kills in any order: nothing is lost, nobody is pestered."""

import os
import random
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from alerts.incident import ESCALATING, Act, IllegalAct
from alerts.pace import Pace
from alerts.silence import IllegalSilence, Kind, Scope, Silence
from edge.reading import HOUR_NS, Finding, Tier
from gateway import silencing
from gateway.db import cycles, tables
from gateway.db.bundle_tables import bundle, waiting
from gateway.db.engine import reading
from gateway.db.incidents import from_row
from gateway.work import Work
from tests.unit.gateway.held_world import HeldWorld

ADAPTER = ("adapter_down", "s01/b01/dtu-0")
SUBJECTS = (
    ADAPTER,
    *(("device_silent", f"s01/b01/u{n}/m{n}") for n in range(4)),
    *(("leak", f"s01/b01/u{n}") for n in range(6)),
    ("smoke", "s01/b01/u0"),
)
STEPS = 25
PACE = Pace(
    flood=3,
    flood_window="60 s",
    digest_at=None,
    per_hour=60,
    calm="10 s",
    steady="60 s",
    flap_window="5 min",
)


class PowerCut(Exception):  # noqa: N818  (it is the machine's end)
    """The process is gone before its commit."""


class Play:
    """One world and all that was raised in it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = HeldWorld(pace=PACE)
        self.active: dict[tuple[str, str], Finding] = {}
        self.raised: set[str] = set()
        self.moves: tuple[Callable[[], None], ...] = (
            self.begin_or_end, self.begin_or_end, self.begin_or_end, self.time_passes,
            self.time_passes, self.answer, self.silence, self.kill,
        )  # fmt: skip

    def begin_or_end(self) -> None:
        """A condition begins or ends."""
        what = self.rng.choice(SUBJECTS)
        if finding := self.active.pop(what, None):
            self.world.take(self.world.cleared(finding))
            return
        self.active[what] = self.world.raised(*what)
        self.world.take(self.active[what])
        self.raised.add(self.active[what].id)

    def time_passes(self) -> None:
        """Some time passes, and what is due is sent."""
        self.world.now_ns += self.rng.choice((0, 1, 5, 15, 60, 300, 1_000)) * 10**9
        self.world.engine.advance_due(self.world.now_ns)
        self.nothing_unwanted_is_on_its_way()
        self.world.send()

    def answer(self) -> None:
        """Somebody acts on some incident."""
        if known := self.world.incidents():
            doing = self.rng.choice((Act.ACKNOWLEDGE, Act.CLOSE, Act.RESOLVE, Act.SUPPORT))
            try:
                self.world.act(self.rng.choice(known).id, doing)
            except IllegalAct:
                return

    def silence(self) -> None:
        """A silence is laid over something."""
        scope, value = self.rng.choice(((Scope.RULE, "leak"), (Scope.AREA, "s01/b01/u1")))
        now_ns = self.world.now_ns
        laid = Silence(
            id=f"s{self.rng.randrange(16**12):012x}", kind=Kind.SILENCE, scope=scope,
            value=value, tiers=(Tier.IMPORTANT, Tier.GENERAL), reason="检修", by="duty",
            created_ns=now_ns, start_ns=now_ns, end_ns=now_ns + self.rng.choice((1, 2)) * HOUR_NS,
        )  # fmt: skip
        try:
            with self.world.engine.working(now_ns) as work:
                silencing.lay(work, laid, may_silence_urgent=False)
        except IllegalSilence:
            return

    def kill(self) -> None:
        """The process is killed in the middle of a step, and another one takes up its work."""
        known = self.world.incidents()[:3]

        def half_done(work: Work) -> None:
            for incident in known:
                work.advance(incident)
            raise PowerCut

        with pytest.raises(PowerCut), self.world.engine.working(self.world.now_ns) as work:
            half_done(work)
        self.world.restart()

    def nothing_unwanted_is_on_its_way(self) -> None:
        """What is about to be sent to alarm somebody is neither answered nor held."""
        held = self.world.held()
        sent = tables.outbox.c
        due = sa.and_(sent.due_ns <= self.world.now_ns, sent.due_ns.is_not(None))
        alone = sa.select(sent.incident_id).where(due, sent.purpose == "alert")
        together = (
            sa.select(waiting.c.incident_id)
            .join(bundle, bundle.c.id == waiting.c.bundle_id)
            .join(tables.outbox, sent.id == bundle.c.outbox_id)
            .where(due, waiting.c.purpose == "alert")
        )
        for row in (*self.world.rows(alone), *self.world.rows(together)):
            assert self.world.incident(row["incident_id"]).state in ESCALATING
            assert row["incident_id"] not in held

    def end(self) -> None:
        """Every silence ends, causes clear, and all has its time."""
        if cause := self.active.pop(ADAPTER, None):
            self.world.take(self.world.cleared(cause))
        for seconds in (3 * 3_600, 15, 60, 60, 600, 600, 60, 60, 60):
            self.world.passes(seconds)


# Ten thousand take half an hour: SHOUWANG_SEEDS=10000 .venv/bin/pytest tests/property -k any_order
SEEDS = int(os.environ.get("SHOUWANG_SEEDS", "30"))


@pytest.mark.timeout(60 + 30 * SEEDS)
def test_in_any_order_nothing_is_lost_and_nothing_is_told_in_vain() -> None:
    for seed in range(SEEDS):
        _play(seed)


def _play(seed: int) -> None:
    play = Play(seed)
    for _ in range(STEPS):
        play.rng.choice(play.moves)()
    play.end()
    _each_finding_has_its_incident(play)
    _nobody_is_told_after_an_answer(play)
    _what_lasts_and_waits_for_somebody_has_been_told(play)
    play.world.close()


def _each_finding_has_its_incident(play: Play) -> None:
    with reading(play.world.database) as connection:
        assert all(cycles.incident_of(connection, each) for each in play.raised)


def _nobody_is_told_after_an_answer(play: Play) -> None:
    incident, sent = tables.incident, tables.outbox
    after = (
        sa.select(sent.c.id)
        .join(incident, incident.c.id == sent.c.incident_id)
        .where(sent.c.purpose == "alert", sent.c.generation == incident.c.generation)
        .where(sent.c.created_ns > incident.c.acked_ns)
    )
    assert play.world.rows(after) == []


def _what_lasts_and_waits_for_somebody_has_been_told(play: Play) -> None:
    world = play.world
    held = world.held()
    inside = sa.select(waiting.c.incident_id).where(waiting.c.bundle_id.is_not(None))
    together = {row["incident_id"] for row in world.rows(inside)}
    for row in world.rows(sa.select(tables.incident)):
        incident = from_row(row)
        if incident.state in ESCALATING and incident.condition_active:
            assert incident.id not in held
            assert incident.id in together or incident.id in world.told
