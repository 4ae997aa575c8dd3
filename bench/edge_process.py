"""The edge agent of the benchmark: a process of its own, watched from outside."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench import process_use
from bench.feed import SITE, registry_text
from bench.publisher import Address

EDGE = "bench"
_POLL_S = 0.005
_GIVE_UP_S = 300.0
_REST_S = 2.0


class Moment(NamedTuple):
    """How far the edge had come at a time, and what it had used."""

    wall_s: float
    cpu_s: float
    readings: int


class Usage(NamedTuple):
    """What the edge holds at a time: resident memory, journal with its log, open files."""

    rss_mb: float
    journal_mb: float
    open_files: int


class Edge:
    """The edge agent as a process of its own, in a folder of its own."""

    def __init__(
        self, folder: Path, address: Address, *, registry: str = "", journal: str = ""
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._journal = folder / "journal.sqlite"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "registry.toml").write_text(registry or registry_text())
        (folder / "edge.toml").write_text(
            f'edge = "{EDGE}"\nsite = "{SITE}"\nregistry = "registry.toml"\n'
            f'[journal]\npath = "journal.sqlite"\n{journal}'
            f'[clock]\ntrust = "assume"\n'
            f'[broker]\nhost = "{address.host}"\nport = {address.port}\nclient_id = "{EDGE}"\n'
            f'username = "{address.username}"\npassword = "{address.password}"\n'
        )

    def start(self, clock: str = "real") -> Moment:
        """The process is started, on that clock; its subscriptions follow."""
        command = [sys.executable, "-m", "simulators.cli", "edge", "--clock", clock, "--config"]
        with (self._folder / "edge.log").open("ab") as log:
            self._process = subprocess.Popen([*command, self._folder / "edge.toml"], stderr=log)
        return Moment(time.perf_counter(), 0.0, self._durable())

    def stop(self) -> int:
        """The process has written its checkpoint and ended; return all bytes it ever wrote.

        Raises:
            RuntimeError: it ended with a failure; the message holds the end of its log.
        """
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # its books stay open until
        written = _written_bytes(process.pid)
        if process.wait() != 0:
            log = (self._folder / "edge.log").read_text()[-2_000:]
            raise RuntimeError(f"the edge ended with {process.returncode}:\n{log}")
        return written

    def compact(self) -> None:
        """Cut the stopped edge's journal to what it holds; a journal never shrinks by itself."""
        with closing(sqlite3.connect(self._journal)) as journal:
            journal.execute("VACUUM")
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def until_durable(self, readings: int) -> Moment:
        """The moment at which `readings` were first seen committed, within some milliseconds.

        Each batch is judged before the next is taken, so at most the last one is not judged yet.

        Raises:
            TimeoutError: they are not, after five minutes.
        """
        async with asyncio.timeout(_GIVE_UP_S):
            while (count := self._durable()) < readings:  # noqa: ASYNC110  (another process's file)
                await asyncio.sleep(_POLL_S)
        return Moment(time.perf_counter(), process_use.cpu_s(self._pid), count)

    def rss_mb(self) -> float:
        """The largest resident size so far, in MB."""
        return process_use.rss_mb_max(self._pid)

    async def until_idle(self) -> None:
        """Wait until it has used less than a tenth of a core for two seconds.

        Raises:
            TimeoutError: it does not rest, after five minutes.
        """
        async with asyncio.timeout(_GIVE_UP_S):
            used_s, before_s = 1.0, process_use.cpu_s(self._pid)
            while used_s > 0.1 * _REST_S:
                await asyncio.sleep(_REST_S)
                now_s = process_use.cpu_s(self._pid)
                used_s, before_s = now_s - before_s, now_s

    def usage(self) -> Usage:
        """What it holds now."""
        files = sum(1 for _ in Path(f"/proc/{self._pid}/fd").iterdir())
        log = self._journal.with_name(f"{self._journal.name}-wal")
        held = sum(each.stat().st_size for each in (self._journal, log) if each.exists())
        return Usage(process_use.rss_mb(self._pid), held / 1e6, files)

    def written_bytes(self) -> int:
        """Bytes that the process has caused to be written to storage until now."""
        return _written_bytes(self._pid)

    def _durable(self) -> int:
        if not self._journal.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as journal:
            try:
                count = journal.execute("SELECT COALESCE(SUM(count), 0) FROM entry")
                return int(count.fetchone()[0])
            except sqlite3.OperationalError:  # the tables are still being made
                return 0

    @property
    def _pid(self) -> int:
        assert self._process
        return self._process.pid


def _written_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("write_bytes")).split()[1])
