"""One HTTP call to a judged address, and what became of it: shared by all channels over HTTP.

Redirects are not followed, proxies not used, and the connection is made to an address that
the guard has judged. Connections are not kept: an alert is rare, and a kept connection that
the other side has just closed would make a clean try UNKNOWN.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

import httpx
from pydantic import Field

from alerts.channels import destination
from alerts.channels.base import Outcome, Verdict
from alerts.channels.catalog import ChannelSettings
from alerts.channels.destination import Destination, Forbidden, Policy, Resolve, Unresolved
from edge.settings import DurationS

ANSWER_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 20

Judge = Callable[[int, dict[str, str], bytes, int], Verdict]
"""From status, headers with lower-case names, body (maybe cut short) and the time."""

# The first row that fits an exception judges the try.
_FAILURES: tuple[tuple[tuple[type[Exception], ...], Outcome, str], ...] = (
    ((Forbidden,), Outcome.PERMANENT, "not called"),
    ((Unresolved,), Outcome.TEMPORARY, "not called"),
    ((httpx.ConnectError, httpx.ConnectTimeout), Outcome.TEMPORARY, "no connection"),
    ((httpx.PoolTimeout,), Outcome.TEMPORARY, "too many calls at once"),
    ((httpx.HTTPError, TimeoutError), Outcome.UNKNOWN, "the answer never came"),
)


class CallerSettings(ChannelSettings):
    """Where calls may go, and how long they may take.

    With `hosts` empty any public host may be reached, else these only. `private_networks`
    opens networks that are not public, such as "127.0.0.0/8" for a receiver on the same box.
    """

    hosts: tuple[str, ...] = ()
    private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    connect_timeout: DurationS = Field(default=5.0, gt=0, le=60)
    timeout: DurationS = Field(default=15.0, gt=0, le=120)


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask of a URL."""

    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class Caller:
    """Makes calls within its settings; timeouts are real seconds."""

    def __init__(self, settings: CallerSettings, resolve: Resolve = destination.resolve) -> None:
        self._policy = Policy(
            frozenset(host.rstrip(".").lower() for host in settings.hosts),
            settings.private_networks,
        )
        self._resolve = resolve
        self._timeout_s = settings.timeout
        self._connect_timeout_s = settings.connect_timeout
        # Their request logs hold whole addresses, and those of chat bots hold the bot's key.
        for library in ("httpx", "httpcore"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # a proxy would connect where the guard has not looked
            timeout=httpx.Timeout(settings.timeout, connect=settings.connect_timeout),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=0),
        )

    async def call(self, request: Request, judge: Judge, now_ns: int) -> Verdict:
        """Call once and `judge` the answer; never raises for what network or server may do."""
        try:
            target = await self._target(request.url)
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(target, request, judge, now_ns)
        except (Forbidden, Unresolved, httpx.HTTPError, TimeoutError) as error:
            return _failure(error)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _target(self, url: str) -> Destination:
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                return await destination.judged(url, self._policy, self._resolve)
        except TimeoutError:
            raise Unresolved(f"no resolver answered in {self._connect_timeout_s:g} s") from None

    async def _ask(
        self, target: Destination, request: Request, judge: Judge, now_ns: int
    ) -> Verdict:
        headers = _HEADERS | {"host": target.host_header} | dict(request.headers)
        async with self._client.stream(
            request.method,
            target.url,
            content=request.body,
            headers=headers,
            extensions={"sni_hostname": target.host},
        ) as answer:
            said = {name.lower(): value for name, value in answer.headers.items()}
            try:
                return judge(answer.status_code, said, await _bounded(answer), now_ns)
            except httpx.HTTPError:
                if answer.is_success:  # the body could still have refused
                    raise
                return judge(answer.status_code, said, b"", now_ns)


_HEADERS = {
    "accept-encoding": "identity",  # a compressed answer could unfold without bound
    "user-agent": "shouwang",
}


async def _bounded(answer: httpx.Response) -> bytes:
    """The answer's first 64 KiB; the rest is never read."""
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) >= ANSWER_BYTES_MAX:
            break
    return body[:ANSWER_BYTES_MAX]


def _failure(error: Exception) -> Verdict:
    _, outcome, meaning = next(row for row in _FAILURES if isinstance(error, row[0]))
    return Verdict(outcome, f"{meaning}: {type(error).__name__} {error}".strip())
