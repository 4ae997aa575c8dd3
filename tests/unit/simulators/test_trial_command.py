"""What `shouwang sim alerts` tells whoever waits for it."""

import json
import logging
from pathlib import Path

import pytest

from simulators.trial import command
from simulators.trial.oracle import Judged

GOOD = Judged((), 10, 1, 0)
LOST = Judged((("lost", "nobody was told"),), 10, 1, 0)


def played(seed: int, folder: Path) -> Judged:
    assert folder.is_dir()
    return LOST if seed == 8 else GOOD


@pytest.fixture(autouse=True)
def _no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "play", played)
    monkeypatch.setattr(logging, "disable", lambda _: None)


def run(*words: str) -> int:
    return command.main([*words, "--jobs", "1", "--json"])


def test_a_fault_is_told_with_the_command_that_repeats_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--seed", "7", "--runs", "3") == 1
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "seed 8: lost: nobody was told",
        "repeat it: shouwang sim alerts --seed 8 --runs 1 -v",
    ]
    summary = json.loads(told.out)
    assert (summary["failed_seeds"], summary["lost"], summary["runs"]) == ([8], 1, 3)


def test_whoever_waits_hears_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--seed", "101", "--runs", "60") == 0
    said = [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["25 of 60", "50 of 60"]
