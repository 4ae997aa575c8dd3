"""Signed JSON over HTTP, by the Standard Webhooks rules.

The same `webhook-id` goes out on every try, so that an endpoint that keeps ids never acts
twice; HTTP itself cannot promise that, so an answer that never came is UNKNOWN.
"""

import asyncio
import base64
import binascii
import logging
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import httpx
import msgspec
from pydantic import Field
from standardwebhooks import Webhook

from alerts.channels import destination
from alerts.channels.answer import judge
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.destination import Destination, Forbidden, Policy, Resolve, Unresolved
from edge.reading import SECOND_NS
from edge.settings import ConfigError, ConfigFault, DurationS, Settings

ANSWER_BYTES_MAX = 64 * 1024
PAYLOAD_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 20
SECRET_BYTES = range(24, 65)  # by the Standard Webhooks specification

# The first row that fits an exception judges the try.
_FAILURES: tuple[tuple[tuple[type[Exception], ...], Outcome, str], ...] = (
    ((Forbidden,), Outcome.PERMANENT, "not called"),
    ((Unresolved,), Outcome.TEMPORARY, "not called"),
    ((httpx.ConnectError, httpx.ConnectTimeout), Outcome.TEMPORARY, "no connection"),
    ((httpx.PoolTimeout,), Outcome.TEMPORARY, "too many calls at once"),
    ((httpx.HTTPError, TimeoutError), Outcome.UNKNOWN, "the answer never came"),
)


class WebhookSettings(Settings):
    """Where webhooks may go, and with which key they are signed.

    `secret_file` holds one line, `whsec_` and 24 to 64 bytes of base64. With `hosts` empty
    any public host may be reached, else these only. `private_networks` opens networks that
    are not public, such as "127.0.0.0/8" for a receiver on the same box.
    """

    secret_file: Path
    hosts: tuple[str, ...] = ()
    private_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    connect_timeout: DurationS = Field(default=5.0, gt=0, le=60)
    timeout: DurationS = Field(default=15.0, gt=0, le=120)


class WebhookChannel:
    """Posts payloads to the addresses of people; timeouts are real seconds.

    Connections are not kept: an alert is rare, and a kept connection that the other side
    has just closed would make a clean try UNKNOWN.
    """

    name = "webhook"

    def __init__(
        self, settings: WebhookSettings, *, resolve: Resolve = destination.resolve
    ) -> None:
        self._signer = Webhook(read_secret(settings.secret_file))
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

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once, signed at `now_ns`, and judge the answer; `webhook-id` tells a repeat."""
        body = msgspec.json.encode(out.payload)
        if len(body) > PAYLOAD_BYTES_MAX:
            return Verdict(Outcome.PERMANENT, f"payload of {len(body)} bytes is too large")
        headers = self._headers(out.idempotency_id, body, now_ns)
        try:
            target = await self._target(out.address)
            async with asyncio.timeout(self._timeout_s):
                return await self._post(target, body, headers, now_ns)
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

    async def _post(
        self, target: Destination, body: bytes, headers: dict[str, str], now_ns: int
    ) -> Verdict:
        async with self._client.stream(
            "POST",
            target.url,
            content=body,
            headers=headers | {"host": target.host_header},
            extensions={"sni_hostname": target.host},
        ) as answer:
            said = {name.lower(): value for name, value in answer.headers.items()}
            try:
                return judge(answer.status_code, said, await _bounded(answer), now_ns)
            except httpx.HTTPError:
                if answer.is_success:  # the body could still have refused
                    raise
                return judge(answer.status_code, said, b"", now_ns)

    def _headers(self, webhook_id: str, body: bytes, now_ns: int) -> dict[str, str]:
        at = datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC)
        return {
            "content-type": "application/json",
            "accept-encoding": "identity",  # a compressed answer could unfold without bound
            "user-agent": "shouwang",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(now_ns // SECOND_NS),
            "webhook-signature": self._signer.sign(webhook_id, at, body.decode()),
        }


def read_secret(path: Path) -> str:
    """The signing key in `path`, `whsec_...`.

    Raises:
        ConfigError: the file is missing or holds no such key.
    """
    remedy = "write one line: whsec_ and 24 to 64 random bytes in base64"
    try:
        text = path.read_text("ascii").strip()
        raw = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except OSError as error:
        problem = error.strerror or "unreadable"
    except (UnicodeDecodeError, binascii.Error):
        problem = "is not base64"
    else:
        if text.startswith("whsec_") and len(raw) in SECRET_BYTES:
            return text
        problem = f"lacks whsec_ or holds {len(raw)} bytes"
    raise ConfigError([ConfigFault(path, "(webhook secret)", problem, remedy)])


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
