"""The computer under the edge, as far as its time goes: its clocks, its boot, its kernel's word.

Linux says by `adjtimex` whether NTP keeps its clock. Whoever sets the clock by hand, or loses
NTP for some nine hours, takes that word back by it.
"""

import ctypes
import logging
import time
from pathlib import Path
from typing import Protocol

from edge.clock import Clock

log = logging.getLogger(__name__)

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_COUNT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040
_NS_PER_US = 1_000


class Machine(Protocol):
    """What a timekeeper asks of the computer."""

    @property
    def boot(self) -> str:
        """A name for this start of the computer: within it monotonic counts are comparable."""
        ...

    def count_ns(self) -> int:
        """Nanoseconds since this start; no setting of any clock and no suspension moves it."""
        ...

    def wall_ns(self) -> int:
        """What the computer's own clock reads, right or wrong."""
        ...

    def error_ns(self) -> int | None:
        """By how much the kernel says it may be wrong; None while it does not vouch for it."""
        ...


class SteadyClock:
    """A clock that starts with the computer and is never set: the ruler of unknown time.

    Its wall is its monotonic side, so it reads some hours into 1970.
    """

    speed = 1.0

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def now_ns(self) -> int:
        """Nanoseconds since the computer started."""
        return self.machine.count_ns()

    def monotonic_ns(self) -> int:
        """The same."""
        return self.machine.count_ns()


class LinuxMachine:
    """This computer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._adjtimex = _adjtimex()
        self.boot = _BOOT_ID.read_text("ascii").strip() if _BOOT_ID.exists() else ""

    def count_ns(self) -> int:
        """What the kernel has counted, a suspension included."""
        return time.clock_gettime_ns(_COUNT)

    def wall_ns(self) -> int:
        """What the system clock reads."""
        return self._clock.now_ns()

    def error_ns(self) -> int | None:
        """The kernel's bound, while a time service keeps its clock."""
        if self._adjtimex is None:
            return None
        state = _Timex()
        answer = self._adjtimex(ctypes.byref(state))
        if answer in {-1, _TIME_ERROR} or state.status & _STA_UNSYNC:
            return None
        return int(state.maxerror) * _NS_PER_US


class _Timex(ctypes.Structure):
    """`struct timex`, up to the fields that are read; the rest is room for the kernel to fill."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    )


def _adjtimex() -> "ctypes._NamedFuncPointer | None":
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        log.warning("this system has no adjtimex: its kernel can say nothing of its clock")
        return None
