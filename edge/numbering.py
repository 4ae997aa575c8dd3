"""How a device numbers its messages: two that speak under one name count past each other.

One device counts on. When its numbers jump there and back, and each time go on where they were,
there are two. Vendors whose messages have no number of their own (but a digest) never go on.
"""

from typing import Final

from msgspec import Struct, field

from edge.point import Point
from edge.reading import DAY_NS, Reading
from edge.run import Run

STEP_MAX: Final = 64
"""A number that goes on may leave out so many: they were lost, or are on their way."""
SWITCHES_MIN: Final = 6
FORGET_NS: Final = DAY_NS
_OLD_NS: Final = DAY_NS // 24
"""Older than this on arrival is a backlog, which has numbers of its own past."""


class NumberingState(Struct, array_like=True):
    """As it goes into a checkpoint: boot and number of the last message, and of those before.

    `switches` are the returns from one to the other.
    """

    boot: int = 0
    seq: int = -1
    other_boot: int = 0
    other_seq: int = -1
    switches: Run = Run()


class NumberingsState(Struct, array_like=True):
    """As it goes into a checkpoint: boot and number of each device's last message, and doubts."""

    last: dict[str, tuple[int, int]] = field(default_factory=dict)
    doubted: dict[str, NumberingState] = field(default_factory=dict)


class Numbering(Point[NumberingState]):
    """The numbering of one device."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        super().__init__()
        self.state = NumberingState()

    def hear(self, reading: Reading) -> None:
        """Take in the number of a message by a reading of it; a backlog says nothing."""
        if reading.historical or reading.received_ns - reading.at_ns > _OLD_NS:
            return
        state, boot, seq = self.state, reading.boot, reading.seq
        if boot == state.boot and 0 < seq - state.seq <= STEP_MAX:
            state.seq = seq
            return
        if boot == state.other_boot and 0 < seq - state.other_seq <= STEP_MAX:
            state.switches = state.switches.then(reading.at_ns, reading.received_ns, FORGET_NS)
        state.other_boot, state.other_seq = state.boot, state.seq
        state.boot, state.seq = boot, seq
