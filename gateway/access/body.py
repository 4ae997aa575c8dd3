"""No request body grows past a limit, whatever its Content-Length says."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 64 * 1024


class BodyLimit:
    """ASGI middleware: the reader of a longer body gets a 413, and no more of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > BODY_BYTES_MAX:
                raise HTTPException(413, "the body is too large")
            return message

        await self._app(scope, receive_counted, send)
