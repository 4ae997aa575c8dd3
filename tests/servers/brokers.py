"""Real MQTT brokers: Debian's mosquitto, configured as shipped, and nats-server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.process import PASSWORD, USERNAME, Server, accepts, free_port, program

SHIPPED = Path(__file__).parents[2] / "config/mosquitto.conf"
FOR_MANY_USERS = {"acl_file", "use_username_as_clientid"}
"""What the one user of these tests, under many client ids, cannot live with."""


@pytest.fixture(scope="session")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """mosquitto with the shipped settings, but for port, folder and password file."""
    server = mosquitto_in(tmp_path_factory.mktemp("mosquitto"))
    server.start()
    yield server
    server.kill()


def mosquitto_in(folder: Path) -> Server:
    """mosquitto with the shipped settings in `folder`, not yet started."""
    executable, port = program("mosquitto"), free_port()
    passwords = folder / "passwords"
    subprocess.run(
        [program("mosquitto_passwd"), "-c", "-b", str(passwords), USERNAME, PASSWORD], check=True
    )
    config = folder / "mosquitto.conf"
    config.write_text(_mosquitto_config(port, folder, passwords), "utf-8")
    return Server([str(executable), "-c", str(config)], port, folder, accepts)


def _mosquitto_config(port: int, folder: Path, passwords: Path) -> str:
    own = {
        "listener": f"{port} 127.0.0.1",
        "persistence_location": f"{folder}/",
        "password_file": str(passwords),
    }
    lines = [line for line in SHIPPED.read_text("utf-8").splitlines() if line[:1] not in {"#", ""}]
    kept = [line for line in lines if line.split()[0] not in {*own, *FOR_MANY_USERS}]
    # mosquitto run by root would change to its own user, which may not read the test's folder.
    return "\n".join(["user root", *(f"{k} {v}" for k, v in own.items()), *kept]) + "\n"


@pytest.fixture(scope="session")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """nats-server with its MQTT 3.1.1 listener and a JetStream store."""
    executable = program("nats-server")
    folder = tmp_path_factory.mktemp("nats")
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'server_name: "test"\n'
        f'listen: "127.0.0.1:{free_port()}"\n'
        f'jetstream {{ store_dir: "{folder}/store" }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "2s", max_ack_pending: 1000 }}\n'
        f'authorization {{ user: "{USERNAME}", password: "{PASSWORD}" }}\n',
        "utf-8",
    )
    server = Server([str(executable), "-c", str(config)], port, folder, accepts)
    server.start()
    yield server
    server.kill()
