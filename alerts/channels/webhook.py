"""Signed JSON over HTTP, by the Standard Webhooks rules.

The same `webhook-id` goes out on every try, so that an endpoint that keeps ids never acts
twice; HTTP itself cannot promise that, so an answer that never came is UNKNOWN.
"""

import re
from pathlib import Path

import msgspec

from alerts.channels import destination
from alerts.channels.answer import judge
from alerts.channels.base import Outcome, Outgoing, Verdict
from alerts.channels.caller import Caller, CallerSettings, Request
from alerts.channels.catalog import Kind
from alerts.channels.destination import Resolve
from alerts.channels.signature import Signature, read_key

PAYLOAD_BYTES_MAX = 64 * 1024


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
        self._signature = Signature(read_key(settings.secret_file))
        self._caller = Caller(settings, resolve)

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """Post once, signed at `now_ns`, and judge the answer; `webhook-id` tells a repeat."""
        body = msgspec.json.encode(out.payload)
        if len(body) > PAYLOAD_BYTES_MAX:
            return Verdict(Outcome.PERMANENT, f"payload of {len(body)} bytes is too large")
        headers = self._signature.headers(out.idempotency_id, body, now_ns)
        return await self._caller.call(Request(out.address, body, headers), judge, now_ns)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._caller.aclose()


KIND = Kind(
    name="webhook",
    zh="推送",
    en="Webhook",
    settings=WebhookSettings,
    make=WebhookChannel,
    address=re.compile(r"https?://\S+"),
    hint="an http or https URL",
    check=lambda settings: read_key(settings.secret_file),
)

EXAMPLE = "http://127.0.0.1:{port}/hook"
