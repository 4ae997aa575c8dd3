"""The edge agent of the benchmark: a process of its own, watched from outside."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from bench.feed import SITE, registry_text
from bench.publisher import Address

EDGE = "bench"
_POLL_S = 0.02
_GIVE_UP_S = 300.0


class Edge:
    """The edge agent as a process of its own, in a folder of its own."""

    def __init__(self, folder: Path, address: Address) -> None:
        folder.mkdir()
        self._folder = folder
        self._journal = folder / "journal.sqlite"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "registry.toml").write_text(registry_text())
        (folder / "edge.toml").write_text(
            f'edge = "{EDGE}"\nsite = "{SITE}"\nregistry = "registry.toml"\n'
            f'[journal]\npath = "journal.sqlite"\n'
            f'[broker]\nhost = "{address.host}"\nport = {address.port}\nclient_id = "{EDGE}"\n'
            f'username = "{address.username}"\npassword = "{address.password}"\n'
        )

    def start(self) -> None:
        """The process is started; its subscriptions follow."""
        log = (self._folder / "edge.log").open("ab")
        command = [sys.executable, "-m", "simulators.cli", "edge", "--config"]
        self._process = subprocess.Popen([*command, self._folder / "edge.toml"], stderr=log)

    def stop(self) -> None:
        """The process has written its checkpoint and ended.

        Raises:
            RuntimeError: it ended with a failure; the message holds the end of its log.
        """
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        if process.wait(60) != 0:
            log = (self._folder / "edge.log").read_text()[-2_000:]
            raise RuntimeError(f"the edge ended with {process.returncode}:\n{log}")

    def proc(self, name: str) -> str:
        """A file of the kernel about the process."""
        assert self._process
        return Path(f"/proc/{self._process.pid}/{name}").read_text()

    def durable(self) -> int:
        """How many readings are committed; each batch is judged before the next is taken."""
        if not self._journal.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as journal:
            try:
                count = journal.execute("SELECT COALESCE(SUM(count), 0) FROM entry")
                return int(count.fetchone()[0])
            except sqlite3.OperationalError:  # the tables are still being made
                return 0

    async def until_durable(self, readings: int) -> None:
        """Return once `readings` are committed.

        Raises:
            TimeoutError: they are not, after five minutes.
        """
        async with asyncio.timeout(_GIVE_UP_S):
            while self.durable() < readings:  # noqa: ASYNC110  (another process's file)
                await asyncio.sleep(_POLL_S)

    def rss_mb(self) -> float:
        """The largest resident size so far, in MB."""
        line = next(x for x in self.proc("status").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1_000

    def written_bytes(self) -> int:
        """Bytes that the process has caused to be written to storage."""
        lines = self.proc("io").splitlines()
        return int(next(x for x in lines if x.startswith("write_bytes")).split()[1])

    def cpu_s(self) -> float:
        """Processor seconds used so far, all threads."""
        fields = self.proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100
