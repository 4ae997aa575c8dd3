"""A real PostgreSQL 15 on a free loopback port; each test that asks has a database of its own."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from gateway.db.engine import connect, upgrade
from tests.servers.process import PASSWORD, USERNAME, Server, free_port, program

BIN = Path("/usr/lib/postgresql/15/bin")
"""Where Debian puts the server's programs, which are not on anybody's path."""
_TEMPLATE = "upgraded"
# What a test leaves is thrown away, and killing a process takes nothing from the kernel's cache.
_OPTIONS = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "unix_socket_directories=")
_names = itertools.count(1)


def url(server: Server, name: str) -> str:
    """How SQLAlchemy reaches the database `name` of `server`."""
    address = f"{USERNAME}:{PASSWORD}@{server.host}:{server.port}"
    return f"postgresql+psycopg://{address}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """PostgreSQL with the gateway's tables in a template that `fresh_database` copies."""
    with _serving() as server:
        _create(server, _TEMPLATE, "template0")
        database = connect(url(server, _TEMPLATE))
        upgrade(database)
        database.dispose()
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A PostgreSQL that the test may kill and start again, with one empty database `shouwang`."""
    with _serving() as server:
        _create(server, "shouwang", "template0")
        yield server


@pytest.fixture
def fresh_database(postgres: Server) -> Callable[[], str]:
    """Makes a database with the newest tables; returns its URL."""

    def make() -> str:
        name = f"test{next(_names)}"
        _create(postgres, name, _TEMPLATE)
        return url(postgres, name)

    return make


@contextmanager
def _serving() -> Iterator[Server]:
    initdb, postgres = (_program(name) for name in ("initdb", "postgres"))
    # Not pytest's own folder: root's is closed to the user that the server must run as.
    folder = Path(tempfile.mkdtemp(prefix="shouwang-postgres-"))
    (folder / "password").write_text(PASSWORD)
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(folder / "password", "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    port = free_port()
    _initialise([*as_user, str(initdb)], folder)
    command = [*as_user, str(postgres), "-D", f"{folder}/data", "-p", str(port)]
    server = Server([*command, "-h", "127.0.0.1", *_OPTIONS], port, folder, _answers)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            # At once, whoever is connected; a plain stop would wait until they have gone.
            server.process.send_signal(signal.SIGINT)
        server.stop()
        shutil.rmtree(folder)


def _program(name: str) -> Path:
    return BIN / name if (BIN / name).exists() else program(name)


def _initialise(initdb: list[str], folder: Path) -> None:
    done = subprocess.run(
        [*initdb, "-D", f"{folder}/data", "-U", USERNAME, "--auth=scram-sha-256",
         f"--pwfile={folder}/password", "--encoding=UTF8", "--locale=C", "--no-sync"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _create(server: Server, name: str, template: str) -> None:
    address = url(server, "postgres").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _answers(server: Server) -> bool:
    address = url(server, "postgres").replace("+psycopg", "")
    with suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=2):
        return True
    return False
