"""What several tests of the gateway start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.gateway.registry_world import Site, make_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway that owns its registry."""
    site = make_site(tmp_path)
    yield site
    site.world.desk.db.dispose()
