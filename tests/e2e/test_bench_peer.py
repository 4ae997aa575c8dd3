"""The peer of the benchmark stores a small feed whole, where it is installed."""

import asyncio
import time
from pathlib import Path

import pytest

from bench.feed import METERS, feed
from bench.peers import tb_gateway
from bench.publisher import Address
from tests.servers.process import Server


@pytest.mark.slow
@pytest.mark.skipif(
    not tb_gateway.is_ready(), reason=f"the peer is optional and absent; run {tb_gateway.SETUP}"
)
def test_the_peer_stores_every_message_of_the_feed(mosquitto: Server, tmp_path: Path) -> None:
    address = Address(mosquitto.host, mosquitto.port, mosquitto.username, mosquitto.password)
    messages = feed(1, 1, time.time_ns())
    figures = asyncio.run(tb_gateway.measure(tmp_path / "peer", address, messages, METERS))
    assert figures.rows >= METERS
    assert figures.messages_per_s > 0
    assert figures.cpu_us_per_message > 0
