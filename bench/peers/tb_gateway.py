"""thingsboard-gateway on the benchmark's feed: from the broker's backlog into its own SQLite.

The gateway of ThingsBoard is what an estate would otherwise put between its broker and its
centre. Measured is its own store-and-forward: nothing answers on the other side, so all that
it takes in stays in its storage. What is fair about it is written in README.md beside this.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench.backlog import publish
from bench.feed import FILTER
from bench.publisher import Address
from tests.servers.process import Server, accepts, free_port, program

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".bench/peers/thingsboard-gateway"
SETUP = "bench/peers/setup thingsboard-gateway"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_POLL_S = 0.01
_GIVE_UP_S = 300.0
_STARTED = "Gateway started."


class PeerFigures(NamedTuple):
    """What the peer did; `rows` are those that its SQLite held at the end."""

    messages_per_s: float
    cpu_us_per_message: float
    rss_mb: float
    rows: int


class _Moment(NamedTuple):
    wall_s: float
    cpu_s: float
    rows: int


def is_ready() -> bool:
    """Whether the peer is installed."""
    return (HOME / "ready").exists()


def set_up() -> None:
    """The peer is installed.

    Raises:
        RuntimeError: it cannot be; the message says how to see why.
    """
    if not is_ready() and subprocess.run(SETUP.split(), cwd=ROOT, check=False).returncode:
        raise RuntimeError(f"the peer cannot be installed; run {SETUP} and see")


async def measure(
    folder: Path, address: Address, messages: Iterable[tuple[str, bytes]], count: int
) -> PeerFigures:
    """The gateway takes `count` messages that the broker keeps for it into its SQLite.

    It is stopped, not ended, while the broker collects them: its start does not count, and
    its session is the one that it had before. The time runs from its waking, since it takes much
    into memory, and acks it, before its first commit.
    """
    folder.mkdir()  # noqa: ASYNC240  (nothing else runs yet)
    centre = _centre(folder)
    centre.start()
    gateway = _Gateway(folder, address, centre.port)
    try:
        await gateway.until_started()
        centre.kill()  # from here on there is nobody to forward to
        gateway.signal(signal.SIGSTOP)
        await publish(address, messages)
        first = gateway.moment()
        gateway.signal(signal.SIGCONT)
        last = await gateway.until_durable(count)
        return _figures(first, last, gateway.rss_mb())
    finally:
        gateway.end()
        centre.kill()


def _figures(first: _Moment, last: _Moment, rss_mb: float) -> PeerFigures:
    done = last.rows - first.rows
    return PeerFigures(
        done / (last.wall_s - first.wall_s), (last.cpu_s - first.cpu_s) / done * 1e6,
        rss_mb, last.rows,
    )  # fmt: skip


class _Gateway:
    """The gateway as a process of its own, watched from outside."""

    def __init__(self, folder: Path, address: Address, centre_port: int) -> None:
        self._folder = folder
        (folder / "data").mkdir()
        (folder / "logs").mkdir()
        _configure(folder, address, centre_port)
        python = HOME / "venv/bin/python"
        environment = os.environ | {"TB_GW_CONFIG_DIR": f"{folder}/", "PYTHONPATH": ""}
        command: list[str | Path] = [python, "-m", "thingsboard_gateway.tb_gateway"]
        with (folder / "out.log").open("wb") as out:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=out, stderr=out
            )

    async def until_started(self) -> None:
        """Wait until it has subscribed and has connected to its centre once."""
        await self._until(lambda: _STARTED in (self._folder / "out.log").read_text())

    async def until_durable(self, rows: int) -> _Moment:
        """The moment at which that many rows were first seen committed."""
        await self._until(lambda: self._rows() >= rows)
        return self.moment()

    def moment(self) -> _Moment:
        """How far it has come, and what it has used."""
        return _Moment(time.perf_counter(), self._cpu_s(), self._rows())

    async def _until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(_GIVE_UP_S):
            while not reached():
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "out.log").read_text()[-2_000:])
                await asyncio.sleep(_POLL_S)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        """The process is gone; what it stored is not needed."""
        self._process.kill()
        self._process.wait()

    def rss_mb(self) -> float:
        """The largest resident size so far, in MB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return int(next(x for x in status if x.startswith("VmHWM")).split()[1]) / 1_000

    def _cpu_s(self) -> float:
        """Processor time of all its threads; it starts no process."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return sum(int(fields[each]) for each in (11, 12, 13, 14)) / _TICKS_PER_S

    def _rows(self) -> int:
        return sum(_rows_in(path) for path in (self._folder / "data").glob("*.db"))


def _rows_in(path: Path) -> int:
    """Rows by their highest number, as nothing deletes any: cheap, unlike a count."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as storage:
        try:
            found = storage.execute("SELECT COALESCE(MAX(id), 0) FROM messages")
            return int(found.fetchone()[0])
        except sqlite3.OperationalError:  # the table is still being made
            return 0


def _centre(folder: Path) -> Server:
    """A broker that stands in for the centre until the gateway has started."""
    port = free_port()
    config = folder / "centre.conf"
    config.write_text(f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
    return Server([str(program("mosquitto")), "-c", str(config)], port, folder, accepts)


def _configure(folder: Path, address: Address, centre_port: int) -> None:
    main = {
        "thingsboard": {
            "host": "127.0.0.1", "port": centre_port, "remoteConfiguration": False,
            "remoteShell": False, "statistics": {"enable": False}, "qos": 1,
            "security": {"type": "accessToken", "accessToken": "bench"},
            "reportStrategy": {"type": "DISABLED"},
            "rateLimits": "0:0,", "dpRateLimits": "0:0,", "messagesRateLimits": "0:0,",
            "deviceMessagesRateLimits": "0:0,", "deviceRateLimits": "0:0,",
            "deviceDpRateLimits": "0:0,", "checkConnectorsConfigurationInSeconds": 3_600,
        },
        "storage": {
            "type": "sqlite", "data_file_path": f"{folder}/data/", "size_limit": 4_096,
            "writing_batch_size": 1_000, "messages_ttl_in_days": 365,
        },
        "grpc": {"enabled": False},
        "connectors": [{"type": "mqtt", "name": "feed", "configuration": "mqtt.json"}],
    }  # fmt: skip
    feed = {
        "name": "feed", "logLevel": "ERROR",
        "broker": {
            "host": address.host, "port": address.port, "clientId": "bench-peer", "version": 4,
            "cleanSession": False, "maxMessageNumberPerWorker": 100, "maxNumberOfWorkers": 1,
            "security": {"type": "basic", "username": address.username,
                         "password": address.password},
        },
        "mapping": [{
            "topicFilter": FILTER, "subscriptionQos": 1,
            "converter": {
                "type": "json", "sendDataOnlyOnChange": False, "timeout": 0, "attributes": [],
                "deviceInfo": {
                    "deviceNameExpressionSource": "message", "deviceNameExpression": "${dev}",
                    "deviceProfileExpressionSource": "constant",
                    "deviceProfileExpression": "meter",
                },
                "timeseries": [{"type": "raw", "key": "water.total", "value": "${e}"}],
            },
        }],
    }  # fmt: skip
    quiet = {
        "version": 1, "disable_existing_loggers": False,
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},
        "loggers": {"service": {"handlers": ["out"], "level": "INFO", "propagate": False}},
        "root": {"level": "ERROR", "handlers": ["out"]},
    }  # fmt: skip
    for name, value in (("tb_gateway", main), ("mqtt", feed), ("logs", quiet)):
        (folder / f"{name}.json").write_text(json.dumps(value))
