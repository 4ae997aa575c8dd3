"""Deadlines in virtual time: a dispatcher that is away for hours loses and doubles no miss."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.incident import Act, Command
from edge.clock import sleep
from edge.reading import MINUTE_NS, SECOND_NS
from gateway.dispatcher import Dispatcher
from gateway.plans.office import PlanOffice, open_plans
from gateway.whistling import Wanted, call_in
from simulators.clock import VirtualClock, run
from tests.unit.gateway.desk_world import NOW_NS, PLANS, World, make_world

LIMITS = {
    "arrive_within": "30 min", "close_within": "4 h",
    "on_miss": {"arrive": ["street"], "close": ["street"]},
}  # fmt: skip


class Phones:
    """A carrier that delivers everything; `heard` has each text with when it came."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[tuple[int, str, str]] = []

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        kind = str(out.payload["type"]).removeprefix("incident.")
        self.heard.append((now_ns, out.address, kind))
        return Verdict(Outcome.DELIVERED)

    async def aclose(self) -> None:
        """Nothing is open."""


class Watch:
    """One gateway's engine, its dispatcher now running and now not, and the phones it reaches."""

    def __init__(self, clock: VirtualClock, folder: Path) -> None:
        self.clock = clock
        self.world: World = make_world(folder, now_ns=clock.now_ns())
        self.phones = Phones("sms")
        first, *rest = PLANS["plan"]
        open_plans(self.world.desk.db, PLANS | {"plan": [first | LIMITS, *rest]}, NOW_NS)

    @contextlib.asynccontextmanager
    async def dispatching(self) -> AsyncIterator[None]:
        channels = {"sms": self.phones, "webhook": Phones("webhook")}
        dispatcher = Dispatcher(self.world.desk.engine, channels, self.clock)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def until(self, minute: int) -> None:
        due_ns = NOW_NS + minute * MINUTE_NS
        await sleep(self.clock, (due_ns - self.clock.now_ns()) / SECOND_NS)

    def do(self, incident_id: str, act: Act, by: str) -> None:
        self.world.desk.engine.act(incident_id, Command(act, by=by), now_ns=self.clock.now_ns())

    def told(self, kind: str) -> list[tuple[int, str]]:
        """When, in whole minutes, and to which number each text of that kind went."""
        return [
            ((at_ns - NOW_NS) // MINUTE_NS, to) for at_ns, to, what in self.phones.heard
            if what == kind
        ]  # fmt: skip


@pytest.mark.parametrize("away", [(), (20, 60), (20, 600)], ids=["never", "40 min", "10 h"])
def test_each_miss_is_told_once_at_its_time_or_when_the_dispatcher_is_back(
    tmp_path: Path, away: tuple[int, ...]
) -> None:
    async def scene(clock: VirtualClock) -> Watch:
        watch = Watch(clock, tmp_path)
        incident_id = watch.world.raise_finding("u0301")
        async with watch.dispatching():
            await watch.until(1)
            watch.do(incident_id, Act.ACKNOWLEDGE, "p01")
            await watch.until(away[0] if away else 900)
        if away:
            await watch.until(away[1])
            async with watch.dispatching():
                await watch.until(900)
        return watch

    watch = run(scene, NOW_NS)
    back = away[1] if away else 0
    assert watch.told("overdue") == [
        (max(30, back), "13800000003"), (max(240, back), "13800000003"),
    ]  # fmt: skip
    watch.world.desk.db.dispose()


def test_a_change_of_plans_leaves_the_running_incident_and_its_called_party_alone(
    tmp_path: Path,
) -> None:
    async def scene(clock: VirtualClock) -> Watch:
        watch = Watch(clock, tmp_path)
        incident_id = watch.world.raise_finding("u0301")
        async with watch.dispatching():
            await watch.until(1)
            watch.do(incident_id, Act.ACKNOWLEDGE, "p01")
            office = PlanOffice(watch.world.desk.engine)
            shorter = {**PLANS["plan"][0], **LIMITS, "arrive_within": "2 min"}
            number = office.propose(shorter, "operator", "sooner", clock.now_ns())
            office.approve(number, "admin", "", clock.now_ns())
            with watch.world.desk.engine.working(clock.now_ns()) as work:
                call_in(work, incident_id, Wanted(person="p02"), "p01")
            await watch.until(10)
            watch.do(incident_id, Act.ARRIVE, "p01")
            watch.do(incident_id, Act.ARRIVE, "p02")
            await watch.until(200)
        return watch

    watch = run(scene, NOW_NS)
    assert watch.told("overdue") == []
    assert watch.told("call") == [(1, "13800000002")]
    assert max(Counter(watch.phones.heard).values()) == 1
    watch.world.desk.db.dispose()
