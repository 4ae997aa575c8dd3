"""Each peer of the benchmark stores a small feed whole, where it is installed."""

import asyncio
import time
from pathlib import Path

import pytest

from bench.feed import METERS, feed
from bench.peers.compare import PEERS, Measure, wanted
from bench.peers.peer import is_ready, setup_of
from bench.publisher import Address
from tests.servers.process import Server

WAYS = [
    pytest.param(
        way,
        id=name,
        marks=pytest.mark.skipif(
            not is_ready(peer), reason=f"the peer is optional and absent; run {setup_of(peer)}"
        ),
    )
    for peer, ways in PEERS.items()
    for name, way in ways.items()
]


@pytest.mark.slow
@pytest.mark.parametrize("measure", WAYS)
def test_the_peer_stores_every_message_of_the_feed(
    measure: Measure, mosquitto: Server, tmp_path: Path
) -> None:
    address = Address(mosquitto.host, mosquitto.port, mosquitto.username, mosquitto.password)

    async def run() -> None:
        messages = feed(1, 1, time.time_ns())
        figures = await measure(tmp_path / "peer", address, messages, METERS)
        assert figures.rows >= METERS
        assert figures.messages_per_s > 0
        assert figures.cpu_us_per_message > 0

    asyncio.run(run())


def test_each_peer_is_measured_once_however_often_it_is_named() -> None:
    assert wanted(["node-red", "thingsboard-gateway", "node-red"]) == (
        "node-red",
        "thingsboard-gateway",
    )
    assert wanted(["node-red", "all"]) == tuple(PEERS)
    assert wanted([]) == ()
