"""Real servers for contract tests: each in a folder of its own, on a free loopback port."""

import itertools
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

READY_TRIES = 1_000
TRY_S = 0.02
PASSWORD = "correct-horse-7"
USERNAME = "shouwang"


def program(name: str, place: str = "") -> Path:
    """The installed program; its absence skips the test, or fails it when all are required.

    `place` is where it lies when it is on no path.
    """
    beside_python = Path(sys.prefix) / "bin" / name
    found = (
        str(beside_python)
        if beside_python.exists()
        else shutil.which(place or name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    )
    if found is not None:
        return Path(found)
    reason = f"{name} is not installed; install it to run this test against a real server"
    if os.environ.get("SHOUWANG_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# Below the ports that the kernel gives to outgoing connections: one of those may be taken by any
# of them before the server that it was chosen for listens.
_FIRST_PORT, _LAST_PORT = 15_000, 30_000
_ports = itertools.cycle(range(_FIRST_PORT, _LAST_PORT))
for _ in range(os.getpid() * 37 % (_LAST_PORT - _FIRST_PORT)):
    next(_ports)  # two runs at once begin apart


def free_port() -> int:
    """A port that nothing listens on, and that no other call gives before long."""
    for port in _ports:
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("unreachable: the ports never end")


@dataclass
class Server:
    """One server process: started, killed and started again on the same port and folder."""

    command: list[str]
    port: int
    folder: Path
    ready: Callable[["Server"], bool]
    host: str = "127.0.0.1"
    username: str = USERNAME
    password: str = PASSWORD
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Start the process, unless it runs, and return once it answers."""
        if self.process is not None:
            return
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
            )
        for _ in range(READY_TRIES):
            if self.ready(self):
                return
            if self._ended_within(TRY_S):
                break
        self.kill()
        tail = (self.folder / "log").read_text("utf-8", "replace")[-2_000:]
        pytest.fail(f"{self.command[0]} did not come up:\n{tail}")

    def kill(self) -> None:
        """End the process as kill -9 does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End the process as a service manager does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def _ended_within(self, seconds: float) -> bool:
        assert self.process is not None
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def accepts(server: Server) -> bool:
    """Whether something listens on the server's port."""
    try:
        socket.create_connection((server.host, server.port), timeout=1).close()
    except OSError:
        return False
    return True
