"""A computer with a clock of its own in virtual time: started, set wrong, kept in time or not."""

from dataclasses import dataclass

from simulators.clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Clockwork:
    """How an edge's own clock goes wrong.

    It starts `error_ns` off; `steps` set it, seconds after the start, to be off by so much. The
    gateway, its only witness, is there `gateway_after_s` after the start.
    """

    error_ns: int
    steps: tuple[tuple[float, int], ...] = ()
    gateway_after_s: float = 0.0


class VirtualMachine:
    """An `edge.machine.Machine`; `clock` has the true time.

    While `kept` the kernel vouches for its clock, as NTP would let it.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.boot = ""
        self.kept = False
        self._clock = clock
        self._error_ns = 0
        self._boots = 0
        self._started_ns = 0
        self.start(0)

    def start(self, error_ns: int) -> None:
        """Start the computer anew; its clock is `error_ns` ahead, or behind if negative."""
        self._boots += 1
        self.boot = f"boot-{self._boots}"
        self._started_ns = self._clock.monotonic_ns()
        self.set_wall(error_ns)

    def set_wall(self, error_ns: int) -> None:
        """Set the clock by hand; whoever does that takes the kernel's word back by it."""
        self.kept = False
        self._error_ns = error_ns

    def keep(self) -> None:
        """NTP sets the clock, and keeps it."""
        self.set_wall(0)
        self.kept = True

    def wall_ns(self) -> int:
        """What its clock reads."""
        return self._clock.now_ns() + self._error_ns

    def count_ns(self) -> int:
        """Nanoseconds since its start."""
        return self._clock.monotonic_ns() - self._started_ns

    def error_ns(self) -> int | None:
        """A millisecond, while it is kept."""
        return 1_000_000 if self.kept else None
