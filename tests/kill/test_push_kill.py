"""A gateway killed while it tells of a change: every edge and every old place is told of it."""

import asyncio
import random
import signal
from collections import defaultdict
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from edge.provisioning import Offer, Standing, judge
from edge.reading import SECOND_NS, Kind
from edge.topic import DeviceTopic, Verb, config_topic, device_topic
from gateway.db import registry as rows
from gateway.db.engine import connect, reading, upgrade
from gateway.registry.card import Card, move
from gateway.registry.office import Office, Why
from gateway.registry.signing import signing_key
from tests.kill.abreast import play_all
from tests.kill.children import start_gateway
from tests.kill.eventually import eventually
from tests.kill.test_gateway_kill import write_config
from tests.servers.process import Server

SEEDS = 5
MANY = 4  # edges, and devices that move
START_NS = 1_767_225_600 * SECOND_NS
EDGES = [f"e{n:02}" for n in range(MANY)]
NEWEST = 1 + MANY


def registry(site: str) -> dict[str, Any]:
    units = [{"code": code, "building": "b1"} for code in ("old", "new")]
    devices = [{"id": f"wm-{n}", "kind": "water", "unit": "old"} for n in range(MANY)]
    return {"version": 1, "site": site, "unit": units, "device": devices}


class Run:
    """One gateway that owes a push to every edge and silence to every old place."""

    def __init__(self, folder: Path, broker: Server, point: str, seed: int) -> None:
        self.site = f"p{point[0]}-{seed}"
        self.kill_at = f"gateway.{point}:{random.Random(f'{point} {seed}').randint(1, MANY)}"
        self.folder, self.broker = folder, broker
        self.heard: defaultdict[str, list[bytes]] = defaultdict(list)
        self.process: ForkServerProcess | None = None
        self.left = [
            device_topic(DeviceTopic(self.site, "b1", "old", Kind.WATER, f"wm-{n}", Verb.STATE))
            for n in range(MANY)
        ]

    async def play(self) -> None:
        config = write_config(self.folder, self.site, self.broker, "http://127.0.0.1:1")
        with config.open("a") as text:
            text.write(f"[provisioning]\nedges = {EDGES}\n")
        async with self._client("watch") as watch:
            for topic in self.left:
                await watch.publish(topic, b"up", qos=1, retain=True)
            office = self._moved()
            listening = asyncio.create_task(self._listen(watch))
            await self._die_and_live(config, office)
            listening.cancel()
        office.database.dispose()
        await self._check_what_is_left()

    def _client(self, name: str) -> aiomqtt.Client:
        broker = self.broker
        return aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"{self.site}-{name}",
        )  # fmt: skip

    def _moved(self) -> Office:
        """An office in whose database every device has moved, which nobody was told."""
        database = connect(f"sqlite:///{self.folder / 'gateway.db'}")
        upgrade(database)
        office = Office(database, self.site, signing_key(self.folder / "registry.key"))
        office.open(registry(self.site), START_NS)

        def moved(card: Card | None) -> Card:
            assert card is not None
            return move(card, "new", START_NS)

        for n in range(MANY):
            office.change(f"wm-{n}", moved, Why("operator", "move"), START_NS)
        return office

    async def _listen(self, watch: aiomqtt.Client) -> None:
        await watch.subscribe(f"sw/1/{self.site}/_cfg/+", qos=1)
        async for message in watch.messages:
            assert isinstance(message.payload, bytes)
            self.heard[str(message.topic)].append(message.payload)

    async def _die_and_live(self, config: Path, office: Office) -> None:
        self.process = start_gateway(config, self.kill_at)
        await eventually(lambda: not self._alive(), "the gateway to be killed")
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL
        self.process = start_gateway(config)
        await eventually(lambda: not self._owed(office), "every old place to be silenced")
        await eventually(lambda: len(self.heard) == MANY, "every edge to be pushed to")
        self.process.terminate()
        await eventually(lambda: not self._alive(), "the gateway stopped")
        assert self.process.exitcode == 0

    def _alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def _owed(self, office: Office) -> list[str]:
        with reading(office.database) as connection:
            return rows.owed_tombstones(connection, 2 * MANY)

    async def _check_what_is_left(self) -> None:
        """Equal versions are equal bytes, however often; the old places say nothing any more."""
        key = signing_key(self.folder / "registry.key").public_key()
        for edge in EDGES:
            (payload,) = set(self.heard[config_topic(self.site, edge)])
            offer = judge(payload, Standing(key, self.site, edge, 0, b""))
            assert isinstance(offer, Offer)
            assert offer.version == NEWEST
        async with self._client("late") as late:
            await late.subscribe(f"sw/1/{self.site}/#", qos=1)
            await late.publish(f"sw/1/{self.site}/end", b"", qos=1)
            async for message in late.messages:
                assert str(message.topic) not in self.left
                if message.topic.matches(f"sw/1/{self.site}/end"):
                    return


@pytest.mark.parametrize("point", ["pushed", "silenced"])
def test_a_gateway_killed_while_it_tells_of_a_change_tells_all_of_it_later(
    point: str, mosquitto: Server, tmp_path: Path
) -> None:
    async def story(seed: int) -> None:
        run = Run(tmp_path / str(seed), mosquitto, point, seed)
        try:
            await run.play()
        except AssertionError as error:
            raise AssertionError(f"point {point}, seed {seed}, {run.kill_at}") from error

    play_all(story, range(SEEDS))
