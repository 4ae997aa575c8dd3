import asyncio
import json
from collections.abc import Callable

import aiomqtt
import pytest

from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.siren import SirenChannel, SirenSettings
from tests.servers.process import PASSWORD, USERNAME, Server, free_port

TOPIC = "sw/1/_siren/lobby-1"
OUT = Outgoing("n1", "lobby-1", "紧急 1栋1单元101", {"data": {"tier": 1}}, 0)

Answer = Callable[[dict[str, object]], bytes | None]


def channel(port: int) -> SirenChannel:
    broker = {"port": port, "client_id": "gw-siren", "username": USERNAME, "password": PASSWORD}
    return SirenChannel(SirenSettings.model_validate({"broker": broker, "timeout": "1 s"}))


def tell(server: Server, answer: Answer, out: Outgoing = OUT) -> tuple[Verdict, list[object]]:
    """What the channel says when a device on the broker answers so, and what the device saw."""
    seen: list[object] = []

    async def device(ready: asyncio.Event) -> None:
        lobby = aiomqtt.Client(
            "127.0.0.1", server.port, identifier="lobby-1", username=USERNAME, password=PASSWORD
        )
        async with lobby as client:
            await client.subscribe(f"{TOPIC}/show", qos=1)
            ready.set()
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                said = json.loads(message.payload)
                seen.append(said)
                if (word := answer(said)) is not None:
                    await client.publish(f"{TOPIC}/shown", word, qos=1)

    async def session() -> Verdict:
        ready = asyncio.Event()
        running = asyncio.ensure_future(device(ready))
        await ready.wait()
        try:
            return await channel(server.port).send(out, 0)
        finally:
            running.cancel()

    return asyncio.run(session()), seen


def test_a_device_that_shows_the_message_has_been_reached(mosquitto: Server) -> None:
    verdict, seen = tell(mosquitto, lambda said: json.dumps({"id": said["id"]}).encode())
    assert verdict.outcome is Outcome.DELIVERED
    assert seen == [{"v": 1, "id": "n1", "tier": 1, "text": "紧急 1栋1单元101"}]


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: None,
        lambda _: b'{"id":"another"}',
        lambda _: b"\xff",
        lambda _: b"[]",
        lambda _: b"[" * 5_000,
    ],
    ids=["silent", "about another", "no text", "no object", "too deep"],
)
def test_the_brokers_word_alone_is_no_success(mosquitto: Server, answer: Answer) -> None:
    verdict, _ = tell(mosquitto, answer)
    assert verdict.outcome is Outcome.UNKNOWN


def test_no_broker_is_temporary_and_no_address_is_final() -> None:
    async def session() -> list[Outcome]:
        nobody = channel(free_port())
        wrong = Outgoing("n1", "lobby/+/1", "x", {}, 0)
        return [(await nobody.send(out, 0)).outcome for out in (OUT, wrong)]

    assert asyncio.run(session()) == [Outcome.TEMPORARY, Outcome.PERMANENT]
