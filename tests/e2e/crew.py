"""A walkthrough's processes: started by its own commands, watched, and ended with the test."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from edge.clock import SystemClock
from edge.reading import SECOND_NS
from simulators.box import DATABASE
from tests.servers.process import program

ROOT = Path(__file__).parents[2]
NEEDED = ("mosquitto", "mosquitto_passwd", "influxd", "gammu-smsd", "curl")
LOOK_S = 0.1
PATIENCE_S = 60.0
_TAIL = 1_500
CLOCK = SystemClock()

T = TypeVar("T")


class Crew:
    """The running processes by name; each writes its log beside the walkthrough's files."""

    def __init__(self, folder: Path, commands: Mapping[str, Sequence[str]]) -> None:
        self.folder = folder
        self.commands = commands
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start the process, or start it again, in the walkthrough's folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                list(self.commands[name]), cwd=ROOT, stdin=subprocess.PIPE, stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def run(self, name: str) -> None:
        """The command has ended well."""
        self.start(name)
        self.ended(name)

    def ended(self, name: str) -> None:
        """The process ended by itself, and well."""
        process = self.running[name]
        code = self.until(lambda: (process.poll() is not None, process.returncode), f"{name} ends")
        self.running.pop(name).communicate()
        assert code == 0, f"{name} ended with {code}\n{self.logs()}"

    def kill(self, name: str) -> None:
        """End the process as kill -9 does."""
        process = self.running.pop(name)
        process.kill()
        process.communicate()

    def stop(self, name: str) -> None:
        """End the process as Ctrl-C at its terminal does."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)

    def say(self, name: str, line: str) -> None:
        """Type a line at the process's terminal."""
        typed = self.running[name].stdin
        assert typed is not None
        typed.write(f"{line}\n".encode())
        typed.flush()

    def log(self, name: str) -> str:
        """What the process has written so far."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def says(self, name: str, words: str) -> None:
        """The process has written `words`, now or soon."""
        self.until(lambda: (words in self.log(name), None), f"{name} says {words!r}")

    def until(self, look: Callable[[], tuple[bool, T]], what: str) -> T:
        """The second part of `look()` once its first part is true; at most a real minute.

        Fails with every process's log when time is up or a process has died.
        """
        give_up_ns = CLOCK.monotonic_ns() + int(PATIENCE_S * SECOND_NS)
        while CLOCK.monotonic_ns() < give_up_ns:
            holds, value = look()
            if holds:
                return value
            self._pause(what)
        raise AssertionError(f"not within {PATIENCE_S:g} s: {what}\n{self.logs()}")

    def logs(self) -> str:
        """The end of every log."""
        paths = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {path.stem}\n{self.log(path.stem)[-_TAIL:]}" for path in paths)

    def _pause(self, what: str) -> None:
        """A moment passes; a process that fails in it fails the test."""
        with suppress(subprocess.TimeoutExpired):
            next(iter(self.running.values())).wait(LOOK_S)
        failed = [name for name, p in self.running.items() if p.poll() not in {None, 0}]
        assert not failed, f"{failed} died while waiting until {what}\n{self.logs()}"


@contextmanager
def crew(folder: Path, *, speed: float) -> Iterator[Crew]:
    """A fresh walkthrough in `folder`, nothing started yet; all is ended after the block."""
    for name in NEEDED:
        program(name)
    arguments = [str(folder), "--speed", str(speed), "--any-ports", "--json"]
    made = subprocess.run(
        [sys.executable, "-m", "simulators.cli", "walkthrough", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    crew = Crew(folder, json.loads(made.stdout))
    try:
        yield crew
    finally:
        for process in crew.running.values():
            process.terminate()
        for process in crew.running.values():
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def influx_counts(crew: Crew) -> dict[str, int]:
    """How many readings InfluxDB holds, by device."""
    url = crew.commands["database"][-1]
    text = 'SELECT count("value") FROM "reading" GROUP BY "device"'
    answer = httpx.get(url, params={"db": DATABASE, "q": text}, trust_env=False)
    series: list[dict[str, Any]] = answer.raise_for_status().json()["results"][0].get("series", [])
    return {each["tags"]["device"]: each["values"][0][1] for each in series}
