"""What was measured, asked back by device and time, whichever store keeps it.

The edge's own journal answers where there is no InfluxDB; both give the same readings. A
store that is still being filled says what it lacks, so that nobody takes a gap for no use.
"""

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

from edge.entry_readings import readings_of
from edge.journal import BLOB_ERRORS, decode
from edge.reading import Reading

LIMIT_MAX = 100_000


class HistoryUnavailable(Exception):  # noqa: N818  (a state of the store, not a fault of ours)
    """The store did not answer; the message says which and why."""


class Span(NamedTuple):
    """From one time until another, both included."""

    first_ns: int
    last_ns: int


class History(Protocol):
    """A store of readings that can be asked."""

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        """The readings of `devices` with `start_ns <= at_ns < end_ns`, oldest first.

        At most `limit` are given (and never more than 100,000), the oldest. The call blocks on
        disk or network; call it from a thread.

        Raises:
            HistoryUnavailable: the store did not answer.
        """
        ...

    def missing(self) -> list[Span]:
        """When that was received which some edge holds and this store has yet to be given.

        Readings of these times may be absent for a while; a gap there means nothing. Blocks,
        as `readings` does.

        Raises:
            HistoryUnavailable: the store did not answer.
        """
        ...


class JournalHistory:
    """The history in an edge's journal, which another process or task may be writing.

    Costs a look at every entry whose time span touches the one asked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        """See `History.readings`."""
        found = self._scan(frozenset(devices), start_ns, end_ns)
        return heapq.nsmallest(min(limit, LIMIT_MAX), found, key=order)

    def missing(self) -> list[Span]:
        """Nothing, ever: a reading is here before it is anywhere."""
        return []

    def _scan(self, devices: frozenset[str], start_ns: int, end_ns: int) -> Iterator[Reading]:
        for blob in self._blobs(start_ns, end_ns):
            try:
                entry = decode(blob)
            except BLOB_ERRORS:
                continue  # the edge itself counts and reports damaged entries
            for reading in readings_of(entry):
                if reading.device in devices and start_ns <= reading.at_ns < end_ns:
                    yield reading

    def _blobs(self, start_ns: int, end_ns: int) -> Iterator[bytes]:
        try:
            with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
                rows = connection.execute(
                    "SELECT blob FROM entry WHERE kind = 'admitted'"
                    " AND last_ns >= ? AND first_ns < ? ORDER BY id",
                    (start_ns, end_ns),
                )
                for (blob,) in rows:
                    yield blob
        except sqlite3.Error as error:
            raise HistoryUnavailable(f"{self._path}: {error}") from error


def order(reading: Reading) -> tuple[int, str, str, int, int]:
    """Oldest first; and one order for what happened at once."""
    return reading.at_ns, reading.device, reading.channel, reading.boot, reading.seq
