"""A morning at a console, served by a real server: four homes, three incidents, two edges."""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from alerts.channels.base import Outcome, Verdict
from alerts.incident import Act, Command
from alerts.incident import Outcome as IncidentOutcome
from edge.mode import Mode
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Tier
from gateway.db.engine import writing
from gateway.db.tables import edge_status
from gateway.plans.office import PlanOffice, open_plans
from gateway.ruling.office import RuleOffice
from gateway.server import listen, serve
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world
from tests.unit.gateway.registry_world import own_registry


def morning(folder: Path) -> World:
    """One home silent for half a day, one with a gap in its data, one replaced, one unheard.

    And a change of a plan and one of a rule that wait for approval.
    """
    world = make_world(folder, now_ns=NOW_NS + 37 * MINUTE_NS)
    end_ns = world.clock.now
    _use(world, "u0301", end_ns, still_h=12.5)
    _use(world, "u0502", end_ns, gap_h=(9, 5))
    _use(world, "u1201", end_ns - 8 * HOUR_NS)
    _edge(world, "e01", up=True, age_s=40)
    _edge(world, "e02", up=True, age_s=900)
    world.clock.now = end_ns - 26 * HOUR_NS
    past = world.raise_finding("u0502")
    done = Command(Act.CLOSE, "operator", IncidentOutcome.FAMILY_CONFIRMED, "女儿来电：在家")
    world.desk.engine.act(past, done, now_ns=world.clock.now + HOUR_NS)
    _change_plans(world, end_ns - 20 * HOUR_NS)
    _change_rules(world, end_ns - 19 * HOUR_NS)
    world.clock.now = end_ns - 42 * MINUTE_NS
    world.raise_finding("u1201", tier=Tier.GENERAL, hours=8, said=_SILENT)
    world.clock.now = end_ns - 95 * SECOND_NS
    world.raise_finding("u0301")
    _tell(world, Outcome.DELIVERED)
    world.clock.now = end_ns - 30 * SECOND_NS
    _tell(world, Outcome.ACCEPTED)
    world.clock.now = end_ns
    return world


def _change_plans(world: World, at_ns: int) -> None:
    """The plans are stored, and an operator asks for more time to answer."""
    open_plans(world.desk.db, PLANS, at_ns)
    change = PLANS["plan"][0] | {
        "ack_within": "2 min",
        "action_zh": "先打电话；无人接听，上门敲门。",
    }
    PlanOffice(world.desk.engine).propose(change, "operator", "夜间应答时间太短", at_ns)


def _change_rules(world: World, at_ns: int) -> None:
    """An operator asks that a rule only write down, in one home, what it would say."""
    rules = RuleOffice(own_registry(world), world.desk.book.roster)
    rules.propose({"water_running@u0301": Mode.SHADOW}, "operator", "老人浇花，误报多", at_ns)


_SILENT = (
    "水表 mu1201 已 8 小时没有消息（通常每 15 分钟一次）",
    "Water meter mu1201 silent for 8 h (normally every 15 min)",
)


def _use(
    world: World, unit: str, end_ns: int, *, still_h: float = 0, gap_h: tuple[int, int] = (0, 0)
) -> None:
    chance = random.Random(unit)
    m3 = 120.0
    start_ns = NOW_NS - 8 * 24 * HOUR_NS
    for at_ns in range(start_ns, end_ns, 15 * MINUTE_NS):
        hour = (at_ns // HOUR_NS + 8) % 24
        busy = {6: 0.5, 7: 0.6, 8: 0.3, 11: 0.4, 12: 0.5, 17: 0.4, 18: 0.6, 20: 0.5, 21: 0.4}
        before_end_h = (end_ns - at_ns) / HOUR_NS
        if before_end_h > still_h and chance.random() < busy.get(hour, 0.05):
            m3 += chance.choice((0.006, 0.009, 0.012, 0.022))
        if not gap_h[1] < before_end_h < gap_h[0]:
            world.history.add(unit, at_ns, round(m3, 3))


def _edge(world: World, edge: str, *, up: bool, age_s: int) -> None:
    health = {"findings_unacked": 0, "journal_bytes": 4_194_304, "link_up": 1}
    with writing(world.desk.db) as connection:
        connection.execute(
            sa.insert(edge_status).values(
                edge=edge,
                up=up,
                boot=3,
                at_ns=world.clock.now - age_s * SECOND_NS,
                health=json.dumps(health),
            )
        )


def _tell(world: World, outcome: Outcome) -> None:
    """The steps due now are taken and every message owed gets `outcome`."""
    engine, now_ns = world.desk.engine, world.clock.now
    engine.advance_due(now_ns)
    for claim in engine.claim(now_ns, 20):
        engine.record(claim, Verdict(outcome, ""), now_ns + SECOND_NS)


@dataclass
class Served:
    """A console that runs in a loop of its own: its address, and a way into that loop."""

    url: str
    loop: asyncio.AbstractEventLoop

    def call(self, work: Callable[[], object]) -> None:
        """`work` has run in the server's loop, as its other tasks do."""

        async def run() -> None:
            work()

        asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=10)


@contextmanager
def served(world: World) -> Iterator[Served]:
    """The world's console on a free port of this machine."""
    listening = listen("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(world.app, listening, world.desk.live))
    thread = threading.Thread(target=_run, args=(loop, task))
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{listening.getsockname()[1]}", loop)
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(timeout=20)
        listening.close()


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    try:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
