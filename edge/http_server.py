"""An HTTP server for devices: bounded connections, and no patience with slow ones.

uvicorn on our own loop, as one task that owns no signals and ends when cancelled. What it
lacks is added here: a limit on connections that have asked nothing yet, of which one address has
half at most, and a deadline for the head of a request.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_BACKLOG = 256
_GRACE_S = 3
_HEAD_BYTES_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """`connections` at once; `head_s` real seconds from a free connection to a whole head.

    `refused` is called with the reason whenever one of them acts.
    """

    connections: int
    head_s: float
    refused: Callable[[str], None]


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has one owner, and it is not this."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Connection(H11Protocol):
    """One connection within `limits`, which a subclass sets."""

    limits: ClassVar[Limits]
    head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if reason := self._too_many():
            self.limits.refused(reason)
            self.connections.discard(self)  # at once: others come in the same turn of the loop
            transport.abort()
            return
        self._await_head()

    def send_400_response(self, msg: str) -> None:
        self.limits.refused("bad_request")
        super().send_400_response(msg)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def _too_many(self) -> str:
        """Why there is no room for this one; "" when there is."""
        limit = self.limits.connections
        if len(self.connections) > limit:
            return "connections"
        peers = [getattr(each, "client", None) for each in self.connections]
        same = sum(peer[0] == self.client[0] for peer in peers if peer and self.client)
        return "address" if same > (limit + 1) // 2 else ""

    def _await_head(self) -> None:
        self._forget_head()
        self.head_due = self.loop.call_later(self.limits.head_s, self._give_up)

    def _forget_head(self) -> None:
        if self.head_due is not None:
            self.head_due.cancel()
            self.head_due = None

    def _give_up(self) -> None:
        if self.cycle is None or self.conn.trailing_data[0]:
            self.limits.refused("slow")  # else it only rested between two requests
        self.transport.abort()


def listen(host: str, port: int, section: str = "listen") -> socket.socket:
    """A listening socket; port 0 takes any free one. `section` of the file has the address.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        remedy = f"choose another in [{section}], or stop the program that has it"
        cause = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(f"cannot listen on {host}:{port}: {cause}; {remedy}") from None


async def serve(app: ASGIApp, listening: socket.socket, limits: Limits) -> None:
    """Serve until cancelled; running requests then get three seconds."""
    config = uvicorn.Config(
        cast("Any", app),  # uvicorn's own names for the same types
        http=type("_Bounded", (_Connection,), {"limits": limits}),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,  # a path may hold a token
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=max(1, int(limits.head_s)),
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
    )
    await run(config, listening)


async def run(
    config: uvicorn.Config,
    listening: socket.socket,
    closing: Callable[[], None] = lambda: None,
) -> None:
    """Serve by `config` until cancelled; `closing` then ends what would not end by itself."""
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve([listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        closing()
        await serving
