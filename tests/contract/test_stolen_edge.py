"""An edge's box that was stolen, or copied and started elsewhere, is shut out by its user's end.

By the shipped configuration on a real mosquitto: `mosquitto_passwd -D`, then a reload.
"""

import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import topic
from edge.broker import BrokerSettings, PahoSession
from edge.clock import SystemClock
from tests.contract.test_session import online, payloads, play, receive
from tests.servers.hardened import Hardened, hardened_in
from tests.servers.links import Links, cancelled, kept_out, listening
from tests.servers.process import PASSWORD, program

STOLEN, GATEWAY = "edge-e01", "gateway"
FINDINGS = topic.finding_topic("s01", "e01")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Hardened]:
    hardened = hardened_in(tmp_path, [STOLEN, GATEWAY])
    hardened.server.start()
    yield hardened
    hardened.server.kill()


def session(broker: Hardened, user: str, *filters: str) -> PahoSession:
    settings = BrokerSettings.model_validate({
        "port": broker.server.port, "client_id": user, "username": user, "password": PASSWORD,
        "keepalive": "5 s",
    })  # fmt: skip
    return PahoSession(settings, filters, clock=SystemClock(), rng=random.Random(3))


def revoke(broker: Hardened, user: str) -> None:
    """What the operator does; see docs/broker.md."""
    passwords = broker.server.folder / "passwords"
    subprocess.run([program("mosquitto_passwd"), "-D", str(passwords), user], check=True)
    process = broker.server.process
    assert process is not None
    process.send_signal(signal.SIGHUP)


def test_an_edge_whose_user_is_ended_loses_its_link_and_gets_no_other(broker: Hardened) -> None:
    async def scenario() -> None:
        async with online(session(broker, GATEWAY, FINDINGS)) as gateway:
            stolen = session(broker, STOLEN)
            links = Links(stolen)
            await links.first()
            await stolen.publish(FINDINGS, b"before")
            assert payloads(await receive(gateway, 1)) == [b"before"]
            with listening("connection refused") as said:
                revoke(broker, STOLEN)
                await said.wait()
            assert links.seen == [True, False]
            await cancelled(links.running)
            await kept_out(session(broker, STOLEN), "connection refused")
            assert gateway.connected, "whoever is still listed stays"

    play(scenario())
