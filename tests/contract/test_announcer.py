"""The edge's retained messages, over the broker in memory and over a real one."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from edge import topic, wire
from edge.agent import EdgeSettings, run_edge
from edge.broker import BrokerSettings, PahoSession
from edge.clock import Clock, ScaledClock, sleep
from edge.reading import SECOND_NS, Kind
from edge.session import Session, Will
from edge.topic import DeviceTopic, Verb
from simulators.broker import MemoryBroker
from simulators.clock import VirtualClock, run
from tests.servers.process import PASSWORD, USERNAME, Server

START_NS = 1_780_000_000 * SECOND_NS
STATE = "sw/1/s01/b01/u0101/water/wm-0101/state"
HOME = "sw/1/s01/b01/u0101/_home/state"
CONFIGS = {
    "homeassistant/device/sw-d-s01-wm-0101/config", "homeassistant/device/sw-h-s01-u0101/config",
}  # fmt: skip
BIRTH = "homeassistant/status"
METER = '{id = "wm-0101", kind = "water", unit = "u0101", interval = "15 min"}'
OTHER = '{id = "wm-0102", kind = "water", unit = "u0101"}'
OTHER_STATE = STATE.replace("wm-0101", "wm-0102")


def settings(folder: Path, *, devices: str = METER, on: bool = True) -> EdgeSettings:
    (folder / "registry.toml").write_text(
        f'version = 1\nsite = "s01"\ndevice = [{devices}]\n'
        'unit = [{code = "u0101", building = "b01", care = ["alone"]}]\n',
        "utf-8",
    )
    return EdgeSettings.model_validate({
        "edge": "e01", "site": "s01", "registry": folder / "registry.toml",
        "journal": {"path": folder / "journal.db"},
        "home_assistant": {} if on else None,
    })  # fmt: skip


@contextlib.asynccontextmanager
async def running(
    settings: EdgeSettings, connect: Callable[[object, Will], Session], clock: Clock
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    edge = asyncio.create_task(
        run_edge(settings, connect=connect, clock=clock, rng=random.Random(1), stop=stop)
    )
    try:
        yield
    finally:
        stop.set()
        await edge


class Memory:
    """A broker in memory, a meter, and Home Assistant's own voice."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.broker = MemoryBroker(clock, random.Random(1))
        self.published: list[str] = []
        self.forbids = False
        self._outside = self.broker.session("outside", [])

    def edge(self, settings: EdgeSettings) -> contextlib.AbstractAsyncContextManager[None]:
        return running(settings, self._connect, self.clock)

    def _connect(self, filters: object, will: Will) -> Session:
        session = self.broker.session("edge", filters, will)  # type: ignore[arg-type]
        inner = session.publish

        async def noted(topic: str, payload: bytes, *, retain: bool = False) -> None:
            if topic.endswith(("state", "config")):
                self.published.append(topic)
                if self.forbids:
                    self.broker.cut("edge")
            await inner(topic, payload, retain=retain)

        session.publish = noted  # type: ignore[method-assign]
        return session

    def kept(self) -> set[str]:
        return {to for to in self.broker.retained if "_edge" not in to}

    def state(self, to: str = STATE) -> dict[str, object]:
        decoded: dict[str, object] = msgspec.json.decode(self.broker.retained[to])
        return decoded

    async def say(self, to: str, payload: bytes) -> None:
        await self._outside.publish(to, payload)

    async def read(self, seq: int) -> None:
        record = wire.Record(n="water.total", u="m3", v=1.0 + seq / 1_000, r=0.001)
        at_s = self.clock.now_ns() / SECOND_NS
        place = DeviceTopic("s01", "b01", "u0101", Kind.WATER, "wm-0101", Verb.OBS)
        message = wire.Message(dev="wm-0101", boot=1, seq=seq, t=at_s, e=(record,))
        await self.say(topic.device_topic(place), wire.encode(message))

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Memory"]:
        async def ignore(_: bool) -> None:
            pass

        task = asyncio.create_task(self._outside.run(ignore))
        await sleep(self.clock, 1)
        yield self
        task.cancel()
        await asyncio.wait([task])


def play(scenario: Callable[[Memory], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        async with Memory(clock).open() as world:
            await scenario(world)

    run(main, START_NS)


def test_by_default_nothing_is_said_to_home_assistant(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path, on=False)):
            await sleep(world.clock, 3_600)
        assert world.kept() == {STATE, HOME}

    play(scenario)


def test_a_device_that_is_heard_is_up_and_one_that_falls_silent_is_down(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path)):
            await sleep(world.clock, 60)
            assert world.state()["state"] == "unknown"
            for seq in range(8):
                await sleep(world.clock, 900)
                await world.read(seq)
            await sleep(world.clock, 60)
            assert (world.state()["state"], world.state()["water_m3"]) == ("up", 1.007)
            await sleep(world.clock, 4 * 3_600)
            assert world.state()["state"] == "down"

    play(scenario)


def test_a_birth_brings_every_config_again_within_a_minute_or_so(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path)):
            await sleep(world.clock, 120)
            assert world.kept() == {STATE, HOME, *CONFIGS}
            world.published.clear()
            await sleep(world.clock, 3_600)
            assert CONFIGS.isdisjoint(world.published)
            await world.say(BIRTH, b"offline")
            await sleep(world.clock, 120)
            assert CONFIGS.isdisjoint(world.published)
            await world.say(BIRTH, b"online")
            await sleep(world.clock, 120)
            assert set(world.published) >= CONFIGS

    play(scenario)


def test_a_birth_is_no_message_to_be_refused(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path)):
            for payload in (b"online", b"\xff" * 300, b"", b"offline"):
                await world.say(BIRTH, payload)
            await sleep(world.clock, 120)
        assert world.broker.held("edge") == 0

    play(scenario)


def test_what_leaves_the_registry_is_ended_at_the_next_start(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path, devices=f"{METER}, {OTHER}")):
            await sleep(world.clock, 120)
            assert OTHER_STATE in world.kept()
        async with world.edge(settings(tmp_path)):
            await sleep(world.clock, 120)
        assert world.kept() == {STATE, HOME, *CONFIGS}

    play(scenario)


def test_switching_it_off_takes_everything_away(tmp_path: Path) -> None:
    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path)):
            await sleep(world.clock, 120)
        async with world.edge(settings(tmp_path, on=False)):
            await sleep(world.clock, 120)
        assert world.kept() == {STATE, HOME}

    play(scenario)


def test_many_devices_are_told_of_a_page_at_a_time(tmp_path: Path) -> None:
    many = ", ".join(METER.replace("0101", f"{n:04d}", 1) for n in range(500))

    async def scenario(world: Memory) -> None:
        async with world.edge(settings(tmp_path, devices=many)):
            await sleep(world.clock, 5)
            part = len(world.published)
            await sleep(world.clock, 60)
        assert 400 < part < 700
        assert len(world.kept()) == 2 * 501

    play(scenario)


def test_a_broker_that_ends_the_link_for_it_is_left_alone_for_an_hour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(world: Memory) -> None:
        world.forbids = True
        async with world.edge(settings(tmp_path)):
            await sleep(world.clock, 1_800)
            assert len(world.published) == 3
            await sleep(world.clock, 3_600)
            assert len(world.published) == 4
            world.forbids = False
            await sleep(world.clock, 2 * 3_600)
        assert world.kept() == {STATE, HOME, *CONFIGS}

    play(scenario)
    assert "does its acl let this edge write them" in caplog.text


class _Ear:
    """Everything that a real broker keeps, as a fresh subscriber is told of it."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server, self._clock = server, clock

    def session(self, client_id: str, filters: Iterable[str], will: Will | None = None) -> Session:
        made = BrokerSettings.model_validate({
            "host": self._server.host, "port": self._server.port, "client_id": client_id,
            "username": USERNAME, "password": PASSWORD,
        })  # fmt: skip
        return PahoSession(made, list(filters), clock=self._clock, rng=random.Random(2), will=will)

    async def until(self, name: str, wanted: set[str]) -> None:
        """Return once exactly `wanted` is kept there, not counting the edge's own status."""
        kept: dict[str, bytes] = {}
        session = self.session(name, ["sw/1/s01/+/+/#", "homeassistant/device/#"])
        async with self._listening(session), asyncio.timeout(30):
            while {to for to, payload in kept.items() if payload} != wanted:
                got = await session.receive(100, 0.01)
                kept |= {d.topic: d.payload for d in got if "_edge" not in d.topic}
                session.ack(got)

    @contextlib.asynccontextmanager
    async def _listening(self, session: Session) -> AsyncIterator[None]:
        linked = asyncio.Event()

        async def on_link(_: bool) -> None:
            linked.set()

        task = asyncio.create_task(session.run(on_link))
        await linked.wait()
        yield
        task.cancel()
        await asyncio.wait([task])

    async def say(self, to: str, payload: bytes) -> None:
        session = self.session("voice", [])
        async with self._listening(session):
            await session.publish(to, payload, retain=not payload)


def test_a_real_broker_keeps_what_is_announced_and_forgets_what_is_ended(
    broker: Server, tmp_path: Path
) -> None:
    clock = ScaledClock(60.0, START_NS, START_NS)
    ear = _Ear(broker, clock)

    def connect(filters: object, will: Will) -> Session:
        return ear.session("edge", filters, will)  # type: ignore[arg-type]

    async def main() -> None:
        both = settings(tmp_path, devices=f"{METER}, {OTHER}")
        other = "homeassistant/device/sw-d-s01-wm-0102/config"
        async with running(both, connect, clock):
            await ear.until("one", {STATE, HOME, OTHER_STATE, other, *CONFIGS})
            for to in (other, *CONFIGS):  # as a broker that lost some
                await ear.say(to, b"")
            await ear.say(BIRTH, b"online")
            await ear.until("two", {STATE, HOME, OTHER_STATE, other, *CONFIGS})
        async with running(settings(tmp_path), connect, clock):
            await ear.until("three", {STATE, HOME, *CONFIGS})
        async with running(settings(tmp_path, on=False), connect, clock):
            await ear.until("four", {STATE, HOME})

    asyncio.run(main())
