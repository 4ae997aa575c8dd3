"""Whole nights of a building whose adapters, edge or water fail: one finding for each cause."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.reading import HOUR_NS, Finding, FindingState
from simulators.clock import VirtualClock, run
from tests.sim.block_world import START_NS, BlockWorld

BUILDING = "s01/b01"
CUT_H, CUT_HOURS = 33, 14
"""The water is cut in the second day, at nine in the morning by the homes' own clock."""
STOPPED, STAYING_AWAY = 0, 1


@contextmanager
def in_memory() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture
def folder() -> Iterator[Path]:
    with in_memory() as path:
        yield path


@pytest.fixture(scope="module")
def calm() -> Iterator[BlockWorld]:
    with in_memory() as path:
        yield play_cut(path)


def usual(home: int, hour: int) -> float:
    """Awake from six to midnight; somebody is up at three."""
    return 20.0 if hour % 24 >= 6 or hour % 24 == home % 6 else 0.0


def with_cut(home: int, hour: int) -> float:
    """Nobody has water for fourteen hours; one had stopped before, and one stops with the cut."""
    cut = CUT_H < hour <= CUT_H + CUT_HOURS
    stopped = home == STOPPED and hour > CUT_H - 20
    gone = home == STAYING_AWAY and hour > CUT_H
    return 0.0 if cut or stopped or gone else usual(home, hour)


def play_cut(folder: Path, kills: random.Random | None = None) -> BlockWorld:
    """The building before, during and after the cut, the edge killed now and then."""

    async def scene(clock: VirtualClock) -> BlockWorld:
        world = BlockWorld(clock, folder, 12, range(4))
        async with world.running() as meters:
            while world.hour < CUT_H + CUT_HOURS + 16:
                await world.live(meters, 1, with_cut)
                if kills and kills.random() < 1 / 6:
                    await world.kill_edge(kills.uniform(0, 3_000))
        return world

    return run(scene, START_NS)


def of_homes(findings: list[Finding]) -> set[tuple[str, int, str, int]]:
    return {
        (found.id, found.revision, found.state.value, found.at_ns)
        for found in findings
        if found.rule in {"welfare", "supply_outage"}
    }


def test_a_cut_is_one_incident_and_hides_nobody_who_had_stopped_or_does_not_resume(
    calm: BlockWorld,
) -> None:
    assert calm.incidents() == [
        ("welfare", f"{BUILDING}/u000"),
        ("supply_outage", BUILDING),
        ("welfare", f"{BUILDING}/u001"),
    ]
    welfare = [found for found in calm.told() if found.rule == "welfare"]
    assert [found.state for found in welfare] == [FindingState.RAISED] * 2
    back_ns = START_NS + (CUT_H + CUT_HOURS + 1) * HOUR_NS
    assert welfare[1].since_ns == back_ns
    assert welfare[1].at_ns - back_ns <= 13 * HOUR_NS


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_crashes_in_the_middle_of_it_neither_make_nor_lose_a_finding(
    folder: Path, calm: BlockWorld, seed: int
) -> None:
    killed = play_cut(folder, random.Random(seed))
    assert of_homes(killed.told()) == of_homes(calm.told())
    assert not [found for found in killed.told() if found.rule == "device_silent"]


def test_an_adapter_that_is_dead_over_night_is_one_incident_of_twenty_devices(
    folder: Path,
) -> None:
    async def scene(clock: VirtualClock) -> BlockWorld:
        world = BlockWorld(clock, folder, 20, range(3), adapters=1)
        async with world.running() as meters:
            await world.adapter("dtu-0", boot=1)
            await world.live(meters, 20, usual)
            await world.power_off("dtu-0")
            await world.live(meters, 6, usual, silent=range(20))
            await world.kill_edge(120)
            await world.live(meters, 6, usual, silent=range(20))
            await world.adapter("dtu-0", boot=2)
            await world.live(meters, 3, usual)
        return world

    world = run(scene, START_NS)
    assert world.incidents() == [("adapter_down", f"{BUILDING}/dtu-0")]
    raised, cleared = world.told()
    assert raised.evidence.seen["devices"] == 20
    assert (cleared.state, cleared.id) == (FindingState.CLEARED, raised.id)


def test_a_power_cut_that_silences_eight_hundred_devices_is_a_finding_for_each_adapter(
    folder: Path,
) -> None:
    async def scene(clock: VirtualClock) -> BlockWorld:
        world = BlockWorld(clock, folder, 800, range(0, 800, 10), adapters=4)
        async with world.running() as meters:
            for i in range(4):
                await world.adapter(f"dtu-{i}", boot=1)
            await world.live(meters, 4, usual)
            for i in range(4):
                await world.power_off(f"dtu-{i}")
            await world.live(meters, 6, usual, silent=range(800))
        return world

    world = run(scene, START_NS)
    assert Counter(rule for rule, _ in world.incidents()) == {"adapter_down": 4}
    assert sum(int(found.evidence.seen["devices"]) for found in world.told()) == 800


def test_an_edge_that_is_down_for_hours_is_one_incident_and_calls_nobody_silent_after_it(
    folder: Path,
) -> None:
    async def scene(clock: VirtualClock) -> BlockWorld:
        world = BlockWorld(clock, folder, 5, range(2))
        async with world.running() as meters:
            await world.live(meters, 20, usual)
            await world.kill_edge(4 * 3600)
            await world.live(meters, 8, usual)
        return world

    world = run(scene, START_NS)
    assert world.incidents() == [("edge_down", "s01/e01")]
    assert [found.state for found in world.told()] == [FindingState.RAISED, FindingState.CLEARED]
