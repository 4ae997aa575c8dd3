"""Whether a real InfluxDB 1.x obeys anybody who reaches it, and that the edge says so."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.influx import Guarded, InfluxSettings, sink
from edge.journal import Journal
from tests.contract.forwarding import WatchedHealth, forward_all, health, influx, journal, v1
from tests.servers.databases import DATABASE, influxd_in, query
from tests.servers.process import PASSWORD, USERNAME, Server

__all__ = ["health", "influx", "journal"]


@pytest.fixture
def as_installed(tmp_path: Path) -> Iterator[Server]:
    """InfluxDB that asks nobody for a password."""
    server = influxd_in(tmp_path, accounts=False)
    server.start()
    query(server, f"CREATE DATABASE {DATABASE}")
    yield server
    server.kill()


def is_open(server: Server, settings: InfluxSettings | None = None) -> bool:
    async def ask() -> bool:
        asked = sink(settings or v1(server))
        assert isinstance(asked, Guarded)
        try:
            return await asked.is_open()
        finally:
            await asked.aclose()

    return asyncio.run(ask())


def test_an_influxdb_as_it_is_installed_is_open_and_the_edge_says_so_once(
    as_installed: Server,
    journal: Journal,
    health: WatchedHealth,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        forward_all(journal, health, sink(v1(as_installed)))
    assert health.gauged("influx_open") == 1
    assert caplog.text.count("obeys anybody") == 1


def test_one_with_an_account_for_the_edge_is_not(
    influx: Server, journal: Journal, health: WatchedHealth, caplog: pytest.LogCaptureFixture
) -> None:
    forward_all(journal, health, sink(v1(influx)))
    assert health.gauged("influx_open") == 0
    assert "obeys anybody" not in caplog.text


def test_a_password_in_the_address_is_not_used_to_ask(influx: Server) -> None:
    where = influx.url.replace("//", f"//{USERNAME}:{PASSWORD}@")
    settings = InfluxSettings.model_validate({"url": where, "database": DATABASE})
    assert not is_open(influx, settings)


def test_one_whose_accounts_nobody_has_made_is_open_until_there_is_an_administrator(
    tmp_path: Path,
) -> None:
    server = influxd_in(tmp_path)
    server.start()
    try:
        assert is_open(server)
        query(server, f"CREATE USER {USERNAME} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES")
        assert not is_open(server)
        server.kill()
        assert not is_open(server), "one that is away obeys nobody"
    finally:
        server.kill()
