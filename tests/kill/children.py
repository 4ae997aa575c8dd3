"""Processes that die where they are told to: `multiprocessing` children of a warm server."""

import multiprocessing
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from edge import failpoint

PRELOADED = ["tests.kill.children", "edge.agent", "gateway.app"]


def _forkserver() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


_context = _forkserver()


def _edge(config: Path, kill_at: str) -> None:
    from edge import agent  # noqa: PLC0415  (preloaded by the server, not by every test)

    failpoint.arm(kill_at)
    sys.exit(agent.main(["--config", str(config)]))


def _gateway(config: Path, kill_at: str) -> None:
    from gateway import app  # noqa: PLC0415  (preloaded by the server, not by every test)

    failpoint.arm(kill_at)
    sys.exit(app.main(["--config", str(config)]))


def start_edge(config: Path, kill_at: str = "") -> ForkServerProcess:
    """An edge agent that dies at `kill_at`, a failpoint and a count of hits; "" never."""
    return _start(_edge, config, kill_at)


def start_gateway(config: Path, kill_at: str = "") -> ForkServerProcess:
    """A gateway that dies at `kill_at`, a failpoint and a count of hits; "" never."""
    return _start(_gateway, config, kill_at)


def _start(target: object, config: Path, kill_at: str) -> ForkServerProcess:
    process = _context.Process(target=target, args=(config, kill_at), daemon=True)  # type: ignore[arg-type]
    process.start()
    return process
