import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
from edge.failpoint import hit
for step in range(3):
    hit("a"); print("a", step, flush=True)
    hit("b"); print("b", step, flush=True)
"""


def run(kill_at: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"SHOUWANG_KILL_AT": kill_at},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.splitlines()


def test_without_an_armed_point_nothing_happens() -> None:
    assert run("") == (0, ["a 0", "b 0", "a 1", "b 1", "a 2", "b 2"])


@pytest.mark.parametrize(
    ("kill_at", "printed"),
    [("a:1", []), ("b:1", ["a 0"]), ("b:2", ["a 0", "b 0", "a 1"])],
)
def test_the_process_dies_at_the_named_hit(kill_at: str, printed: list[str]) -> None:
    assert run(kill_at) == (-signal.SIGKILL, printed)
