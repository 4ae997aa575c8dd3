"""Real time series databases: Debian's InfluxDB 1.6 and VictoriaMetrics."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.process import PASSWORD, USERNAME, Server, free_port, program

DATABASE = "shouwang"

_INFLUX_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = {accounts}
log-enabled = false
[monitor]
store-enabled = false
"""


@pytest.fixture(scope="session")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """InfluxDB 1.6 with a password and the database `shouwang`."""
    server = influxd_in(tmp_path_factory.mktemp("influxdb"))
    server.start()
    query(server, f"CREATE USER {USERNAME} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES")
    query(server, f"CREATE DATABASE {DATABASE}")
    yield server
    server.kill()


def influxd_in(folder: Path, *, accounts: bool = True) -> Server:
    """InfluxDB 1.6 in `folder`, not yet started; it asks for accounts, and has none yet."""
    executable, port, config = program("influxd"), free_port(), folder / "influxdb.conf"
    told = str(accounts).lower()
    config.write_text(_INFLUX_CONFIG.format(folder=folder, port=port, accounts=told), "utf-8")
    return Server([str(executable), "run", "-config", str(config)], port, folder, _pings)


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """VictoriaMetrics with a password; good for the wire, not for durability."""
    executable = program("victoria-metrics")
    folder = tmp_path_factory.mktemp("victoria-metrics")
    port = free_port()
    command = [
        str(executable), f"-storageDataPath={folder}/store", f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=10y", "-search.latencyOffset=0s", "-memory.allowedBytes=64MB",
        f"-httpAuth.username={USERNAME}", f"-httpAuth.password={PASSWORD}",
    ]  # fmt: skip
    server = Server(command, port, folder, _healthy)
    server.start()
    yield server
    server.kill()


def query(server: Server, influxql: str) -> httpx.Response:
    """The answer of InfluxDB to one statement."""
    answer = httpx.post(
        f"{server.url}/query",
        params={"db": DATABASE},
        data={"q": influxql},
        auth=(server.username, server.password),
        trust_env=False,
    )
    return answer.raise_for_status()


def _pings(server: Server) -> bool:
    return _answers(f"{server.url}/ping", 204)


def _healthy(server: Server) -> bool:
    return _answers(f"{server.url}/health", 200)


def _answers(url: str, status: int) -> bool:
    try:
        return httpx.get(url, timeout=1, trust_env=False).status_code == status
    except httpx.TransportError:
        return False
