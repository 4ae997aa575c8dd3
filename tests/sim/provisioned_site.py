"""One site in virtual time whose gateway owns the registry: meters, edge, gateway, its API."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from edge import topic, wire
from edge.agent import EdgeSettings, run_edge
from edge.clock import sleep
from edge.reading import SECOND_NS, Kind
from edge.session import Session, Will
from edge.topic import DeviceTopic, Verb
from gateway.access.role import Role
from gateway.intake import Intake, filters
from gateway.registry.push import Pusher
from gateway.registry.signing import public_pem
from gateway.registry.toml_text import toml_text
from simulators.broker import MemoryBroker
from simulators.clock import VirtualClock, run
from tests.unit.gateway.registry_world import KEY, NOW_NS, REGISTRY, Site, make_site

CONFIG = topic.config_topic("s01", "e01")


class Estate:
    """A running site; its gateway's own parts are `site`'s."""

    def __init__(self, clock: VirtualClock, folder: Path) -> None:
        self.clock = clock
        self.folder = folder
        self.broker = MemoryBroker(clock, random.Random(7))
        self.site: Site = make_site(folder, clock)
        self._meters = self.broker.session("meters", [])
        self._seq = 0

    def settings(self, **changes: object) -> EdgeSettings:
        (self.folder / "registry.toml").write_text(toml_text(REGISTRY), "utf-8")
        (self.folder / "gateway.pem").write_text(public_pem(KEY), "utf-8")
        return EdgeSettings.model_validate({
            "edge": "e01", "site": "s01", "registry": self.folder / "registry.toml",
            "journal": {"path": self.folder / "journal.db"},
            "provisioning": {
                "public_key_file": self.folder / "gateway.pem",
                "copy_file": self.folder / "registry.pushed",
            },
        } | changes)  # fmt: skip

    def connect(self, wanted: Sequence[str], will: Will) -> Session:
        return self.broker.session("edge", wanted, will)

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        office, site = self.site.office, self.site
        session = self.broker.session("gateway", [*filters("s01"), *site.hearing.filters()])
        pusher = Pusher(office, session, self.clock, ("e01",))
        engine = site.world.desk.engine
        intake = Intake(engine, session, site="s01", clock=self.clock, aside=site.hearing.take)
        async with running(session.run(pusher.on_link), pusher.run(), intake.run()):
            yield

    @asynccontextmanager
    async def edge(self, **changes: object) -> AsyncIterator[None]:
        """A running edge, that dies without a word at the end of the block."""
        chance = random.Random(11)
        part = run_edge(
            self.settings(**changes), connect=self.connect, clock=self.clock, rng=chance
        )
        async with running(part):
            yield
        self.broker.cut("edge")

    @asynccontextmanager
    async def meters(self) -> AsyncIterator[None]:
        async with running(self._meters.run(_unheard)):
            yield

    async def report(self, device: str, litres: int, age_s: float = 0.0) -> None:
        """The meter says what its register showed so long ago."""
        self._seq += 1
        at_s = self.clock.now_ns() / SECOND_NS - age_s
        record = wire.Record(n="water.total", u="m3", v=litres / 1_000, r=0.001)
        message = wire.Message(dev=device, boot=1, seq=self._seq, t=at_s, e=(record,))
        place = DeviceTopic("s01", "b03", "u0301", Kind.WATER, device, Verb.OBS)
        await self._meters.publish(topic.device_topic(place), wire.encode(message))

    async def leave_state(self, unit: str, device: str) -> str:
        """A retained state of the device stands at that place; its topic."""
        place = DeviceTopic("s01", "b03", unit, Kind.WATER, device, Verb.STATE)
        await self._meters.publish(topic.device_topic(place), b"up", retain=True)
        return topic.device_topic(place)

    def lose_journal(self) -> None:
        for file in self.folder.glob("journal.db*"):
            file.unlink()

    async def push_as_attacker(self, payload: bytes) -> None:
        await self._meters.publish(CONFIG, payload, retain=True)

    async def get(self, path: str, role: Role = Role.OPERATOR) -> Any:
        async with self._signed_in(role) as client:
            return (await client.get(f"/api/v1{path}")).json()

    async def post(
        self, path: str, body: dict[str, object], role: Role = Role.OPERATOR
    ) -> httpx.Response:
        async with self._signed_in(role) as client:
            return await client.post(f"/api/v1{path}", json=body)

    def _signed_in(self, role: Role) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        self.site.world.clock.now = self.clock.now_ns()  # sessions and homes go by this one
        return self.site.world.signed_in(role)

    async def wait(self, seconds: float) -> None:
        await sleep(self.clock, seconds)

    async def health(self) -> dict[str, Any]:
        """The last report of the edge, which is at most a minute old."""
        await self.wait(61)
        (edge,) = self.site.world.desk.vitals().edges
        return json.loads(json.dumps(edge.health))  # type: ignore[no-any-return]


Scenario = Callable[[Estate], Awaitable[None]]


def play(folder: Path, scenario: Scenario) -> Estate:
    async def main(clock: VirtualClock) -> Estate:
        estate = Estate(clock, folder)
        async with estate.meters():
            await estate.wait(1)
            await scenario(estate)
        estate.site.world.desk.db.dispose()
        return estate

    return run(main, NOW_NS)


@asynccontextmanager
async def running(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """The parts run while the block does; what one of them raises comes out of it."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def _unheard(_: bool) -> None:
    pass
