"""Where time comes from: one clock a process, made by its composition root.

A clock has a wall (civil time, may be stepped) and a monotonic side (for durations), and
a speed: seconds of its own per real second. Business waits go through `sleep` and
`deadline` below, so that a process on a scaled clock runs its minutes in seconds; socket
and provider timeouts stay in real seconds.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

from edge.reading import SECOND_NS


class Clock(Protocol):
    """Wall and monotonic nanoseconds, and how fast both run."""

    @property
    def speed(self) -> float:
        """Seconds of this clock per second of the event loop."""
        ...

    def now_ns(self) -> int:
        """Wall time, nanoseconds since the epoch."""
        ...

    def monotonic_ns(self) -> int:
        """A count that never goes back, for durations only."""
        ...


class SystemClock:
    """The machine's own clocks."""

    speed = 1.0

    def now_ns(self) -> int:
        """The machine's wall time."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """The machine's monotonic time."""
        return time.monotonic_ns()


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """A clock that read `wall_ns` when the machine's read `real_ns`, at `speed` times its pace.

    Processes that share the three numbers share the time, as far as they share the machine's.
    """

    speed: float
    real_ns: int
    wall_ns: int

    def now_ns(self) -> int:
        """Scaled wall time."""
        return self.wall_ns + int((time.time_ns() - self.real_ns) * self.speed)

    def monotonic_ns(self) -> int:
        """Scaled monotonic time."""
        return int(time.monotonic_ns() * self.speed)

    def spec(self) -> str:
        """The text from which `parse` makes an equal clock in another process."""
        return f"scaled:{self.speed}:{self.real_ns}:{self.wall_ns}"


def parse(spec: str) -> Clock:
    """The clock that `spec` names: `real`, or `scaled:SPEED:REAL_NS:WALL_NS`.

    Raises:
        ValueError: the text is neither; its message says what is expected.
    """
    if spec == "real":
        return SystemClock()
    try:
        match spec.split(":"):
            case ["scaled", speed, real_ns, wall_ns] if 0 < float(speed) < float("inf"):
                return ScaledClock(float(speed), int(real_ns), int(wall_ns))
    except ValueError:
        pass  # not numbers: said below
    raise ValueError(f"not a clock: {spec!r}; write 'real' or 'scaled:SPEED:REAL_NS:WALL_NS'")


async def sleep(clock: Clock, duration_s: float) -> None:
    """Wait `duration_s` seconds of `clock`."""
    await asyncio.sleep(duration_s / clock.speed)


def deadline(clock: Clock, duration_s: float) -> asyncio.Timeout:
    """An `async with` block that raises TimeoutError after `duration_s` seconds of `clock`."""
    return asyncio.timeout(duration_s / clock.speed)


async def sleep_until(clock: Clock, due_ns: int) -> None:
    """Wait until the wall reads `due_ns`; return at once when it already does."""
    await sleep(clock, max(0, due_ns - clock.now_ns()) / SECOND_NS)
