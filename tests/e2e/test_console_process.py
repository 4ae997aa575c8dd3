"""The gateway as a process: it starts without a broker, says what is wrong, ends when told."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.ports import listening

CONFIG = Path(__file__).parents[2] / "config"
_RUN = "import sys; from gateway.app import main; sys.exit(main(sys.argv[1:]))"
_START_S = 30.0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration of its own: a free port, no broker to find, no channel, no history."""
    for name in ("plans", "roster", "places", "registry"):
        shutil.copy(CONFIG / f"{name}.toml", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "gateway.toml"
    path.write_text(
        f"""
site = "s01"
public_url = "http://127.0.0.1:{port}"
registry = "registry.toml"
plans = "plans.toml"
roster = "roster.toml"
places = "places.toml"
secret_file = "link.secret"
listen = {{ port = {port} }}
database = {{ url = "sqlite:///gateway.db" }}
broker = {{ port = 1, client_id = "gateway" }}
"""
    )
    return path


def _start(config: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _RUN, "--config", str(config)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=CONFIG.parent
    )


@pytest.fixture
def process(config: Path) -> Iterator["subprocess.Popen[str]"]:
    process = _start(config)
    yield process
    process.kill()
    process.communicate()


def _url(config: Path) -> str:
    lines = config.read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("public_url"))


def test_the_first_start_shows_a_password_that_works_and_the_second_shows_none(
    process: "subprocess.Popen[str]", config: Path
) -> None:
    assert process.stdout is not None
    password = process.stdout.readline().split()[-1]
    url = _url(config)
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(base_url=url, headers={"origin": url}, transport=transport) as client:
        assert client.get("/healthz").json()["status"] == "degraded"
        data = {"login": "admin", "password": password}
        assert client.post("/login", data=data).status_code == 303
        assert client.get("/").status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(_START_S) == 0
    second = _start(config)
    with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=10)) as client:
        assert client.get("/healthz").status_code == 200
    second.send_signal(signal.SIGTERM)
    said, _ = second.communicate(timeout=_START_S)
    assert "password" not in said


def test_a_broken_configuration_is_told_whole_and_ends_with_2(config: Path) -> None:
    config.write_text(
        config.read_text().replace('"s01"', '"S 1"').replace("port = 1,", "prot = 1,")
    )
    command = [sys.executable, "-c", _RUN, "--config", str(config)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_START_S, check=False, cwd=CONFIG.parent
    )
    assert done.returncode == 2
    assert "site" in done.stderr
    assert 'did you mean "port"' in done.stderr


def test_a_gateway_listens_for_its_console_on_its_own_machine_and_nowhere_else(
    process: "subprocess.Popen[str]", config: Path
) -> None:
    url = _url(config)
    with httpx.Client(base_url=url, transport=httpx.HTTPTransport(retries=10)) as client:
        assert client.get("/healthz").status_code == 200
    assert listening(process.pid) == {("127.0.0.1", int(url.rpartition(":")[2]))}
