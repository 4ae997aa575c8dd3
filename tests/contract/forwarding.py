"""A forwarder over a journal of its own, for tests of what it feeds and of who reads there."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.forwarder import Forwarder, Source
from edge.health import Health
from edge.influx import InfluxSettings, Sink
from edge.journal import Journal, JournalSettings, open_journal
from edge.outbox import Outbox
from edge.registry import Registry
from tests.contract.readings import NOW_NS
from tests.servers.databases import DATABASE, query
from tests.servers.influx_v2 import BUCKET, ORG, TOKEN, Influx2, influx_v2
from tests.servers.process import Server

EPOCH = "0b5b1c52-0000-4000-8000-000000000001"
HERE = Path("registry.toml")
REGISTRY = Registry.parse(
    {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u1", "building": "b01"}],
        "device": [{"id": f"wm-{n}", "kind": "water", "unit": "u1"} for n in (1, 2)],
    },
    HERE,
)


class WatchedHealth(Health):
    """Counters that a test can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Event()

    def count(self, name: str, amount: int = 1, *, reason: str = "") -> None:
        super().count(name, amount, reason=reason)
        self._changed.set()

    async def until(self, name: str, amount: int, reason: str | None = None) -> None:
        async with asyncio.timeout(20):
            while self.counted(name, reason) < amount:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def health() -> WatchedHealth:
    return WatchedHealth()


@pytest.fixture
def journal(tmp_path: Path, health: WatchedHealth) -> Iterator[Journal]:
    settings = JournalSettings(path=tmp_path / "journal.db")
    journal = open_journal(settings, fresh_epoch=EPOCH, now_ns=NOW_NS, health=health)
    yield journal
    journal.close()


@pytest.fixture
def influx2() -> Iterator[Influx2]:
    """The small InfluxDB 2, empty."""
    with influx_v2() as server:
        yield server


@pytest.fixture
def influx(influxdb: Server) -> Server:
    """InfluxDB, running and with an empty database."""
    influxdb.start()
    query(influxdb, f"DROP DATABASE {DATABASE}")
    query(influxdb, f"CREATE DATABASE {DATABASE}")
    return influxdb


def v1(server: Server) -> InfluxSettings:
    return InfluxSettings.model_validate({
        "url": server.url, "database": DATABASE, "timeout": "5 s",
        "username": server.username, "secret": server.password,
    })  # fmt: skip


class _Hurry(SystemClock):
    """A clock on which back-offs of a minute pass in 60 ms."""

    speed = 1_000.0


def v2(server: Influx2) -> InfluxSettings:
    return InfluxSettings.model_validate({
        "url": server.url, "api": "v2", "database": BUCKET, "org": ORG, "timeout": "5 s",
        "secret": TOKEN,
    })  # fmt: skip


def forwarder(journal: Journal, health: Health, to: Sink) -> Forwarder:
    source = Source("e01", journal, Outbox(journal, forwarded=True), REGISTRY)
    return Forwarder(
        source, to, backfill_per_s=5_000, clock=_Hurry(), rng=random.Random(1), health=health
    )


def forward_all(journal: Journal, health: Health, to: Sink) -> None:
    async def main() -> None:
        walker = forwarder(journal, health, to)
        while await walker.forward():
            pass
        await to.aclose()

    asyncio.run(main())
