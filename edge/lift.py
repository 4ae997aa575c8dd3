"""One lift: how often it broke down lately. What it says at once is `edge.signal`'s business."""

from msgspec import Struct, field

from edge.point import Point
from edge.reading import DAY_NS, HOUR_NS, Reading

WINDOW_NS = 30 * DAY_NS
APART_NS = HOUR_NS
"""What it says within an hour of a fault is the same fault: people trapped, then out of service."""
OFTEN = 3
_KEPT = 64
LIFT_CHANNELS = {
    "lift.state": frozenset({"out_of_service"}),
    "lift.trapped": frozenset({"trapped"}),
    "lift.off_level": frozenset({"off_level"}),
}
"""Its channels, and the words of each that are a fault."""


class LiftState(Struct, array_like=True):
    """The beginnings of its faults of the last 30 days, and what it said of each channel last.

    There are `OFTEN` or more of them since `often_ns`.
    """

    faults: list[int] = field(default_factory=list)
    often_ns: int | None = None
    said: dict[str, str] = field(default_factory=dict)
    newest_ns: int = 0


class Lift(Point[LiftState]):
    """The lift `device`."""

    __slots__ = ("device", "state")

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.state = LiftState()

    def hear(self, reading: Reading) -> None:
        """Take in a word of the lift; it breaks down when it begins to say so."""
        state, at_ns = self.state, min(reading.at_ns, reading.received_ns)
        if at_ns < state.newest_ns or reading.channel not in LIFT_CHANNELS:
            return
        before = state.said.get(reading.channel)
        word = str(reading.value)
        state.said[reading.channel], state.newest_ns = word, at_ns
        if word in LIFT_CHANNELS[reading.channel] and word != before:
            self._break_down(at_ns)

    def _break_down(self, at_ns: int) -> None:
        state = self.state
        faults = self.lately(at_ns)[-_KEPT:]
        if len(faults) < OFTEN:
            state.often_ns = None
        if not faults or at_ns - faults[-1] >= APART_NS:
            faults.append(at_ns)
        if len(faults) >= OFTEN and state.often_ns is None:
            state.often_ns = at_ns
        state.faults = faults

    def lately(self, now_ns: int) -> list[int]:
        """When its faults of the 30 days before `now_ns` began."""
        return [each for each in self.state.faults if now_ns - each < WINDOW_NS]
