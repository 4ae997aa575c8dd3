import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.ending import Ending
from simulators.fate import CALM, fate
from simulators.promises import broken
from simulators.world import SILENT, START, STOPPED, Plot, play_world

ROOT = Path(__file__).parents[2]
DAYS = 0.3
QUICK, SLOW = range(1, 5), range(5, 21)
SEEDS = [*QUICK, *(pytest.param(seed, marks=pytest.mark.slow) for seed in SLOW)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def calm(folder: Path) -> Ending:
    return _played(Plot(0, days=DAYS), folder / "calm")


def _played(plot: Plot, folder: Path) -> Ending:
    folder.mkdir()
    return play_world(plot, folder)


def test_a_calm_world_keeps_every_promise(calm: Ending) -> None:
    assert broken(calm, stopped=STOPPED, silent=SILENT) == []


def test_a_resident_who_stops_using_water_is_one_urgent_incident_that_a_person_answers(
    calm: Ending,
) -> None:
    (incident,) = calm.chronicle.about(STOPPED, "welfare")
    assert (incident.tier, incident.state, incident.owner) == (1, "acknowledged", "wang")
    assert incident.timeliness == "live"
    assert "数据完整至" in incident.sentence_zh
    (reply, *_rest) = calm.chronicle.replies
    assert reply.result == "acknowledge"


def test_a_silent_meter_is_never_taken_for_a_silent_resident(calm: Ending) -> None:
    rules = {line.rule for line in calm.chronicle.findings if line.home == SILENT}
    assert rules == {"device_silent"}
    (incident,) = calm.chronicle.about(SILENT, "device_silent")
    assert incident.tier == 3


def test_a_text_fits_one_message_and_names_the_home(calm: Ending) -> None:
    texts = [text for _, text in calm.texts if "031室" in text]
    assert texts
    assert all(len(text.encode("utf-16-le")) // 2 <= 70 for text in texts)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_goes_wrong_every_promise_is_kept(seed: int, folder: Path, calm: Ending) -> None:
    ending = _played(Plot(seed, days=DAYS, fate=fate(seed)), folder / f"seed-{seed}")
    faults = broken(ending, stopped=STOPPED, silent=SILENT)
    assert not faults, "\n".join([*faults, f"repeat it: make sim SEED={seed} ARGS='--days {DAYS}'"])
    assert _welfare(ending) == _welfare(calm)


def _welfare(ending: Ending) -> set[str]:
    """The ids of what the rule found: faults may move its time, not what it says."""
    return {line.id for line in ending.chronicle.findings if line.rule == "welfare"}


@pytest.mark.slow
def test_a_resident_who_uses_water_again_is_stood_down(folder: Path) -> None:
    plot = Plot(0, days=1.1, homes=("home-048",), edits=())
    ending = _played(plot, folder / "returns")
    (incident,) = ending.chronicle.about("home-048", "welfare")
    assert "已恢复用水" in incident.sentence_zh
    assert any("解除" in text for _, text in ending.texts)


def test_a_replaced_meter_raises_nothing_about_its_resident(folder: Path) -> None:
    edits = (("replace-meter", f"{STOPPED}@{START}"),)
    ending = _played(Plot(0, days=DAYS, homes=(STOPPED,), edits=edits), folder / "replaced")
    assert _welfare(ending) == set()


@pytest.mark.parametrize(
    ("edit", "change"),
    [("reset-meter", "设备重启后归零"), ("roll-over", "翻转"), ("mistake-unit", "其后读数连续")],
)
def test_a_register_that_does_not_go_on_is_a_question_about_the_meter_alone(
    edit: str, change: str, folder: Path
) -> None:
    plot = Plot(0, days=DAYS, homes=(STOPPED,), edits=((edit, f"{STOPPED}@{START}"),))
    ending = _played(plot, folder / edit)
    assert _welfare(ending) == set()
    (incident,) = ending.chronicle.about(STOPPED, "meter_break")
    assert change in incident.sentence_zh


def test_equal_seeds_give_equal_digests_in_other_processes_too() -> None:
    def digest(seed: int, hash_seed: str) -> str:
        command = [sys.executable, "-m", "simulators.cli", "sim", "--days", "0.1", "--json"]
        told = subprocess.run(
            [*command, "--seed", str(seed)], cwd=ROOT, env={"PYTHONHASHSEED": hash_seed},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return told.stdout.rpartition('"digest": ')[2]

    assert digest(3, "1") == digest(3, "2") != digest(4, "1")


def test_seed_zero_is_calm_and_others_are_not() -> None:
    assert fate(0) == CALM
    assert all(fate(seed) not in {CALM, fate(seed + 1)} for seed in range(1, 50))
