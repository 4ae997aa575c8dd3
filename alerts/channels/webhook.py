"""Signed JSON over HTTP, by the Standard Webhooks rules.

The same `webhook-id` goes out on every try, so that an endpoint that keeps ids never acts
twice; HTTP itself cannot promise that, so an answer that never came is UNKNOWN.
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from standardwebhooks import Webhook

from alerts.channels import destination
from alerts.channels.answer import judge
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.destination import Resolve
from edge.reading import SECOND_NS
from edge.settings import ConfigError, ConfigFault

PAYLOAD_BYTES_MAX = 64 * 1024
SECRET_BYTES = range(24, 65)  # by the Standard Webhooks specification


class WebhookSettings(CallerSettings):
    """Where webhooks may go, and with which key they are signed.

    `secret_file` holds one line, `whsec_` and 24 to 64 bytes of base64.
    """

    secret_file: Path


class WebhookChannel:
    """Posts payloads to the addresses of people."""

    name = "webhook"

    def __init__(
        self, settings: WebhookSettings, *, resolve: Resolve = destination.resolve
    ) -> None:
        self._signer = Webhook(read_secret(settings.secret_file))
        self._caller = Caller(settings, resolve)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once, signed at `now_ns`, and judge the answer; `webhook-id` tells a repeat."""
        body = msgspec.json.encode(out.payload)
        if len(body) > PAYLOAD_BYTES_MAX:
            return Verdict(Outcome.PERMANENT, f"payload of {len(body)} bytes is too large")
        headers = self._headers(out.idempotency_id, body, now_ns)
        return await self._caller.call(Request(out.address, body, headers), judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()

    def _headers(self, webhook_id: str, body: bytes, now_ns: int) -> dict[str, str]:
        at = datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC)
        return {
            "content-type": "application/json",
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


KIND = Kind(
    name="webhook",
    zh="推送",
    en="Webhook",
    settings=WebhookSettings,
    make=WebhookChannel,
    address=re.compile(r"https?://\S+"),
    hint="an http or https URL",
    check=lambda settings: read_secret(settings.secret_file),
)
