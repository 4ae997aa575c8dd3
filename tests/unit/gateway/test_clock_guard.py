"""A wall clock that is set, and what waits for a moment all the same."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.channels.base import Outcome, Outgoing, Verdict
from edge.outbox import Envelope
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS
from gateway.clock_guard import Guard
from gateway.db import clock_rows, deadlines, tables
from gateway.db.clock_rows import LastTime
from gateway.db.engine import connect, reading, upgrade, writing
from gateway.db.schema import whole
from gateway.dispatcher import Dispatcher
from gateway.engine import Engine
from gateway.guarded_clock import ClockWatch, GuardedClock
from simulators import clock as virtual
from simulators.clock import VirtualClock
from tests.unit.gateway.test_engine import NOW, a_book, a_finding


class Phone:
    """A channel that notes how much time had passed when each message came."""

    name = "sms"

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.at_s: list[float] = []

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        self.at_s.append(self.clock.monotonic_ns() / SECOND_NS)
        return Verdict(Outcome.DELIVERED, f"{out.idempotency_id} at {now_ns}")

    async def aclose(self) -> None:
        return


class Gateway:
    """Engine, dispatcher and guard in virtual time; nobody ever answers."""

    def __init__(self, folder: Path, clock: VirtualClock) -> None:
        self.wall = clock
        self.clock = GuardedClock(clock)
        database = connect(f"sqlite:///{folder / 'gateway.db'}")
        upgrade(database)
        self.engine = Engine(database, a_book(), random.Random(1))
        self.phone = Phone(clock)
        self.watch = ClockWatch(self.engine, self.clock)
        self.dispatcher = Dispatcher(self.engine, {"sms": self.phone}, self.clock)

    async def live(self, story: Callable[[], Awaitable[None]]) -> None:
        tasks = [asyncio.create_task(part.run()) for part in (self.watch, self.dispatcher)]
        self.engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), self.clock.now_ns())
        await story()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.engine.database.dispose()


@pytest.mark.parametrize("step_h", [0, 1, -1, 24, -24 * 365])
def test_a_step_of_the_wall_moves_no_step_of_a_plan_by_more_than_a_second(
    step_h: int, tmp_path: Path
) -> None:
    async def main(clock: VirtualClock) -> None:
        gateway = Gateway(tmp_path, clock)

        async def story() -> None:
            await asyncio.sleep(30)
            clock.step_wall(step_h * HOUR_NS)
            await asyncio.sleep(600)

        await gateway.live(story)
        assert gateway.phone.at_s == pytest.approx([0, 60, 300], abs=1)
        assert gateway.engine.counts["clock", "stepped"] == (step_h != 0)
        assert gateway.clock.now_ns() == clock.now_ns(), "records bear the wall's time again"

    virtual.run(main, NOW)


def test_budgets_and_silences_of_edges_are_as_long_as_before(tmp_path: Path) -> None:
    async def main(clock: VirtualClock) -> None:
        gateway = Gateway(tmp_path, clock)
        gateway.engine.hear("e01", NOW, fresh=True, up=True, boot=1)

        async def story() -> None:
            clock.step_wall(HOUR_NS)
            await asyncio.sleep(2)

        await gateway.live(story)
        database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
        with reading(database) as connection:
            heard_ns = connection.execute(sa.select(tables.edge_status.c.at_ns)).scalar_one()
        database.dispose()
        assert heard_ns == NOW + HOUR_NS

    virtual.run(main, NOW)


def test_a_small_difference_is_no_step_until_it_has_grown() -> None:
    guard = Guard.starting(NOW, 0)
    assert guard.stepped_ns(NOW + 400_000_000, 0) == 0
    assert guard.stepped_ns(NOW + 600_000_000, 0) == 600_000_000
    assert guard.stepped_ns(NOW + 5 * SECOND_NS, 5 * SECOND_NS) == 0


def test_a_start_with_a_clock_that_has_gone_back_begins_where_time_had_come_to() -> None:
    guard = Guard.starting(NOW - HOUR_NS, 0, not_before_ns=NOW)
    assert guard.time_ns(MINUTE_NS) == NOW + MINUTE_NS
    assert guard.stepped_ns(NOW - HOUR_NS + MINUTE_NS, MINUTE_NS) == 0, "nobody set it since"
    stepped_ns = guard.stepped_ns(NOW + HOUR_NS, MINUTE_NS)
    assert stepped_ns == 2 * HOUR_NS - MINUTE_NS


def test_the_last_time_is_what_was_written_last(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'gateway.db'}")
    upgrade(database)
    with writing(database) as connection:
        assert clock_rows.last(connection) is None
        for now_ns in (NOW, NOW + 1):
            clock_rows.write(connection, LastTime(now_ns, "boot", 7))
        assert clock_rows.last(connection) == LastTime(NOW + 1, "boot", 7)
    database.dispose()


def test_every_moment_that_is_waited_for_is_moved_or_said_to_be_civil() -> None:
    known = {f"{c.table.name}.{c.name}" for c, _ in deadlines.MOVED} | deadlines.CIVIL
    waited_for = {
        f"{table.name}.{column.name}"
        for table in whole().tables.values()
        for column in table.columns
        if column.name.endswith(("due_ns", "until_ns", "watch_ns", "expires_ns"))
    }
    assert waited_for <= known, "say in gateway/db/deadlines.py what becomes of them"
