"""The wire to InfluxDB over `/write`, by HTTP; imported only where it is used."""

import gzip
from collections.abc import Sequence

import httpx

from edge.influx import InfluxSettings
from edge.influx_answer import SAID_MAX, SLOW, Answer, Verdict, judge

_NOBODY = httpx.Auth()  # None would take what the address may bear
_ANYTHING = {"q": "SHOW DATABASES"}
_NO_ACCOUNTS = "create admin user first"  # what 1.x says whose accounts are on, but not made
_PLAIN = {"Accept-Encoding": "identity"}
_HEADERS = {"Content-Encoding": "gzip", **_PLAIN}


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
            async with self._client.stream(
                "POST",
                "/write",
                params=self._parameters,
                content=body,
                headers=_HEADERS,
            ) as answer:
                said = await _beginning(answer)
        except (httpx.ReadTimeout, httpx.WriteTimeout) as error:
            return Answer(Verdict.LATER, SLOW, str(error))
        except httpx.RequestError as error:
            return Answer(Verdict.LATER, type(error).__name__, str(error))
        return judge(answer.status_code, said, answer.headers.get("Retry-After", ""))

    async def is_open(self) -> bool:
        """See `Guarded.is_open`; true also while the first stranger could make the accounts."""
        try:
            async with self._client.stream(
                "GET", "/query", params=_ANYTHING, headers=_PLAIN, auth=_NOBODY
            ) as answer:
                said = await _beginning(answer)
        except httpx.RequestError:
            return False
        obeys = answer.status_code == httpx.codes.OK and '"results"' in said
        return obeys or (answer.status_code == httpx.codes.FORBIDDEN and _NO_ACCOUNTS in said)

    async def aclose(self) -> None:
        """See `Sink.aclose`."""
        await self._client.aclose()


async def _beginning(answer: httpx.Response) -> str:
    """What the server says, and no more than is worth telling: a page may have no end."""
    said = b""
    async for piece in answer.aiter_raw(SAID_MAX):
        said += piece
        if len(said) >= SAID_MAX:
            break
    return said.decode("utf-8", "replace")
