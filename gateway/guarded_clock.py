"""The guard at work: a clock for the whole gateway, and the look at the wall once a second."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from edge.clock import Clock, SystemClock, sleep
from edge.reading import MINUTE_NS, SECOND_NS
from gateway.clock_guard import STEP_NS, Guard
from gateway.db import clock_rows, deadlines
from gateway.db.clock_rows import LastTime
from gateway.db.engine import is_shared, reading, writing
from gateway.engine import Engine, announce

log = logging.getLogger(__name__)

LOOK_S = 1.0
_GAP_NS = 5 * SECOND_NS
_WRITE_NS = MINUTE_NS
_BOOT_FILE = Path("/proc/sys/kernel/random/boot_id")


class GuardedClock:
    """`inner`'s wall as it would be if nobody set it; its elapsed time counts suspension too."""

    def __init__(self, inner: Clock) -> None:
        self.inner = inner
        self.speed = inner.speed
        self.monotonic_ns = elapsed_of(inner)
        self.guard = Guard.starting(inner.now_ns(), self.monotonic_ns())

    def now_ns(self) -> int:
        """Wall time, steps not yet taken into account left out."""
        return self.guard.time_ns(self.monotonic_ns())


def elapsed_of(clock: Clock) -> Callable[[], int]:
    """What counts the nanoseconds of `clock` that pass, also while the machine is suspended."""
    if isinstance(clock, SystemClock) and hasattr(time, "CLOCK_BOOTTIME"):
        return lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return clock.monotonic_ns


class ClockWatch:
    """Sees every step of the wall within a second of elapsed time, and takes it into account.

    A gateway that is alone moves all that is waited for and goes by the wall again. One of
    several keeps its count: what the others wait for is not its to move.
    """

    def __init__(self, engine: Engine, clock: GuardedClock) -> None:
        self._engine = engine
        self._clock = clock
        self._shared = is_shared(engine.database)
        self._boot = _boot() if isinstance(clock.inner, SystemClock) else ""
        self._looked_ns = clock.monotonic_ns()
        self._written_ns: int | None = None

    def start(self) -> None:
        """A step while no gateway ran is taken into account, and our time is none that was.

        Gateways that share a database begin with the database's time, so that they agree.
        """
        if self._shared:
            self._agree_with_database()
            return
        with reading(self._engine.database) as connection:
            last = clock_rows.last(connection)
        clock = self._clock
        wall_ns, elapsed_ns = clock.inner.now_ns(), clock.monotonic_ns()
        if last is not None and last.boot and last.boot == self._boot:
            clock.guard = Guard(last.ahead_ns + elapsed_ns, elapsed_ns, last.ahead_ns)
        elif last is not None and self._boot:
            clock.guard = Guard.starting(wall_ns, elapsed_ns, not_before_ns=last.now_ns)
            if wall_ns + STEP_NS < last.now_ns:
                self._engine.counts["clock", "behind_at_start"] += 1
                log.warning("the clock is %.0f s behind", (last.now_ns - wall_ns) / SECOND_NS)
        self.look()

    def _agree_with_database(self) -> None:
        clock = self._clock
        if not self._boot:
            return  # not the machine's own time
        with reading(self._engine.database) as connection:
            told = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        wall_ns, elapsed_ns = clock.inner.now_ns(), clock.monotonic_ns()
        theirs_ns = int(told.timestamp() * SECOND_NS)
        if abs(theirs_ns - wall_ns) > STEP_NS:
            self._engine.counts["clock", "unlike_database"] += 1
            log.warning("the database's clock is ours %+.1f s", (theirs_ns - wall_ns) / SECOND_NS)
            clock.guard = Guard(theirs_ns, elapsed_ns, wall_ns - elapsed_ns)

    async def run(self) -> None:
        """Look at the wall once a real second, until cancelled."""
        while True:
            await sleep(self._clock, LOOK_S * self._clock.speed)
            try:
                self.look()
            except sa.exc.OperationalError as error:
                log.warning("the clock's step waits for the database: %s", error.orig)

    def look(self) -> None:
        """A step is taken into account; after a standstill what is overdue is done at once."""
        clock = self._clock
        wall_ns, elapsed_ns = clock.inner.now_ns(), clock.monotonic_ns()
        tolerance_ns = int(STEP_NS * max(1.0, clock.speed))
        if clock.guard.stepped_ns(wall_ns, elapsed_ns, tolerance_ns):
            self._take(wall_ns, elapsed_ns)
        elif not self._shared and self._is_time_to_write(elapsed_ns):
            with writing(self._engine.database) as connection:
                self._write(connection, clock.now_ns(), elapsed_ns)
        if elapsed_ns - self._looked_ns > _GAP_NS * max(1.0, clock.speed):
            self._engine.counts["clock", "stood_still"] += 1
            announce(self._engine, frozenset())
        self._looked_ns = elapsed_ns

    def _take(self, wall_ns: int, elapsed_ns: int) -> None:
        clock = self._clock
        by_ns = wall_ns - clock.guard.time_ns(elapsed_ns)
        if self._shared:
            clock.guard = clock.guard.noted(wall_ns, elapsed_ns)
        else:
            with writing(self._engine.database) as connection:
                deadlines.move(connection, by_ns)
                self._write(connection, wall_ns, elapsed_ns, wall_ns - elapsed_ns)
            clock.guard = clock.guard.agreed(wall_ns, elapsed_ns)
        self._engine.counts["clock", "stepped_aside" if self._shared else "stepped"] += 1
        done = "it is not followed" if self._shared else "all that is waited for has moved with it"
        log.warning("the wall clock was set by %+.1f s; %s", by_ns / SECOND_NS, done)
        announce(self._engine, frozenset())

    def _is_time_to_write(self, elapsed_ns: int) -> bool:
        return self._written_ns is None or elapsed_ns - self._written_ns >= _WRITE_NS

    def _write(
        self,
        connection: sa.Connection,
        now_ns: int,
        elapsed_ns: int,
        ahead_ns: int | None = None,
    ) -> None:
        ahead_ns = self._clock.guard.ahead_ns if ahead_ns is None else ahead_ns
        clock_rows.write(connection, LastTime(now_ns, self._boot, ahead_ns))
        self._written_ns = elapsed_ns


def _boot() -> str:
    """The kernel's name for this run of the machine; empty where it has none."""
    return _BOOT_FILE.read_text("ascii").strip() if _BOOT_FILE.exists() else ""
