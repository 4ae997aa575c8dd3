"""The HTTP server as one task among others: it owns no signals, and ends when cancelled."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from gateway.live import Live

_AT_ONCE_MAX = 256
_GRACE_S = 3
_IDLE_S = 20
_HEAD_BYTES_MAX = 16 * 1024


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has one owner, and it is not this."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_AT_ONCE_MAX)
    except OSError as error:
        remedy = "choose another in [listen], or stop the program that has it"
        raise OSError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; {remedy}"
        ) from None


async def serve(app: FastAPI, listening: socket.socket, live: Live) -> None:
    """Serve until cancelled; open streams are ended, running requests get three seconds."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,  # a path may hold a one-time link
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_AT_ONCE_MAX,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
    )
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve([listening]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        live.close()
        await serving
