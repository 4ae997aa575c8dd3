import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.history import JournalHistory
from edge.reading import DAY_NS, HOUR_NS, Quality
from simulators.ending import Ending
from simulators.meters import ahead, standing
from simulators.world import START, START_NS, Plot, play_world

AHEAD, BEHIND, UNSET, STANDING = "home-031", "home-001", "home-002", "home-048"
CLOCKS = (
    (AHEAD, ahead(3 * DAY_NS)),
    (BEHIND, ahead(-2 * HOUR_NS)),
    (UNSET, ahead(7 * HOUR_NS - START_NS)),
    (STANDING, standing(0)),
)
HOMES = tuple(home for home, _ in CLOCKS)
LEARNED_H, WINDOW_H = 7, 12  # some of the real hours have no reading


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def stopped(folder: Path) -> Ending:
    """Nobody uses water from the start on, and no meter knows what time it is."""
    edits = tuple(("cut-use", f"{home}@{START}") for home in HOMES)
    return play_world(Plot(0, days=0.9, homes=HOMES, edits=edits, clocks=CLOCKS), folder)


@pytest.mark.parametrize("home", [AHEAD, BEHIND, UNSET])
def test_a_resident_who_stops_is_found_though_the_meter_s_clock_is_wrong(
    stopped: Ending, home: str
) -> None:
    (incident,) = stopped.chronicle.about(home, "welfare")
    assert (incident.timeliness, incident.state) == ("live", "acknowledged")
    at_ns = min(
        line.at_ns
        for line in stopped.chronicle.findings
        if (line.home, line.rule) == (home, "welfare")
    )
    assert WINDOW_H - 1 <= (at_ns - START_NS) / HOUR_NS <= WINDOW_H + LEARNED_H


def test_of_a_resident_whose_meter_s_clock_stands_nothing_is_claimed(stopped: Ending) -> None:
    rules = {line.rule for line in stopped.chronicle.findings if line.home == STANDING}
    assert "welfare" not in rules


def test_what_cannot_be_placed_in_time_is_kept_and_marked(stopped: Ending, folder: Path) -> None:
    assert stopped.published > 0
    history = JournalHistory(folder / "journal.sqlite")
    room = STANDING.rpartition("-")[2]
    readings = history.readings([f"wm-{room}"], START_NS - DAY_NS, START_NS + 2 * DAY_NS, 1_000)
    assert {reading.quality for reading in readings} == {Quality.SUSPECT}
    assert {reading.at_ns - reading.offset_ns for reading in readings} == {0}
