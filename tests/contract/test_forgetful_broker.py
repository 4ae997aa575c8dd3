"""A broker that lost all it kept, sessions and retained messages, is told everything again.

A real mosquitto is killed and comes back without its database, as after a disk was replaced.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

from edge import topic
from edge.broker import BrokerSettings, PahoSession
from edge.clock import Clock, ScaledClock, sleep
from edge.session import Session
from gateway.registry.push import Pusher
from tests.contract.test_announcer import CONFIGS, HOME, START_NS, STATE, running, settings
from tests.contract.test_session import online
from tests.servers.process import PASSWORD, USERNAME, Server
from tests.unit.gateway.registry_world import make_office

SOON_S = 20.0
"""Real seconds, among them those for which the parties wait before they connect again."""
SPEED = 10.0
"""At most 200 s of the edge's clock pass in them: what it repeats by itself is not due yet."""
OBS = STATE.removesuffix("state") + "obs"
STATUS, CONFIG = topic.status_topic("s01", "e01"), topic.config_topic("s01", "e01")
KEPT = {STATE, HOME, STATUS, CONFIG, *CONFIGS}


def forget(broker: Server) -> None:
    """The broker comes back without what it kept."""
    broker.stop()
    database = broker.folder / "mosquitto.db"
    assert database.stat().st_size, "it had kept something"
    database.unlink()
    broker.start()


def party(broker: Server, name: str, filters: Iterable[str] = ()) -> PahoSession:
    made = BrokerSettings.model_validate({
        "port": broker.port, "client_id": name, "username": USERNAME, "password": PASSWORD,
    })  # fmt: skip
    return PahoSession(
        made, list(filters), clock=ScaledClock(SPEED, START_NS, START_NS), rng=random.Random(2)
    )


async def kept(broker: Server, name: str, wanted: set[str]) -> None:
    """Return once the broker keeps all that is wanted, as a fresh subscriber is told."""
    found: set[str] = set()
    filters = ["sw/1/s01/+/+/#", "homeassistant/device/#"]
    async with online(party(broker, name, filters)) as fresh:
        try:
            async with asyncio.timeout(SOON_S):
                while not wanted <= found:
                    got = await fresh.receive(100, 0.01)
                    found |= {each.topic for each in got if each.payload}
                    fresh.ack(got)
        except TimeoutError:
            pytest.fail(f"nobody has said again: {sorted(wanted - found)}")


async def until(holds: Callable[[], bool], clock: Clock) -> None:
    async with asyncio.timeout(SOON_S):
        while not holds():
            await sleep(clock, 1)


def test_what_a_broker_forgot_stands_there_again_and_it_is_listened_to_again(
    broker: Server, tmp_path: Path
) -> None:
    office = make_office(tmp_path)
    clock = ScaledClock(SPEED, START_NS, START_NS)

    def connect(filters: object, _: object) -> Session:
        return party(broker, "edge", filters)  # type: ignore[arg-type]

    async def scenario() -> None:
        gateway = party(broker, "gateway")
        pusher = Pusher(office, gateway, clock, ("e01",))
        parts = [asyncio.create_task(each) for each in (gateway.run(pusher.on_link), pusher.run())]
        async with running(settings(tmp_path), connect, clock):
            await kept(broker, "before", KEPT)
            forget(broker)
            await kept(broker, "after", KEPT)
            async with online(party(broker, "meter")) as meter:
                await meter.publish(OBS, b"nothing that can be read")
            await until(lambda: refused(tmp_path) == 1, clock)
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        office.database.dispose()

    asyncio.run(scenario())


def refused(folder: Path) -> int:
    """How many messages the edge has refused; each has arrived."""
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        count: int = connection.execute("SELECT count(*) FROM dead_letter").fetchone()[0]
        return count
