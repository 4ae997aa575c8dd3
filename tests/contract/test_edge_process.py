"""The edge as a process on a real broker: it starts, stops and survives kill -9."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from edge import topic, wire
from edge.broker import BrokerSettings, PahoSession
from edge.clock import SystemClock
from edge.history import JournalHistory
from edge.reading import SECOND_NS, Kind
from edge.topic import DeviceTopic, Verb
from tests.contract.test_session import online, paho
from tests.servers.ports import listening
from tests.servers.process import Server, free_port

CLOCK = SystemClock()
ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
COMMAND = "import sys; from edge.agent import main; sys.exit(main(sys.argv[1:]))"
READINGS = 30


def configure(folder: Path, server: Server, site: str) -> Path:
    (folder / "registry.toml").write_text(
        f'version = 1\nsite = "{site}"\nunit = [{{code = "u1", building = "b01"}}]\n'
        'device = [{id = "wm-1", kind = "water", unit = "u1"}]\n', "utf-8",
    )  # fmt: skip
    (folder / "broker.password").write_text(server.password, "utf-8")
    path = folder / "edge.toml"
    path.write_text(
        f'edge = "e01"\nsite = "{site}"\nregistry = "registry.toml"\n'
        f'[journal]\npath = "journal.db"\nlinger = "100 ms"\n[clock]\ntrust = "assume"\n'
        f'[broker]\nport = {server.port}\nclient_id = "edge-{site}"\n'
        f'username = "{server.username}"\npassword_file = "broker.password"\n', "utf-8",
    )  # fmt: skip
    return path


@contextmanager
def edge(config: Path, kill_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"SHOUWANG_KILL_AT": kill_at}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--config", str(config)], cwd=ROOT, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_status(session: PahoSession, *, up: bool, boot: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            deliveries = await session.receive(10, 0.01)
            session.ack(deliveries)
            if {"up": up, "boot": boot} in [msgspec.json.decode(d.payload) for d in deliveries]:
                return


async def publish_readings(session: PahoSession, site: str) -> None:
    place = DeviceTopic(site, "b01", "u1", Kind.WATER, "wm-1", Verb.OBS)
    now_s = CLOCK.now_ns() // SECOND_NS - READINGS
    for seq in range(READINGS):
        record = wire.Record(n="water.total", u="m3", v=1.0 + seq / 1_000, r=0.001)
        message = wire.Message(dev="wm-1", boot=1, seq=seq, t=float(now_s + seq), e=(record,))
        await session.publish(topic.device_topic(place), wire.encode(message))


@pytest.mark.parametrize(
    "kill_at", ["edge.receive:1", "edge.commit:1", "edge.ack:1", "edge.detect:3"]
)
def test_a_killed_edge_has_every_reading_once_after_its_restart(
    tmp_path: Path, mosquitto: Server, kill_at: str
) -> None:
    site = "k" + kill_at.replace(".", "").replace(":", "")
    config = configure(tmp_path, mosquitto, site)

    async def scenario() -> None:
        mosquitto.start()
        settings = BrokerSettings.model_validate({
            "port": mosquitto.port, "client_id": f"w-{site}",
            "username": mosquitto.username, "password": mosquitto.password,
        })  # fmt: skip
        status = topic.status_topic(site, "e01")
        watcher = PahoSession(settings, [status], clock=CLOCK, rng=random.Random(1))
        running = asyncio.create_task(watcher.run(_unheard))
        with edge(config) as process:  # the first boot subscribes, then stops in good order
            await until_status(watcher, up=True, boot=1)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
        with edge(config, kill_at) as process:
            await publish_readings(watcher, site)
            assert await asyncio.to_thread(process.wait, PATIENCE_S) == -signal.SIGKILL
        history = JournalHistory(tmp_path / "journal.db")
        with edge(config):
            await until_status(watcher, up=True, boot=3)
            async with asyncio.timeout(PATIENCE_S):
                while len(seqs(history)) < READINGS:
                    await asyncio.to_thread(_pause)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert seqs(history) == list(range(READINGS))

    asyncio.run(scenario())


def seqs(history: JournalHistory) -> list[int]:
    return [r.seq for r in history.readings(["wm-1"], 0, 2**62, 1_000)]


def _pause() -> None:
    """Give the edge's process the core."""
    os.sched_yield()


async def _unheard(_: bool) -> None:
    pass


def test_an_edge_listens_for_its_metrics_on_its_own_machine_and_nowhere_else(
    mosquitto: Server, tmp_path: Path
) -> None:
    port = free_port()

    async def scenario() -> None:
        config = configure(tmp_path, mosquitto, "ports")
        config.write_text(f"{config.read_text('utf-8')}[metrics]\nport = {port}\n", "utf-8")
        watcher = paho(mosquitto, "w-ports", [topic.status_topic("ports", "e01")])
        async with online(watcher):
            with edge(config) as process:
                await until_status(watcher, up=True, boot=1)
                assert listening(process.pid) == {("127.0.0.1", port)}

    asyncio.run(scenario())
