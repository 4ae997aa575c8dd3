"""What was measured, asked back by device and time, whichever store keeps it.

The edge's own journal answers where there is no InfluxDB; both give the same readings, but
that InfluxDB keeps event times to the microsecond and one value a message and moment.
"""

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import httpx

from edge.influx import InfluxSettings
from edge.journal import BLOB_ERRORS, decode, readings_of
from edge.line_protocol import event_ns
from edge.reading import Kind, Quality, Reading, TimeSource
from edge.topic import is_segment

LIMIT_MAX = 100_000


class HistoryUnavailable(Exception):  # noqa: N818  (a state of the store, not a fault of ours)
    """The store did not answer; the message says which and why."""


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
        return heapq.nsmallest(min(limit, LIMIT_MAX), found, key=_order)

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


_COLUMNS = (
    "value", "text", "quality", "clock", "historical", "resolution", "boot", "received_ns", "seq",
    "channel", "device", "kind", "unit",
)  # fmt: skip


class InfluxHistory:
    """The history in InfluxDB, over the InfluxQL `/query` that 1.x, 2.x and 3.x serve."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        auth = httpx.BasicAuth(settings.username, settings.key()) if settings.username else None
        self._client = httpx.Client(
            base_url=settings.url, auth=auth, timeout=settings.timeout, trust_env=False
        )

    def readings(
        self, devices: Sequence[str], start_ns: int, end_ns: int, limit: int
    ) -> list[Reading]:
        """See `History.readings`."""
        named = [device for device in devices if is_segment(device)]
        if not named or limit <= 0:
            return []
        rows = self._rows(_query(named, start_ns, end_ns, min(limit, LIMIT_MAX)))
        return sorted((_reading(row) for row in rows), key=_order)

    def close(self) -> None:
        """Give the connection up."""
        self._client.close()

    def _rows(self, query: str) -> list[dict[str, Any]]:
        parameters = {"db": self._settings.database, "epoch": "ns", "q": query}
        try:
            answer = self._client.post("/query", data=parameters).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise HistoryUnavailable(f"{self._settings.url}: {error}") from error
        result = answer["results"][0]
        if "error" in result:
            raise HistoryUnavailable(f"{self._settings.url}: {result['error']}")
        return [
            dict(zip(series["columns"], row, strict=True))
            for series in result.get("series", [])
            for row in series["values"]
        ]


def _query(devices: Sequence[str], start_ns: int, end_ns: int, limit: int) -> str:
    """InfluxQL for the points of `devices`, which must be topic segments."""
    columns = ", ".join(f'"{name}"' for name in _COLUMNS)
    chosen = " OR ".join(f"\"device\" = '{device}'" for device in devices)
    return (
        f'SELECT {columns} FROM "reading"'  # noqa: S608  (InfluxQL; segments need no quoting)
        f" WHERE ({chosen}) AND time >= {event_ns(start_ns)} AND time < {end_ns}"
        f" ORDER BY time LIMIT {limit}"
    )


def _reading(row: dict[str, Any]) -> Reading:
    return Reading(
        device=row["device"],
        unit=row["unit"],
        kind=Kind(row["kind"]),
        channel=row["channel"],
        value=float(row["value"]) if row["text"] is None else row["text"],
        at_ns=event_ns(row["time"]),
        received_ns=row["received_ns"],
        clock=TimeSource(row["clock"]),
        quality=Quality(row["quality"]),
        historical=row["historical"],
        seq=row["seq"],
        boot=row["boot"],
        resolution=float(row["resolution"]),
    )


def _order(reading: Reading) -> tuple[int, str, str, int, int]:
    return reading.at_ns, reading.device, reading.channel, reading.boot, reading.seq
