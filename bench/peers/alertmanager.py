"""Debian's prometheus-alertmanager under the same load: conditions in, webhooks out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpx

from bench.alert_load import Condition
from tests.servers.process import Server, accepts, free_port, program

_CONFIG = """
route:
  receiver: sink
  group_by: [{group_by}]
  group_wait: {wait}
  group_interval: 10s
  repeat_interval: 4h
receivers:
- name: sink
  webhook_configs:
  - url: {hook}/alertmanager
    send_resolved: false
"""
EACH, BY_BUILDING = "'...'", "building"


class Alertmanager:
    """One process that groups by `group_by` and waits `wait` before it tells of a group."""

    def __init__(self, folder: Path, hook: str, group_by: str, wait: str) -> None:
        folder.mkdir()
        port = free_port()
        config = folder / "alertmanager.yml"
        config.write_text(_CONFIG.format(group_by=group_by, wait=wait, hook=hook))
        command = [
            str(program("prometheus-alertmanager")),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        self.server = Server(command, port, folder, accepts)
        self._client = httpx.AsyncClient(base_url=self.server.url, trust_env=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """It runs while the block does."""
        self.server.start()
        try:
            yield self
        finally:
            await self._client.aclose()
            self.server.kill()

    async def tell(self, found: Sequence[Condition]) -> None:
        """It has taken `found`.

        Raises:
            httpx.HTTPError: it has not.
        """
        alerts = [
            {"labels": {"alertname": "bench", "building": each.building, "name": each.name}}
            for each in found
        ]
        answer = await self._client.post("/api/v2/alerts", json=alerts)
        answer.raise_for_status()

    def holds(self, names: frozenset[str]) -> bool:
        """It has what it has answered for, in memory."""
        del names
        return True
