"""The gateway of the alert benchmark: a process of its own, with workers behind webhooks."""

import base64
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Self

import aiomqtt
import msgspec

from bench.alert_load import EDGE, SITE, Condition, buildings
from bench.publisher import Address, Publisher
from edge.outbox import Envelope
from gateway.intake import filters
from simulators.duty import WELFARE_WORDS, Duty, roster_of
from tests.servers.process import Server, accepts, free_port

_PLAN = f"""
[[plan]]
id = "tier{{tier}}"
category = "*"
tier = {{tier}}
{WELFARE_WORDS}on_clear = "keep"
ack_within = "15 min"
[[plan.step]]
after = "0 s"
roles = ["grid_worker"]
channels = ["webhook"]
"""

_ACCOUNTED = """
SELECT id FROM incident WHERE next_due_ns IS NOT NULL
    OR id IN (SELECT incident_id FROM outbox) OR id IN (SELECT incident_id FROM waiting)
"""


class Gateway:
    """A real gateway in `folder`, over SQLite, that tells one worker for each building."""

    def __init__(self, folder: Path, address: Address, hook: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._address = address
        self._client = f"bench-{folder.name}"
        self._seq = 0
        self._publisher: Publisher | None = None
        port = free_port()
        _write(folder, address, self._client, hook, port)
        command = [sys.executable, "-m", "simulators.cli", "gateway", "--config", "gateway.toml"]
        self.server = Server(command, port, folder, accepts)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """It runs, and the broker keeps for it what comes while it does not."""
        await self._subscribe()
        self._publisher = await Publisher.connect(self._address, "bench-findings")
        self.server.start()
        try:
            yield self
        finally:
            await self._publisher.close()
            self.server.kill()
            await self._forget()

    async def tell(self, found: Sequence[Condition]) -> None:
        """The broker has confirmed the messages of an edge that tell of `found`."""
        assert self._publisher
        await self._publisher.publish(self._messages(found))

    async def _subscribe(self) -> None:
        async with self._session(clean=False) as client:
            for pattern in filters(SITE):
                await client.subscribe(pattern, qos=1)

    async def _forget(self) -> None:
        """The broker keeps nothing for it any more."""
        async with self._session(clean=True):
            pass

    def _session(self, *, clean: bool) -> aiomqtt.Client:
        address = self._address
        return aiomqtt.Client(
            address.host, address.port, username=address.username, password=address.password,
            identifier=self._client, clean_session=clean,
        )  # fmt: skip

    def _messages(self, found: Sequence[Condition]) -> list[tuple[str, bytes]]:
        """Numbered on from the last."""
        told = []
        for condition in found:
            self._seq += 1
            envelope = Envelope(1, EDGE, "bench", self._seq, condition.finding, after=self._seq - 1)
            told.append((f"sw/1/{SITE}/_finding/{EDGE}", msgspec.json.encode(envelope)))
        return told

    def incidents(self) -> frozenset[str]:
        """The incidents in its database, each with the time at which it is told or its message."""
        return frozenset(row[0] for row in self._asked(_ACCOUNTED))

    def holds(self, names: frozenset[str]) -> bool:
        """Whether each has its incident in the database."""
        return names <= self.incidents()

    def _asked(self, query: str) -> list[tuple[str]]:
        database = f"file:{self._folder / 'gateway.db'}?mode=ro"
        with closing(sqlite3.connect(database, uri=True)) as rows:
            return rows.execute(query).fetchall()


def _write(folder: Path, address: Address, client: str, hook: str, port: int) -> None:
    workers = (
        (Duty(f"w{n:02d}", f"w{n:02d}", "grid_worker", "", f"{hook}/w{n:02d}"), area)
        for n, area in enumerate(buildings())
    )
    key = base64.b64encode(b"a secret of the benchmark, 32 b.").decode()
    files = {
        "plans.toml": "version = 1\n" + "".join(_PLAN.format(tier=tier) for tier in (1, 2, 3)),
        "roster.toml": roster_of(workers),
        "places.toml": f'version = 1\n[place]\n"{SITE}" = {{ zh = "幸福里", en = "X" }}\n',
        "registry.toml": f'version = 1\nsite = "{SITE}"\n' + _units(),
        "webhook.secret": f"whsec_{key}",
        "gateway.toml": (
            f'site = "{SITE}"\npublic_url = "http://127.0.0.1:1"\nregistry = "registry.toml"\n'
            f'plans = "plans.toml"\nroster = "roster.toml"\nplaces = "places.toml"\n'
            f'secret_file = "link.secret"\n[listen]\nport = {port}\n'
            f'[database]\nurl = "sqlite:///gateway.db"\n'
            f'[broker]\nhost = "{address.host}"\nport = {address.port}\nclient_id = "{client}"\n'
            f'username = "{address.username}"\npassword = "{address.password}"\n'
            f'[channels.webhook]\nsecret_file = "webhook.secret"\n'
            f'private_networks = ["127.0.0.0/8"]\n'
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def _units() -> str:
    """One home in each building, so that the roster's areas are places of the registry."""
    return "".join(
        f'[[unit]]\ncode = "u{n:02d}"\nbuilding = "{area.rpartition("/")[2]}"\n'
        for n, area in enumerate(buildings())
    )
