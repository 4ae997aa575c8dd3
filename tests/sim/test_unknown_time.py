"""An edge that does not know the time, in the whole system: every incident opens once, in time."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.reading import DAY_NS, HOUR_NS
from simulators.ending import Ending
from simulators.fate import Fate
from simulators.machine import Clockwork
from simulators.promises import broken
from simulators.world import SILENT, START_NS, STOPPED, Plot, play_world

DAYS = 0.3
HOMES = (STOPPED, SILENT)
CLOCKS = {
    "1970": Clockwork(-START_NS),
    "two weeks back": Clockwork(-14 * DAY_NS),
    "three days ahead": Clockwork(3 * DAY_NS),
    "set a day ahead and back while running": Clockwork(
        0, steps=((3_600, DAY_NS), (7_200, -DAY_NS), (9_000, 12 * 365 * DAY_NS))
    ),
}
UNTOLD = Clockwork(3 * DAY_NS, gateway_after_s=6 * 3_600)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def played(folder: Path, plot: Plot) -> Ending:
    folder.mkdir()
    return play_world(plot, folder)


@pytest.fixture(scope="module")
def right(folder: Path) -> Ending:
    return played(folder / "right", Plot(0, days=DAYS, homes=HOMES))


def welfare(ending: Ending) -> set[tuple[str, str]]:
    return {
        (found.id, found.timeliness)
        for found in ending.chronicle.findings
        if found.rule == "welfare"
    }


@pytest.mark.parametrize("name", CLOCKS)
def test_whatever_an_edges_clock_says_its_homes_are_watched_by_the_true_time(
    name: str, folder: Path, right: Ending
) -> None:
    plot = Plot(0, days=DAYS, homes=HOMES, clockwork=CLOCKS[name])
    ending = played(folder / name, plot)
    assert broken(ending, stopped=STOPPED, silent=SILENT) == []
    assert welfare(ending) == welfare(right) != set()
    ((opened,), (expected,)) = (
        each.chronicle.about(STOPPED, "welfare") for each in (ending, right)
    )
    assert abs(opened.opened_ns - expected.opened_ns) < 60 * 10**9


def test_an_edge_that_is_killed_again_and_again_before_it_knows_the_time_loses_nothing(
    folder: Path, right: Ending
) -> None:
    plot = Plot(3, days=DAYS, homes=HOMES, fate=Fate(edge_life_s=1_800), clockwork=UNTOLD)
    ending = played(folder / "killed", plot)
    assert welfare(ending) == welfare(right)


def test_what_is_held_while_nobody_tells_the_time_opens_its_incident_once_somebody_does(
    folder: Path, right: Ending
) -> None:
    plot = Plot(0, days=DAYS, homes=HOMES, clockwork=UNTOLD)
    ending = played(folder / "untold", plot)
    (incident,) = ending.chronicle.about(STOPPED, "welfare")
    assert incident.opened_ns >= START_NS + 6 * HOUR_NS
    assert welfare(ending) == welfare(right)
    assert {each.rule for each in ending.chronicle.findings if each.home == SILENT} == {
        "device_silent"
    }
