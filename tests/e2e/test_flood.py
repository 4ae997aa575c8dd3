"""One device at full speed, at a real edge behind a real broker: its neighbours notice nothing."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiomqtt
import pytest

from bench.backlog import publish, subscribe_edge
from bench.edge_process import EDGE, Edge
from bench.feed import SITE, Meter, Sample, still_feed
from bench.publisher import Address
from edge.flood import CAPACITY_MIN, RATE_PER_S_MIN
from tests.servers.process import Server

FLOOD = 20_000
NEIGHBOUR, FLOODING = 0, 1
BOUND_S = 15.0


def flood_of(number: int, now_s: int) -> Iterator[tuple[str, bytes]]:
    """Messages of one meter that are all sound, and all different."""
    meter = Meter(number)
    for second in range(FLOOD):
        yield meter.topic, meter.said([Sample(now_s - FLOOD + second, 1_000)])


async def until_found(gateway: aiomqtt.Client, unit: str) -> None:
    async for message in gateway.messages:
        assert isinstance(message.payload, bytes)
        if json.loads(message.payload)["finding"]["subject"].endswith(f"/{unit}"):
            return


async def play(edge: Edge, address: Address) -> float:
    """How long a neighbour's finding took in the middle of the flood, in seconds."""
    now_ns = time.time_ns()
    await subscribe_edge(edge, address)
    edge.start()
    async with aiomqtt.Client(
        address.host, address.port, username=address.username, password=address.password
    ) as gateway:
        await gateway.subscribe(f"sw/1/{SITE}/_finding/{EDGE}", qos=1)
        flooding = asyncio.create_task(
            publish(address, flood_of(FLOODING, now_ns // 1_000_000_000))
        )
        await edge.until_durable(100)
        began_s = time.perf_counter()
        quiet = [hour[NEIGHBOUR] for hour in still_feed(now_ns, 13)]
        for message in quiet:
            await gateway.publish(message[0], message[1], qos=1)
        await asyncio.wait_for(until_found(gateway, "u0000"), BOUND_S)
        took_s = time.perf_counter() - began_s
        await flooding
    edge.stop()
    return took_s


@pytest.mark.slow
def test_a_neighbour_is_heard_and_found_in_the_middle_of_a_flood(
    mosquitto: Server, tmp_path: Path
) -> None:
    address = Address(mosquitto.host, mosquitto.port, mosquitto.username, mosquitto.password)
    edge = Edge(tmp_path / "edge", address)
    began_s = time.perf_counter()
    took_s = asyncio.run(play(edge, address))
    lasted_s = time.perf_counter() - began_s
    assert took_s < BOUND_S
    with closing(sqlite3.connect(tmp_path / "edge/journal.sqlite")) as journal:
        ((kept,),) = journal.execute("SELECT SUM(count) FROM entry").fetchall()
        letters = journal.execute("SELECT reason, topic FROM dead_letter").fetchall()
    assert CAPACITY_MIN <= kept <= CAPACITY_MIN + 13 + lasted_s * RATE_PER_S_MIN + 1
    assert {reason for reason, _ in letters} == {"flood"}
    assert {topic for _, topic in letters} == {Meter(FLOODING).topic}
    assert len(letters) <= 1 + lasted_s / 60
