"""An edge loads what its settings ask for, and no more: memory is what small machines lack."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_PLAIN_EDGE = """
import sys
from pathlib import Path
import edge.agent
from edge.pipeline import Pipeline
from edge.registry import Registry
unit = {"code": "u01", "building": "b01", "care": ["alone"]}
site = {"version": 1, "site": "s01", "unit": [unit], "device": [
    {"id": "wm-1", "kind": "water", "unit": "u01"}, {"id": "dr-1", "kind": "door", "unit": "u01"},
]}
Pipeline(Registry.parse(site, Path("registry.toml")))
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What an edge has loaded whose site has a door, a meter and no routine."""
    command = [sys.executable, "-c", _PLAIN_EDGE]
    done = subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True)
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "library",
    ["numpy", "uvicorn", "starlette", "prometheus_client", "cryptography", "httpx"],
)
def test_an_edge_with_the_plain_rules_does_not_load(library: str, loaded: set[str]) -> None:
    assert "edge" in loaded
    assert library not in loaded
