"""The wire to InfluxDB: its settings, and a sink for each of its two ways to write.

A sink sends one write and says what became of it; it keeps nothing and tries nothing again.
"""

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import httpx
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from pydantic import Field, SecretStr, model_validator
from urllib3.exceptions import HTTPError

from edge.influx_answer import Answer, Verdict, judge
from edge.settings import DurationS, Settings

__all__ = ["InfluxSettings", "Sink", "V1Sink", "V2Sink", "sink", "v2_client"]


class InfluxSettings(Settings):
    """Which InfluxDB is fed, and over which of its interfaces; secrets never print.

    `v1` (`/write`) is served by InfluxDB 1, 2 and 3; `v2` (`/api/v2/write`) by 1.8, 2 and 3,
    with `database` as the bucket and the secret as the token; a username then means a proxy
    in front that asks for both. `backfill_per_s` bounds the points of a backlog, not of news.
    """

    url: str = Field(pattern=r"^https?://")
    api: Literal["v1", "v2"] = "v1"
    database: str = Field(min_length=1)
    org: str = ""
    username: str | None = None
    secret: SecretStr | None = None
    secret_file: Path | None = None
    timeout: DurationS = Field(default=10.0, gt=0)
    backfill_per_s: int = Field(default=5_000, ge=1, le=1_000_000)

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


class Sink(Protocol):
    """A server that takes lines."""

    async def write(self, lines: Sequence[str]) -> Answer:
        """Send one write; what the server, or the lack of one, means for its lines."""
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

    async def write(self, lines: Sequence[str]) -> Answer:
        """See `Sink.write`."""
        body = gzip.compress("\n".join(lines).encode(), compresslevel=1)
        try:
            answer = await self._client.post(
                "/write",
                params=self._parameters,
                content=body,
                headers={"Content-Encoding": "gzip"},
            )
        except httpx.RequestError as error:
            return Answer(Verdict.LATER, type(error).__name__, str(error))
        return judge(answer.status_code, answer.text, answer.headers.get("Retry-After", ""))

    async def aclose(self) -> None:
        """See `Sink.aclose`."""
        await self._client.aclose()


class V2Sink:
    """`/api/v2/write` through influxdb-client, one synchronous write at a time, unbuffered."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._client = v2_client(settings)
        # The service beneath the client's write API: it tells the status of a success too.
        self._service: Any = WriteService(self._client.api_client)  # type: ignore[no-untyped-call]  # left untyped by the library
        self._bucket, self._org = settings.database, settings.org

    async def write(self, lines: Sequence[str]) -> Answer:
        """See `Sink.write`; the call blocks a thread, not the loop."""
        return await asyncio.to_thread(self._write, "\n".join(lines))

    async def aclose(self) -> None:
        """See `Sink.aclose`."""
        self._client.close()  # type: ignore[no-untyped-call]  # left untyped by the library

    def _write(self, body: str) -> Answer:
        try:
            said, status, _ = self._service.post_write_with_http_info(
                org=self._org, bucket=self._bucket, body=body.encode(), precision="ns",
                content_type="text/plain; charset=utf-8",
            )  # fmt: skip
        except ApiException as error:
            headers: Mapping[str, str] = error.headers or {}
            pause = headers.get("Retry-After", "")
            return judge(error.status or 0, _text(error.body), pause)
        except (HTTPError, OSError) as error:
            return Answer(Verdict.LATER, type(error).__name__, str(error))
        return judge(status, _text(said))


def sink(settings: InfluxSettings) -> Sink:
    """The sink that `settings` name, not yet connected."""
    return V1Sink(settings) if settings.api == "v1" else V2Sink(settings)


def v2_client(settings: InfluxSettings) -> InfluxDBClient:
    """influxdb-client for the server that `settings` name, not yet connected, with no retries."""
    key = settings.key()
    return InfluxDBClient(
        url=settings.url,
        token=f"{settings.username}:{key}" if settings.username else key,
        auth_basic=settings.username is not None,
        org=settings.org,
        timeout=int(settings.timeout * 1_000),
        enable_gzip=True,
    )


def _text(body: str | bytes | None) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
