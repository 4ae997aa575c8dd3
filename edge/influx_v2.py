"""The wire to InfluxDB over `/api/v2`, through influxdb-client; imported only where it is used."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError, ReadTimeoutError

from edge.influx import InfluxSettings
from edge.influx_answer import SLOW, Answer, Verdict, judge


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
            said, status, headers = self._service.post_write_with_http_info(
                org=self._org, bucket=self._bucket, body=body.encode(), precision="ns",
                content_type="text/plain; charset=utf-8",
            )  # fmt: skip
        except ApiException as error:
            refused: Mapping[str, str] = error.headers or {}
            pause = refused.get("Retry-After", "")
            return judge(error.status or 0, _text(error.body), pause)
        except ReadTimeoutError as error:
            return Answer(Verdict.LATER, SLOW, str(error))
        except (HTTPError, OSError) as error:
            return Answer(Verdict.LATER, type(error).__name__, str(error))
        has_more = status == HTTPStatus.OK and headers.get("Content-Length") != "0"
        return judge(status, "a page" if has_more else _text(said))  # the library drops its text


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
