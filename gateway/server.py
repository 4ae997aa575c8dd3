"""The HTTP server as one task among others: it owns no signals, and ends when cancelled."""

import socket
from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI

from edge.http_server import listen, run
from gateway.live import Live

__all__ = ["listen", "serve"]

_AT_ONCE_MAX = 256
_GRACE_S = 3
_IDLE_S = 20
_HEAD_BYTES_MAX = 16 * 1024


async def serve(
    app: FastAPI, listening: socket.socket, live: Live, proxies: Sequence[str] = ()
) -> None:
    """Serve until cancelled; open streams are ended, running requests get three seconds.

    `proxies` (addresses or networks) are believed when they say in X-Forwarded-For who asks.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,  # a path may hold a one-time link
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        limit_concurrency=_AT_ONCE_MAX,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_HEAD_BYTES_MAX,
    )
    await run(config, listening, closing=live.close)
