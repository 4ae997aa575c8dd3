"""Signatures by the Standard Webhooks rules, made and checked at a time that is passed in.

The library's own check reads the machine's clock; ours goes by the gateway's, which may be
virtual.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from alerts.channels.callback import Refusal, Refused
from edge.reading import SECOND_NS
from edge.settings import ConfigError, ConfigFault

SECRET_BYTES = range(24, 65)  # by the Standard Webhooks specification
TOLERANCE_S = 300
_SIGNATURES_MAX = 5


class Signature:
    """Signs and checks with one key, `whsec_...`."""

    def __init__(self, key: str) -> None:
        self._signer = Webhook(key)

    def headers(self, webhook_id: str, body: bytes, now_ns: int) -> dict[str, str]:
        """The headers of a JSON `body` that is sent at `now_ns`; `webhook_id` tells a repeat."""
        at_s = now_ns // SECOND_NS
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": self._sign(webhook_id, at_s, body),
        }

    def known(self, headers: Mapping[str, str], body: bytes, now_ns: int) -> str:
        """The id of a message that our key signed within the last five minutes.

        Raises:
            Refused: it did not, or the message is too old or from the future.
        """
        webhook_id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "").split(" ")[:_SIGNATURES_MAX]
        if not (at.isascii() and at.isdigit() and len(at) < 12 and 0 < len(webhook_id) <= 100):  # noqa: PLR2004  (seconds until the year 5138)
            raise Refused(Refusal.STRANGER)
        try:
            wanted = self._sign(webhook_id, int(at), body).encode()
        except UnicodeDecodeError:
            raise Refused(Refusal.STRANGER) from None
        if not any(hmac.compare_digest(wanted, signature.encode()) for signature in given):
            raise Refused(Refusal.STRANGER)
        if abs(now_ns // SECOND_NS - int(at)) > TOLERANCE_S:
            raise Refused(Refusal.STRANGER, "signed too long ago, or in the future")
        return webhook_id

    def _sign(self, webhook_id: str, at_s: int, body: bytes) -> str:
        return self._signer.sign(webhook_id, datetime.fromtimestamp(at_s, tz=UTC), body.decode())


def read_key(path: Path) -> str:
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
