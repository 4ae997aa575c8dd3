"""A whole edge that vendors push to over HTTP, for tests of what it answers and keeps."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from edge import agent
from edge.agent import EdgeSettings, run_edge
from edge.clock import ScaledClock
from edge.edge_settings import check
from edge.health import Health
from edge.profiles import hikvision, zkteco
from edge.session import Session, Will
from simulators.broker import BrokerFaults, MemoryBroker
from tests.contract.test_agent_vendors import readings
from tests.servers.process import free_port

NOW_NS = 1_786_692_490_000_000_000
PASSWORD, TOKEN = "quiet-river-71", "long-stone-bridge-9"
LOGIN = ("door-7", PASSWORD)
REGISTRY = """
version = 1
site = "s01"
unit = [{code = "u0101", building = "b01"}]
device = [
  {id = "door-7", kind = "door", unit = "u0101", vendor = "hikvision:a4:d5:c2:24:dd:74"},
  {id = "door-8", kind = "door", unit = "u0101", vendor = "zkteco:CJDE193560303"},
]
"""
CONFIG = """
edge = "e01"
site = "s01"
registry = "registry.toml"
journal = {{path = "journal.db"}}
broker = {{port = {broker}}}
clock = {{trust = "assume"}}
[push]
port = {port}
read_timeout = "0.5 s"
connections = 3
[[push.device]]
vendor = "hikvision"
user = "door-7"
secret_file = "door.password"
[[push.device]]
vendor = "zkteco"
secret_file = "terminal.token"
"""
FINGER = hikvision.RECORDED[0].payload
FINGER_READ = [("door-7", "door.access", "granted"), ("door-7", "door.method", "finger")]
FACE_LINE = zkteco.RECORDED[0].payload
FACE_READ = [
    ("door-8", "door.access", "granted"),
    ("door-8", "door.method", "face"),
    ("door-8", "door.direction", "out"),
]
CDATA = "/iclock/cdata?SN=CJDE193560303&table=rtlog"


def configured(folder: Path) -> EdgeSettings:
    for name, text in {
        "registry.toml": REGISTRY, "door.password": PASSWORD, "terminal.token": f"{TOKEN}\n",
        "edge.toml": CONFIG.format(broker=free_port(), port=free_port()),
    }.items():  # fmt: skip
        (folder / name).write_text(text, "utf-8")
    return check(folder / "edge.toml")


async def run_by(settings: EdgeSettings, stop: asyncio.Event) -> None:
    clock, rng = ScaledClock(1.0, time.time_ns(), NOW_NS), random.Random(3)
    broker = MemoryBroker(clock, rng, BrokerFaults())

    def connect(filters: Sequence[str], will: Will) -> Session:
        return broker.session("edge", filters, will)

    await run_edge(settings, connect=connect, clock=clock, rng=rng, stop=stop)


async def until_listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


class Door:
    """One edge that is pushed to."""

    def __init__(self, client: httpx.AsyncClient, health: Health, port: int) -> None:
        self.client = client
        self.health = health
        self.port = port

    async def hikvision(
        self, payload: bytes, auth: tuple[str, str] = LOGIN, kind: str = "application/json"
    ) -> httpx.Response:
        return await self.client.post(
            "/push/hikvision", content=payload, auth=auth, headers={"content-type": kind}
        )

    async def raw(self, sent: bytes, host: str = "127.0.0.1") -> bytes:
        """What comes back on a connection from `host` that sends this much and then waits."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(host, 0))
        writer.write(sent)
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionResetError):
                await writer.wait_closed()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Door]:
    settings, health = configured(folder), Health()
    assert settings.push is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "Health", lambda: health)
        stop = asyncio.Event()
        running = asyncio.ensure_future(run_by(settings, stop))
        await until_listening(settings.push.port)
        url = f"http://127.0.0.1:{settings.push.port}"
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            yield Door(client, health, settings.push.port)
        stop.set()
        await running


def play(folder: Path, scene: Callable[[Door], Awaitable[None]]) -> list[tuple[str, str, object]]:
    """The readings, without their times, in the journal of an edge that went through `scene`."""

    async def main() -> None:
        async with opened(folder) as door:
            await scene(door)

    asyncio.run(main())
    return [reading[:3] for reading in readings(folder)]
