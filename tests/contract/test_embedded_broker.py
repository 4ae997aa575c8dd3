import asyncio
import stat
from collections.abc import Sequence
from pathlib import Path

import aiomqtt
import pytest

from simulators.nats import HOST, USERNAME, BrokerFailed, embedded_broker, free_port, program

pytestmark = pytest.mark.skipif(program() is None, reason="nats-server is not installed")


def _client(port: int, password: str, *, name: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        HOST, port, username=USERNAME, password=password, identifier=name, clean_session=False
    )


async def _publish(folder: Path, texts: Sequence[bytes]) -> None:
    async with embedded_broker(folder) as broker:
        async with _client(broker.port, broker.password, name="reader") as reader:
            await reader.subscribe("sw/1/#", qos=1)
        async with _client(broker.port, broker.password, name="writer") as writer:
            for text in texts:
                await writer.publish("sw/1/s01/x", text, qos=1)


async def _collect(folder: Path, wanted: int) -> list[object]:
    async with (
        embedded_broker(folder) as broker,
        _client(broker.port, broker.password, name="reader") as reader,
        asyncio.timeout(10),
    ):
        await reader.subscribe("sw/1/#", qos=1)
        return [(await anext(aiter(reader.messages))).payload for _ in range(wanted)]


def test_messages_of_a_persistent_session_survive_a_restart_of_the_broker(tmp_path: Path) -> None:
    asyncio.run(_publish(tmp_path, [b"one", b"two"]))
    assert asyncio.run(_collect(tmp_path, 2)) == [b"one", b"two"]


def test_a_wrong_password_is_refused_and_the_right_one_is_private(tmp_path: Path) -> None:
    async def intrude() -> None:
        async with embedded_broker(tmp_path) as broker:
            for name in ("password", "nats.conf"):
                assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
            assert broker.password not in repr(broker)
            async with _client(broker.port, "guess", name="thief"):
                pytest.fail("the broker let a wrong password in")

    with pytest.raises(aiomqtt.MqttError):
        asyncio.run(intrude())


def test_the_broker_has_ended_after_its_block(tmp_path: Path) -> None:
    async def main() -> int | None:
        async with embedded_broker(tmp_path) as broker:
            assert broker.process.returncode is None
        return broker.process.returncode

    assert asyncio.run(main()) is not None


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    async def main() -> None:
        port = free_port()
        async with embedded_broker(tmp_path / "first", port), embedded_broker(tmp_path, port):
            pytest.fail("two brokers cannot listen on one port")

    with pytest.raises(BrokerFailed, match="is taken"):
        asyncio.run(main())
