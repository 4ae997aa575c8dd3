"""An edge killed at any step of its work loses nothing and says nothing twice."""

import asyncio
import json
import random
import signal
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import time_ns

import aiomqtt
import pytest

from edge.entry import Admitted
from edge.history import JournalHistory
from edge.pipeline import Pipeline
from edge.reading import HOUR_NS, SECOND_NS
from edge.registry import Registry
from tests.kill.abreast import play_all
from tests.kill.children import start_edge
from tests.kill.eventually import eventually
from tests.servers.process import Server

POINTS = ["receive", "commit", "ack", "detect", "publish", "mark_sent"]
SEEDS = 20
HOMES = 6
HOURS = 18
USE_AGAIN_HOUR = 15
BURSTS = 9


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    identity: tuple[str, int]


@dataclass(slots=True)
class Gateway:
    """A gateway that commits in memory and forgets some acknowledgements on purpose."""

    client: aiomqtt.Client
    site: str
    rng: random.Random
    boots: set[int] = field(default_factory=set)
    taken: dict[tuple[str, int], str] = field(default_factory=dict)
    upto: dict[str, int] = field(default_factory=dict)

    async def listen(self) -> None:
        await self.client.subscribe(f"sw/1/{self.site}/_edge/e01/status", qos=1)
        await self.client.subscribe(f"sw/1/{self.site}/_finding/e01", qos=1)
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            body = json.loads(message.payload)
            if "finding" in body:
                await self._take(body)
            elif body["up"]:
                self.boots.add(body["boot"])

    async def _take(self, body: dict[str, object]) -> None:
        finding, epoch, seq = body["finding"], str(body["epoch"]), int(str(body["seq"]))
        assert isinstance(finding, dict)
        self.taken[finding["id"], finding["revision"]] = finding["state"]
        # The edge publishes in order, so what has come is everything up to here.
        self.upto[epoch] = max(seq, self.upto.get(epoch, 0))
        if self.rng.random() < 0.7:
            await self.acknowledge()

    async def acknowledge(self) -> None:
        for epoch, seq in self.upto.items():
            ack = json.dumps({"v": 1, "epoch": epoch, "upto": seq})
            await self.client.publish(f"sw/1/{self.site}/_ack/e01", ack, qos=1)


def registry_table(site: str) -> dict[str, object]:
    units = [{"code": f"u{n}", "building": "b1", "care": ["alone"]} for n in range(HOMES)]
    devices = [
        {"id": f"wm-{n}", "kind": "water", "unit": f"u{n}", "interval": "1 h"} for n in range(HOMES)
    ]
    return {"version": 1, "site": site, "unit": units, "device": devices}


def registry_toml(site: str) -> str:
    text = f'version = 1\nsite = "{site}"\n'
    for n in range(HOMES):
        text += f'[[unit]]\ncode = "u{n}"\nbuilding = "b1"\ncare = ["alone"]\n'
        text += f'[[device]]\nid = "wm-{n}"\nkind = "water"\nunit = "u{n}"\ninterval = "1 h"\n'
    return text


def write_config(folder: Path, site: str, broker: Server) -> Path:
    folder.mkdir()
    (folder / "registry.toml").write_text(registry_toml(site))
    path = folder / "edge.toml"
    path.write_text(
        f'edge = "e01"\nsite = "{site}"\nregistry = "registry.toml"\n'
        f'[journal]\npath = "journal.sqlite"\nlinger = "100 ms"\n[clock]\ntrust = "assume"\n'
        f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\nclient_id = "{site}-edge"\n'
        f'username = "{broker.username}"\npassword = "{broker.password}"\n'
    )
    return path


def messages(site: str, now_ns: int) -> Iterator[Message]:
    """Every home stands still for more than twelve hours; odd ones then use water again."""
    start_s = (now_ns - HOURS * HOUR_NS) // SECOND_NS
    for hour in range(HOURS):
        for n in range(HOMES):
            litres = 1_000 + (50 if n % 2 and hour >= USE_AGAIN_HOUR else 0)
            record = {"n": "water.total", "u": "m3", "v": litres / 1000, "r": 0.001}
            at_s = start_s + 3_600 * hour
            body = {"v": 1, "dev": f"wm-{n}", "boot": 1, "seq": hour, "t": at_s, "e": [record]}
            topic = f"sw/1/{site}/b1/u{n}/water/wm-{n}/obs"
            yield Message(topic, json.dumps(body).encode(), (f"wm-{n}", hour))


def expected(site: str, sent: list[Message], received_ns: int) -> dict[tuple[str, int], str]:
    """What an edge that is never killed says of the same messages."""
    pipeline = Pipeline(Registry.parse(registry_table(site), Path("registry.toml")))
    found = {}
    for message in sent:
        admission = pipeline.gate.admit(message.topic, message.payload, received_ns)
        assert admission.message is not None
        for finding in pipeline.step(Admitted((admission.message,))):
            found[finding.id, finding.revision] = finding.state.value
    return found


class Run:
    """One edge, killed once at a moment drawn from the seed, and started again."""

    def __init__(self, folder: Path, broker: Server, point: str, seed: int) -> None:
        self.rng = random.Random(f"{point} {seed}")
        self.site = f"k{POINTS.index(point)}-{seed}"
        self.config = write_config(folder, self.site, broker)
        self.history = JournalHistory(folder / "journal.sqlite")
        self.kill_at = f"edge.{point}:{self.rng.randint(1, 5)}"
        self.now_ns = time_ns()
        self.sent = list(messages(self.site, self.now_ns))
        self.broker = broker
        self.process: ForkServerProcess | None = None

    async def play(self) -> Gateway:
        """The whole story; returns what the gateway came to know."""
        broker = self.broker
        async with aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"{self.site}-test",
        ) as client:  # fmt: skip
            gateway = Gateway(client, self.site, self.rng)
            listening = asyncio.create_task(gateway.listen())
            await self._start(gateway, self.kill_at)
            await self._publish(gateway)
            await eventually(lambda: self._durable() == len(self.sent), "every message durable")
            found = expected(self.site, self.sent, self.now_ns)
            await eventually(lambda: len(gateway.taken) >= len(found), "every finding told")
            await gateway.acknowledge()
            await self._stop()
            listening.cancel()
            assert gateway.taken == found
        return gateway

    async def _start(self, gateway: Gateway, kill_at: str) -> None:
        before = len(gateway.boots)
        self.process = start_edge(self.config, kill_at)
        await eventually(lambda: len(gateway.boots) > before or self._dead(), "the edge is up")
        if self._dead():  # killed on its way up
            await self._resurrect(gateway)

    async def _publish(self, gateway: Gateway) -> None:
        waiting = deque(self.sent)
        while waiting:
            burst = self.rng.randint(1, 2 * len(self.sent) // BURSTS)
            for message in [waiting.popleft() for _ in range(min(burst, len(waiting)))]:
                await gateway.client.publish(message.topic, message.payload, qos=1)
            await self._settled(len(self.sent) - len(waiting))
            if self._dead():
                await self._resurrect(gateway)
        await eventually(lambda: self._dead() or self._restarted, "the edge to be killed")
        if self._dead():
            await self._resurrect(gateway)

    async def _settled(self, count: int) -> None:
        await eventually(lambda: self._durable() >= count or self._dead(), "a burst durable")

    _restarted = False

    async def _resurrect(self, gateway: Gateway) -> None:
        assert self.process is not None
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL
        assert not self._restarted, "killed once only"
        self._restarted = True
        await self._start(gateway, "")

    def _dead(self) -> bool:
        return self.process is not None and not self.process.is_alive()

    async def _stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        await eventually(self._dead, "the edge stopped")
        assert self.process.exitcode == 0

    def stored(self) -> Counter[tuple[str, int]]:
        """How often the journal holds each message."""
        devices = [f"wm-{n}" for n in range(HOMES)]
        found = self.history.readings(devices, 0, self.now_ns + HOUR_NS, 10_000)
        return Counter((reading.device, reading.seq) for reading in found)

    def _durable(self) -> int:
        return len(self.stored())


@pytest.mark.parametrize("point", POINTS)
def test_an_edge_killed_at_any_step_loses_nothing_and_repeats_nothing(
    point: str, mosquitto: Server, tmp_path: Path
) -> None:
    async def story(seed: int) -> None:
        run = Run(tmp_path / str(seed), mosquitto, point, seed)
        try:
            await run.play()
            assert run.stored() == Counter(message.identity for message in run.sent)
        except AssertionError as error:
            raise AssertionError(f"point {point}, seed {seed}, {run.kill_at}") from error

    play_all(story, range(SEEDS))
