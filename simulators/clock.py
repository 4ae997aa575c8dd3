"""An asyncio event loop in virtual time: a day passes as fast as its events can be run.

When nothing is ready the loop moves its clock to the next timer instead of waiting. When
every task waits and no timer is set, nothing can ever happen again: it raises `Deadlock`.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from edge.reading import SECOND_NS

T = TypeVar("T")


class Deadlock(RuntimeError):  # noqa: N818  (the field's own word; it is never caught as an error)
    """Every task waits, no timer is set and no socket is ready."""


class VirtualSelector(selectors.DefaultSelector):
    """A selector whose waiting is arithmetic on `elapsed_ns`."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed_ns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; when nothing is, time has passed by `timeout` seconds.

        Raises:
            Deadlock: nothing is ready and no `timeout` bounds the wait.
        """
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            raise Deadlock("every task waits and no timer is set")
        # At least one tick, so that a timer lost in a float's last bit cannot hold time still.
        self.elapsed_ns += max(1, round(timeout * SECOND_NS))
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A stock selector loop that takes its time from a `VirtualSelector`.

    Integer nanoseconds carry the time; the float that asyncio sees is exact to the
    nanosecond for about three months. Sockets work only when they are ready at once, since
    no real time passes for them; what is meant for a thread is done at once, in this one.
    """

    def __init__(self) -> None:
        self.virtual = VirtualSelector()
        super().__init__(self.virtual)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.virtual.elapsed_ns / SECOND_NS

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., T], *args: object
    ) -> asyncio.Future[T]:
        """What `func` gives or raises; no time passes meanwhile."""
        del executor
        outcome: asyncio.Future[T] = self.create_future()
        try:
            outcome.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (it is for whoever awaits the outcome)
            outcome.set_exception(error)
        return outcome


class VirtualClock:
    """The clock of a `VirtualLoop`; its wall can be stepped, its monotonic side cannot."""

    speed = 1.0

    def __init__(self, loop: VirtualLoop, start_ns: int) -> None:
        self._selector = loop.virtual
        self._wall_offset_ns = start_ns

    def now_ns(self) -> int:
        """Virtual wall time."""
        return self._wall_offset_ns + self._selector.elapsed_ns

    def monotonic_ns(self) -> int:
        """Virtual nanoseconds since the loop was made."""
        return self._selector.elapsed_ns

    def step_wall(self, step_ns: int) -> None:
        """Set the wall forward, or back where `step_ns` is negative, as NTP or a hand would."""
        self._wall_offset_ns += step_ns


def run(main: Callable[[VirtualClock], Coroutine[Any, Any, T]], start_ns: int) -> T:
    """What `main` returned, run to its end on a fresh loop whose wall begins at `start_ns`.

    Raises:
        Deadlock: `main` waits for something that nobody can bring about any more.
    """
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(VirtualClock(loop, start_ns)))
