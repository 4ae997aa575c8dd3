"""Words that must not stand in the tree, and names that say nothing."""

import re
import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "data", "common", "misc"}
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|home)/\w"  # a path of one machine
    r"|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org"  # a registry's host
)
SLEEP = re.compile(r"\btime\.sleep\(|\bfrom time import .*\bsleep\b")
TEXT_ENDINGS = {".py", ".md", ".toml", ".txt", ".lock", ".conf", ".html", ".css", ".js", ""}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return [p for p in paths if p.suffix in TEXT_ENDINGS and p.is_file() and p != Path(__file__)]


def test_no_file_names_a_machine_path_or_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in _tracked()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_code_sleeps_on_the_machine_clock() -> None:
    found = [p for p in _tracked() if p.suffix == ".py" and SLEEP.search(p.read_text("utf-8"))]
    assert not found


def test_no_module_has_a_name_that_says_nothing() -> None:
    rooms = ("edge", "alerts", "gateway", "simulators")
    named = [p for room in rooms for p in (ROOT / room).rglob("*.py") if p.stem in EMPTY_NAMES]
    assert not named


@pytest.mark.parametrize("room", ["edge", "alerts", "gateway", "simulators"])
def test_no_other_distribution_owns_a_room(room: str) -> None:
    assert set(packages_distributions().get(room, [])) <= {"shouwang"}
