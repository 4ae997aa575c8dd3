"""A peer as a process of its own, watched from outside: what it has stored, and what that took.

It is stopped, not ended, while the broker collects the feed: its start does not count, and its
session is the one that it had before. The time runs from its waking, since a peer takes much
into memory, and acks it, before its first commit.
"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.backlog import publish
from bench.process_use import cpu_s, rss_mb_max
from bench.publisher import Address

ROOT = Path(__file__).parents[2]
_POLL_S = 0.01
_GIVE_UP_S = 300.0
_SETTLE_S = 0.5
"""It subscribes right after it has said that it is there."""


class PeerFigures(NamedTuple):
    """What the peer did; `rows` are those that its SQLite held at the end."""

    messages_per_s: float
    cpu_us_per_message: float
    rss_mb: float
    rows: int


class Run(NamedTuple):
    """How a peer is run: its command, `started` that it says then, and how its rows are counted."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]
    started: str
    rows: Callable[[], int]


class _Moment(NamedTuple):
    wall_s: float
    cpu_s: float
    rows: int


def home_of(peer: str) -> Path:
    """Where that peer is installed."""
    return ROOT / ".bench/peers" / peer


def is_ready(peer: str) -> bool:
    """Whether it is installed."""
    return (home_of(peer) / "ready").exists()


def setup_of(peer: str) -> str:
    """The command that installs it, from the repository's folder."""
    return f"bench/peers/setup {peer}"


def set_up(peer: str) -> None:
    """The peer is installed.

    Raises:
        RuntimeError: it cannot be; the message says how to see why.
    """
    command = setup_of(peer)
    if not is_ready(peer) and subprocess.run(command.split(), cwd=ROOT, check=False).returncode:
        raise RuntimeError(f"the peer cannot be installed; run {command} and see")


def rows_in(path: Path, table: str) -> int:
    """Rows by their highest number, as nothing deletes any: cheap, unlike a count."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as storage:
        try:
            found = storage.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}")
            return int(found.fetchone()[0])
        except sqlite3.OperationalError:  # the table is still being made
            return 0


class Peer:
    """One peer that runs in `folder`."""

    def __init__(self, folder: Path, run: Run) -> None:
        self._log = folder / "out.log"
        self._run = run
        environment = os.environ | dict(run.environment)
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                run.command, cwd=folder, env=environment, stdout=out, stderr=out
            )

    async def until_started(self) -> None:
        """Wait until it says so, and has subscribed."""
        await self._until(lambda: self._run.started in self._log.read_text())
        await asyncio.sleep(_SETTLE_S)

    async def taken_in(
        self, address: Address, messages: Iterable[tuple[str, bytes]], count: int
    ) -> PeerFigures:
        """What it did with `count` messages that the broker kept for it while it stood still."""
        self._process.send_signal(signal.SIGSTOP)
        await publish(address, messages)
        first = self._moment()
        self._process.send_signal(signal.SIGCONT)
        await self._until(lambda: self._run.rows() - first.rows >= count)
        last = self._moment()
        done = last.rows - first.rows
        return PeerFigures(
            messages_per_s=done / (last.wall_s - first.wall_s),
            cpu_us_per_message=(last.cpu_s - first.cpu_s) / done * 1e6,
            rss_mb=rss_mb_max(self._process.pid),
            rows=last.rows,
        )

    def end(self) -> None:
        """The process is gone; what it stored is not needed."""
        self._process.kill()
        self._process.wait()

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_GIVE_UP_S):
            while not reached():
                if self._process.poll() is not None:
                    raise RuntimeError(self._log.read_text()[-2_000:])
                await asyncio.sleep(_POLL_S)

    def _moment(self) -> _Moment:
        return _Moment(time.perf_counter(), cpu_s(self._process.pid), self._run.rows())
