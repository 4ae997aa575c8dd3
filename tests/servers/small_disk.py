"""A real file system of a few mebibytes: a story is played on it by a process of its own.

No root is needed where users may have namespaces of their own; elsewhere the test is skipped.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers.process import program

_ROOT = Path(__file__).parents[2]
_MOUNT = 'mount -t tmpfs -o size={size}m tmpfs "$0" && exec "$@"'
_PLAY = (
    "import json, sys; from importlib import import_module; from pathlib import Path\n"
    "story = getattr(import_module(sys.argv[1]), sys.argv[2])\n"
    "print(json.dumps(story(Path(sys.argv[3]))))"
)


def on_small_disk(folder: Path, story: Callable[[Path], Any], size: int = 1) -> Any:
    """What `story`, a function of a module, returns of the empty disk at `folder`, as JSON.

    The disk has `size` mebibytes.
    """
    inside = [str(program("unshare")), "--user", "--map-root-user", "--mount"]
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets no user mount a file system of their own")
    play = [sys.executable, "-c", _PLAY, story.__module__, story.__name__, str(folder)]
    done = subprocess.run(
        [*inside, "sh", "-c", _MOUNT.format(size=size), str(folder), *play],
        cwd=_ROOT, env=os.environ | {"PYTHONPATH": str(_ROOT)}, check=True,
        stdout=subprocess.PIPE, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def fill(folder: Path) -> Path:
    """Take all the room there is; the file that has it."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            return ballast
