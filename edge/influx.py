"""The journal's readings and findings, carried on to InfluxDB.

A cursor walks the journal and moves only when the server has said 204. The server may be
away for days: nothing piles up but the journal, and what is sent twice changes nothing.
"""

import asyncio
import gzip
import logging
import random
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Literal, Protocol, Self

import httpx
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from pydantic import Field, SecretStr, model_validator
from urllib3.exceptions import HTTPError

from edge.clock import Clock, sleep
from edge.disk_room import when_room
from edge.health import Health
from edge.journal import INFLUX, INFLUX_FINDINGS, DeadLetter, Journal, readings_of
from edge.line_protocol import finding_line, reading_line
from edge.outbox import Outbox
from edge.registry import Registry
from edge.settings import DurationS, Settings

log = logging.getLogger(__name__)

ENTRIES_A_BATCH = 100
LINES_A_WRITE = 5_000
_FINDINGS_A_BATCH = 256
_IDLE_S = 1.0
_BACKOFF_S_MIN, _BACKOFF_S_MAX = 1.0, 60.0


class InfluxSettings(Settings):
    """Which InfluxDB is fed, and over which of its interfaces; secrets never print.

    `v1` (`/write`) is served by InfluxDB 1, 2 and 3; `v2` (`/api/v2/write`) by 1.8, 2 and 3,
    with `database` as the bucket and the secret as the token; a username then means a proxy
    in front that asks for both.
    """

    url: str = Field(pattern=r"^https?://")
    api: Literal["v1", "v2"] = "v1"
    database: str = Field(min_length=1)
    org: str = ""
    username: str | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None
    timeout: DurationS = Field(default=10.0, gt=0)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("give secret or secret_file, not both")
        return self

    def key(self) -> str:
        """The password or token, read from its file when it is kept in one; raises OSError."""
        if self.secret_file is not None:
            return self.secret_file.read_text("utf-8").strip()
        return "" if self.secret is None else self.secret.get_secret_value()


class Verdict(Enum):
    """What a server's answer to a write means for its lines."""

    STORED = auto()
    REFUSED = auto()  # some line is bad; the good ones of the write may be in
    LATER = auto()  # nothing wrong with the lines; try them again


# Every status that is not listed: LATER. So a wrong password or a missing database loses
# nothing; it shows as retries that do not end.
_VERDICTS = {200: Verdict.STORED, 204: Verdict.STORED, 400: Verdict.REFUSED,
             413: Verdict.REFUSED, 422: Verdict.REFUSED}  # fmt: skip


class Sink(Protocol):
    """A server that takes lines."""

    async def write(self, lines: Sequence[str]) -> tuple[Verdict, str]:
        """Send one write; the verdict on it, and the status or the error in a word."""
        ...

    async def aclose(self) -> None:
        """Give the connection up."""
        ...


class V1Sink:
    """`/write` of InfluxDB 1.x, and its twin in 2.x and 3.x, gzipped."""

    def __init__(self, settings: InfluxSettings) -> None:
        auth = httpx.BasicAuth(settings.username, settings.key()) if settings.username else None
        self._client = httpx.AsyncClient(
            base_url=settings.url, auth=auth, timeout=settings.timeout, trust_env=False
        )
        self._parameters = {"db": settings.database, "precision": "ns"}

    async def write(self, lines: Sequence[str]) -> tuple[Verdict, str]:
        """See `Sink.write`."""
        body = gzip.compress("\n".join(lines).encode(), compresslevel=1)
        try:
            answer = await self._client.post(
                "/write",
                params=self._parameters,
                content=body,
                headers={"Content-Encoding": "gzip"},
            )
        except httpx.TransportError as error:
            return Verdict.LATER, type(error).__name__
        return _VERDICTS.get(answer.status_code, Verdict.LATER), str(answer.status_code)

    async def aclose(self) -> None:
        """See `Sink.aclose`."""
        await self._client.aclose()


class V2Sink:
    """`/api/v2/write` through influxdb-client, one synchronous write at a time, unbuffered."""

    def __init__(self, settings: InfluxSettings) -> None:
        key = settings.key()
        self._client = InfluxDBClient(
            url=settings.url,
            token=f"{settings.username}:{key}" if settings.username else key,
            auth_basic=settings.username is not None,
            org=settings.org,
            timeout=int(settings.timeout * 1_000),
            enable_gzip=True,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._bucket, self._org = settings.database, settings.org

    async def write(self, lines: Sequence[str]) -> tuple[Verdict, str]:
        """See `Sink.write`; the call blocks a thread, not the loop."""
        return await asyncio.to_thread(self._write, list(lines))

    async def aclose(self) -> None:
        """See `Sink.aclose`."""
        self._client.close()  # type: ignore[no-untyped-call]  # left untyped by the library

    def _write(self, lines: list[str]) -> tuple[Verdict, str]:
        try:
            self._api.write(bucket=self._bucket, org=self._org, record=lines)  # in nanoseconds
        except ApiException as error:
            return _VERDICTS.get(error.status or 0, Verdict.LATER), str(error.status)
        except (HTTPError, OSError) as error:
            return Verdict.LATER, type(error).__name__
        return Verdict.STORED, "204"


def sink(settings: InfluxSettings) -> Sink:
    """The sink that `settings` name, not yet connected."""
    return V1Sink(settings) if settings.api == "v1" else V2Sink(settings)


class Forwarder:
    """Walks one journal and feeds one sink."""

    def __init__(  # noqa: PLR0913  (its whole surroundings, wired once by the agent)
        self,
        journal: Journal,
        outbox: Outbox,
        registry: Registry,
        to: Sink,
        *,
        clock: Clock,
        rng: random.Random,
        health: Health,
    ) -> None:
        self._journal = journal
        self._outbox = outbox
        self._registry = registry
        self._sink = to
        self._clock = clock
        self._rng = rng
        self._health = health

    async def run(self) -> None:
        """Forward for ever."""
        try:
            while True:
                if not await self.forward_batch():
                    await sleep(self._clock, _IDLE_S)
        finally:
            await self._sink.aclose()

    async def forward_batch(self) -> bool:
        """Forward the next readings and findings and move the cursors; False when none wait."""
        start = self._journal.position(INFLUX)
        end = min(start + ENTRIES_A_BATCH, self._journal.last)
        lines = self._reading_lines(start, end - start)
        owed = self._outbox.after(self._journal.position(INFLUX_FINDINGS), _FINDINGS_A_BATCH)
        lines += [text for o in owed if (text := finding_line(o.finding, o.seq)) is not None]
        for first in range(0, len(lines), LINES_A_WRITE):
            await self._deliver(lines[first : first + LINES_A_WRITE])
        self._journal.advance(INFLUX, end)
        if owed:
            self._journal.advance(INFLUX_FINDINGS, owed[-1].seq)
            await when_room(self._clock, self._health, self._outbox.drop_passed)
        return end > start or bool(owed)

    def _reading_lines(self, position: int, count: int) -> list[str]:
        lines = []
        for stored in self._journal.replay_from(position, count):
            for reading in readings_of(stored.entry):
                unit = self._registry.unit_at(reading.device, reading.at_ns)
                text = reading_line(reading, self._registry.subject(unit)) if unit else None
                if text is None:
                    self._health.count("influx_points_skipped")
                else:
                    lines.append(text)
        return lines

    async def _deliver(self, lines: Sequence[str]) -> None:
        """Return when every line is stored, or parked as one the server will not have."""
        verdict, cause = await self._write(lines)
        if verdict is Verdict.STORED:
            self._health.count("influx_points", len(lines))
        elif len(lines) == 1:
            await self._park(lines[0], cause)
        else:
            middle = len(lines) // 2
            await self._deliver(lines[:middle])
            await self._deliver(lines[middle:])

    async def _write(self, lines: Sequence[str]) -> tuple[Verdict, str]:
        """Write until the server has judged the lines, however long it is away."""
        failures = 0
        while True:
            verdict, cause = await self._sink.write(lines)
            if verdict is not Verdict.LATER:
                return verdict, cause
            failures += 1
            self._health.count("influx_retries", reason=cause)
            if failures == 1:
                log.warning("InfluxDB takes nothing (%s); it is tried until it does", cause)
            ceiling_s = min(_BACKOFF_S_MAX, _BACKOFF_S_MIN * 2 ** min(failures, 6))
            await sleep(self._clock, self._rng.uniform(0, ceiling_s))

    async def _park(self, line: str, cause: str) -> None:
        self._health.count("influx_points_rejected")
        letter = DeadLetter(self._clock.now_ns(), "influx_rejected", "", line.encode(), cause)
        await when_room(self._clock, self._health, lambda: self._journal.park([letter]))
