import asyncio
import time

import pytest

from edge.clock import ScaledClock, SystemClock, deadline, parse, sleep, sleep_until
from edge.reading import HOUR_NS, SECOND_NS


def test_a_scaled_clock_runs_at_its_pace_from_where_it_was_set() -> None:
    clock = ScaledClock(3_600, time.time_ns(), 5 * HOUR_NS)
    start_ns = clock.now_ns()
    asyncio.run(sleep(clock, 360))
    assert start_ns >= 5 * HOUR_NS
    assert 360 * SECOND_NS <= clock.now_ns() - start_ns < 3_600 * SECOND_NS


def test_processes_that_share_a_spec_share_the_time() -> None:
    clock = ScaledClock(900.0, time.time_ns(), HOUR_NS)
    assert parse(clock.spec()) == clock


def test_real_means_the_machine() -> None:
    assert isinstance(parse("real"), SystemClock)


@pytest.mark.parametrize("spec", ["", "fast", "scaled:1:2", "scaled:0:1:1", "scaled:x:1:1"])
def test_another_spec_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"clock|float"):
        parse(spec)


def test_a_deadline_counts_the_seconds_of_its_clock() -> None:
    async def wait() -> None:
        async with deadline(ScaledClock(3_600, 0, 0), 36):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(wait(), 5))


def test_waiting_for_a_moment_that_has_passed_returns_at_once() -> None:
    asyncio.run(asyncio.wait_for(sleep_until(SystemClock(), 0), 1))
