import asyncio
import random
from hashlib import blake2b

import pytest

from edge.clock import deadline, sleep, sleep_until
from edge.reading import DAY_NS, HOUR_NS, SECOND_NS
from simulators.clock import Deadlock, VirtualClock, run

START_NS = 1_464_739_200 * SECOND_NS


async def _day_of_ticks(clock: VirtualClock) -> int:
    ticks = 0
    while clock.now_ns() < START_NS + DAY_NS:
        await sleep(clock, 60)
        ticks += 1
    return ticks


def test_a_day_of_minutes_passes_without_waiting() -> None:
    assert run(_day_of_ticks, START_NS) == 1440


def test_sleep_until_wakes_at_the_very_nanosecond() -> None:
    due_ns = START_NS + 27 * DAY_NS + 123_456_789

    async def main(clock: VirtualClock) -> int:
        await sleep_until(clock, due_ns)
        return clock.now_ns()

    assert run(main, START_NS) == due_ns


def test_waiting_for_what_nobody_sets_raises_at_once() -> None:
    async def main(_: VirtualClock) -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="no timer is set"):
        run(main, START_NS)


def test_a_deadline_ends_a_wait_that_would_last_for_ever() -> None:
    async def main(clock: VirtualClock) -> int:
        with pytest.raises(TimeoutError):
            async with deadline(clock, 3600):
                await asyncio.Event().wait()
        return clock.now_ns()

    assert run(main, START_NS) == START_NS + HOUR_NS


def test_a_stepped_wall_leaves_the_monotonic_side_alone() -> None:
    async def main(clock: VirtualClock) -> tuple[int, int]:
        await sleep(clock, 10)
        clock.step_wall(-DAY_NS)
        return clock.now_ns(), clock.monotonic_ns()

    assert run(main, START_NS) == (START_NS - DAY_NS + 10 * SECOND_NS, 10 * SECOND_NS)


def _order_of_events(seed: int) -> str:
    rng = random.Random(seed)
    digest = blake2b(digest_size=16)

    async def chatter(clock: VirtualClock, name: int) -> None:
        for _ in range(200):
            await sleep(clock, rng.expovariate(1 / 60))
            digest.update(f"{name} {clock.now_ns()}\n".encode())

    async def main(clock: VirtualClock) -> None:
        async with asyncio.TaskGroup() as tasks:
            for name in range(10):
                tasks.create_task(chatter(clock, name))

    run(main, START_NS)
    return digest.hexdigest()


def test_equal_seeds_give_equal_runs_and_others_differ() -> None:
    assert _order_of_events(7) == _order_of_events(7)
    assert _order_of_events(7) != _order_of_events(8)
