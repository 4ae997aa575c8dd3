"""Until when the certificates of a real TLS link are valid, and that the edge says so.

The servers' certificates are made for this: a server's or an authority's that ends first.
"""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge import topic
from edge.agent import EdgeSettings, run_edge
from edge.broker import BrokerSettings, PahoSession
from edge.certificate import valid_until_ns
from edge.clock import ScaledClock, SystemClock
from edge.reading import DAY_NS, HOUR_NS
from tests.contract.test_agent import settings as edge_settings
from tests.contract.test_session import online, play, receive
from tests.servers.hardened import Hardened, authority, certificate, hardened_in
from tests.servers.process import PASSWORD

EDGE, GATEWAY = "edge-e01", "gateway"
FAST = 60.0
"""A report a minute is one a second."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Hardened]:
    """Not yet started: a test may give it other certificates first."""
    hardened = hardened_in(tmp_path, [EDGE, GATEWAY])
    yield hardened
    hardened.server.kill()


def over_tls(broker: Hardened, user: str, *filters: str) -> PahoSession:
    chosen = BrokerSettings.model_validate({
        "port": broker.tls_port, "client_id": user, "username": user, "password": PASSWORD,
        "tls_ca": broker.certs / "ca.crt", "keepalive": "5 s",
    })  # fmt: skip
    return PahoSession(chosen, filters, clock=SystemClock(), rng=random.Random(3))


def days_left(until_ns: int | None) -> float:
    assert until_ns is not None
    return (until_ns - SystemClock().now_ns() + HOUR_NS) // DAY_NS


@pytest.mark.parametrize(
    ("authority_days", "server_days", "first"), [(400, 20, 20), (20, 400, 20), (9, 9, 9)]
)
def test_a_link_ends_with_the_first_of_its_certificates(
    broker: Hardened, authority_days: int, server_days: int, first: int
) -> None:
    authority(broker.certs, "ca", days=authority_days)
    certificate(broker.certs, "ca", days=server_days)
    broker.server.start()

    async def scenario() -> None:
        session = over_tls(broker, EDGE)
        assert session.certificate_until_ns is None
        async with online(session):
            assert days_left(session.certificate_until_ns) == first
        assert session.certificate_until_ns is None

    play(scenario())


def test_an_authority_s_new_certificate_beside_its_old_one_is_what_counts(
    broker: Hardened,
) -> None:
    trusted = authority(broker.certs, "ca", days=3)
    old = trusted.read_text("utf-8")
    authority(broker.certs, "ca", days=300)
    certificate(broker.certs, "ca", days=90)
    trusted.write_text(old + trusted.read_text("utf-8"), "utf-8")
    broker.server.start()

    async def scenario() -> None:
        async with online(session := over_tls(broker, EDGE)):
            assert days_left(session.certificate_until_ns) == 90

    play(scenario())


def test_what_is_no_tls_link_has_no_certificate(broker: Hardened) -> None:
    broker.server.start()

    async def scenario() -> None:
        chosen = BrokerSettings.model_validate({
            "port": broker.server.port, "client_id": EDGE, "username": EDGE, "password": PASSWORD,
        })  # fmt: skip
        session = PahoSession(chosen, (), clock=SystemClock(), rng=random.Random(3))
        async with online(session):
            assert session.certificate_until_ns is None

    play(scenario())
    assert valid_until_ns(None) is None


def test_an_edge_tells_the_gateway_until_when_its_link_s_certificate_is_valid(
    broker: Hardened, tmp_path: Path
) -> None:
    certificate(broker.certs, "ca", days=1)
    broker.server.start()
    settings = edge_settings(tmp_path)
    now_ns = SystemClock().now_ns()

    async def scenario() -> None:
        heard = topic.health_topic(settings.site, settings.edge)
        async with online(gateway := over_tls(broker, GATEWAY, heard)):
            running = asyncio.create_task(run_edge_over_tls(settings, broker, now_ns))
            (report,) = await receive(gateway, 1)
            running.cancel()
            await asyncio.wait([running])
            until_s = msgspec.json.decode(report.payload)["broker_certificate_until_s"]
            assert days_left(int(until_s) * 10**9) == 1

    play(scenario())


async def run_edge_over_tls(settings: EdgeSettings, broker: Hardened, now_ns: int) -> None:
    await run_edge(
        settings, connect=lambda filters, _: over_tls(broker, EDGE, *filters),
        clock=ScaledClock(FAST, now_ns, now_ns), rng=random.Random(5),
    )  # fmt: skip
