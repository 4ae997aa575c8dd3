"""What several tests of the contracts start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.brokers import mosquitto_in
from tests.servers.process import Server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """A real broker that runs, in a folder of its own."""
    folder = tmp_path / "broker"
    folder.mkdir()
    server = mosquitto_in(folder)
    server.start()
    yield server
    server.kill()
