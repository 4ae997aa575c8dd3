"""An edge killed while it holds messages, or lets them in, admits each of them exactly once."""

import asyncio
import json
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import time_ns

import aiomqtt
import pytest

from edge.history import JournalHistory
from edge.reading import HOUR_NS, SECOND_NS, Reading
from tests.kill.children import start_edge
from tests.kill.eventually import eventually
from tests.servers.process import Server

METERS, EACH = [f"wm-{n}" for n in range(6)], 100
MESSAGES = len(METERS) * EACH
"""More than two pages of the held table."""


class Estate:
    """One meter, one edge that has to be told the time, and somebody who may tell it."""

    def __init__(self, folder: Path, site: str, broker: Server, client: aiomqtt.Client) -> None:
        self.config = folder / "edge.toml"
        self.client = client
        self.telling = False
        self.ups = 0
        self._site = site
        self._history = JournalHistory(folder / "journal.sqlite")
        self._edge: ForkServerProcess | None = None
        (folder / "registry.toml").write_text(
            f'version = 1\nsite = "{site}"\n'
            '[[unit]]\ncode = "u1"\nbuilding = "b1"\n'
            + "".join(
                f'[[device]]\nid = "{meter}"\nkind = "water"\nunit = "u1"\n' for meter in METERS
            )
        )
        self.config.write_text(
            f'edge = "e01"\nsite = "{site}"\nregistry = "registry.toml"\n'
            f'[journal]\npath = "journal.sqlite"\nlinger = "100 ms"\n[clock]\ntrust = "gateway"\n'
            f'[broker]\nport = {broker.port}\nclient_id = "{site[-14:]}-e"\n'
            f'username = "{broker.username}"\npassword = "{broker.password}"\n'
        )

    async def tell(self) -> None:
        """Count the edge's lives, and answer its questions while `telling`."""
        await self.client.subscribe(f"sw/1/{self._site}/_edge/e01/+", qos=1)
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            body = json.loads(message.payload)
            self.ups += body.get("up", False)
            if self.telling and message.topic.value.endswith("/time"):
                answer = body | {"at_ns": time_ns()}
                await self.client.publish(f"sw/1/{self._site}/_time/e01", json.dumps(answer))

    async def publish(self, meter: str) -> None:
        now_s = time_ns() // SECOND_NS
        for seq in range(EACH):
            record = {"n": "water.total", "u": "m3", "v": 1 + seq / 1_000, "r": 0.001}
            body = {"v": 1, "dev": meter, "boot": 1, "seq": seq, "t": now_s - EACH + seq}
            topic = f"sw/1/{self._site}/b1/u1/water/{meter}/obs"
            await self.client.publish(topic, json.dumps(body | {"e": [record]}), qos=1)

    def start(self, kill_at: str = "") -> None:
        self._edge = start_edge(self.config, kill_at)

    async def killed(self) -> None:
        edge = self._edge
        assert edge is not None
        await eventually(lambda: not edge.is_alive(), "the edge killed")
        edge.join()
        assert edge.exitcode == -signal.SIGKILL

    async def stop(self) -> None:
        edge = self._edge
        assert edge is not None
        edge.terminate()
        await eventually(lambda: not edge.is_alive(), "the edge stopped")
        assert edge.exitcode == 0

    def held(self) -> int:
        with closing(sqlite3.connect(self.config.parent / "journal.sqlite")) as connection:
            ((count,),) = connection.execute("SELECT count(*) FROM held")
        return int(count)

    def readings(self) -> list[Reading]:
        return self._history.readings(METERS, 0, time_ns() + HOUR_NS, 10_000)


async def all_held(estate: Estate) -> None:
    """Let an edge hold everything, in vain wait for the time, and end; the next one is told it."""
    estate.start()
    await eventually(lambda: estate.held() == MESSAGES, "all held")
    assert estate.readings() == []
    await estate.stop()
    estate.telling = True


Story = Callable[[Estate], Awaitable[None]]


async def killed_while_holding(estate: Estate) -> None:
    """After the commit and before the ack: the broker sends again, and the copies are held too."""
    for _ in range(2):
        estate.start("edge.hold:1")
        await estate.killed()
    estate.telling = True
    estate.start()


async def killed_between_pages(estate: Estate) -> None:
    """After the first page, then after the second."""
    await all_held(estate)
    for _ in range(2):
        estate.start("edge.release:1")
        await estate.killed()
    estate.start()


async def killed_before_a_page_is_judged(estate: Estate) -> None:
    """After its commit, when nothing was made of it yet."""
    await all_held(estate)
    estate.start("edge.commit:1")
    await estate.killed()
    estate.start()


@pytest.mark.parametrize(
    "story", [killed_while_holding, killed_between_pages, killed_before_a_page_is_judged]
)
def test_an_edge_killed_before_it_knows_the_time_admits_every_message_once(
    story: Story, mosquitto: Server, tmp_path: Path
) -> None:
    site = story.__name__.replace("_", "")

    async def scenario() -> None:
        async with aiomqtt.Client(
            mosquitto.host, mosquitto.port, username=mosquitto.username,
            password=mosquitto.password, identifier=f"{site}-t",
        ) as client:  # fmt: skip
            estate = Estate(tmp_path, site, mosquitto, client)
            telling = asyncio.create_task(estate.tell())
            await subscribed(estate)
            for meter in METERS:
                await estate.publish(meter)
            await story(estate)
            await eventually(lambda: len(estate.readings()) >= MESSAGES, "all admitted")
            await estate.stop()
            telling.cancel()
            received = [reading.received_ns for reading in estate.readings()]
            admitted = Counter((reading.device, reading.seq) for reading in estate.readings())
            assert admitted == Counter((meter, seq) for meter in METERS for seq in range(EACH))
            assert max(abs(at_ns - time_ns()) for at_ns in received) < 60 * SECOND_NS

    mosquitto.start()
    asyncio.run(scenario())


async def subscribed(estate: Estate) -> None:
    """Let the broker know the edge's session."""
    estate.start()
    await eventually(lambda: estate.ups == 1, "the edge up")
    await estate.stop()
