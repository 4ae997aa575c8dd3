"""The wire to InfluxDB over `/write`, by HTTP; imported only where it is used."""

import gzip
from collections.abc import Sequence

import httpx

from edge.influx import InfluxSettings
from edge.influx_answer import Answer, Verdict, judge


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
