"""A broker that accepts the connection and then says nothing: the session goes on trying."""

import asyncio
import random

import pytest

from edge import broker_link
from edge.broker import BrokerSettings, PahoSession
from edge.clock import SystemClock

CONNACK = bytes([0x20, 2, 0, 0])
ENOUGH = 3


async def unheard(_: bool) -> None:
    """Nobody acts on it."""


def test_a_subscription_that_is_never_answered_is_asked_for_again_on_a_new_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker_link, "_ACCEPT_S", 0.05)
    monkeypatch.setattr("edge.broker.back_off_s", lambda *_: 0.01)
    connections = 0
    enough = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections >= ENOUGH:
            enough.set()
        await reader.read(1_000)
        writer.write(CONNACK)
        await reader.read()  # the subscription, and everything else, until the link ends
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        settings = BrokerSettings(host="127.0.0.1", port=port, client_id="c")
        session = PahoSession(settings, ["a/#"], clock=SystemClock(), rng=random.Random(1))
        running = asyncio.create_task(session.run(unheard))
        async with asyncio.timeout(20):
            while not enough.is_set():
                assert not session.connected
                assert not running.done(), "the session has given up"
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])
        server.close()

    asyncio.run(story())
