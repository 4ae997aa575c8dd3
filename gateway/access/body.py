"""No request body grows past a limit, whatever its Content-Length says."""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 64 * 1024
EVIDENCE_BYTES_MAX = BODY_BYTES_MAX + 2 * 1024 * 1024
"""One picture and its form."""
ALERTS_BYTES_MAX = 1024 * 1024
"""A group of alerts of another tool, which sends many at a time."""
_ALERTS = frozenset({"/api/v2/alerts", "/in/alertmanager"})
_EVIDENCE = re.compile(r"(?:/api/v1)?/incidents/[a-z0-9_-]{1,32}/evidence")


class BodyLimit:
    """ASGI middleware: the reader of a longer body gets a 413, and no more of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        seen = 0
        bytes_max = _bytes_max(scope["path"]) if scope["type"] == "http" else BODY_BYTES_MAX

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > bytes_max:
                raise HTTPException(413, "the body is too large")
            return message

        await self._app(scope, receive_counted, send)


def _bytes_max(path: str) -> int:
    if path in _ALERTS:
        return ALERTS_BYTES_MAX
    return EVIDENCE_BYTES_MAX if _EVIDENCE.fullmatch(path) else BODY_BYTES_MAX
