"""How late a device's messages come, day by day: later than what is said of its delay.

An alert is for now while what led to it is younger than two intervals and a quarter of an hour.
A device whose messages come later than that, though it could be heard all the while, makes every
promise about its home false.
"""

from msgspec import Struct, field

from edge.episode import LIVE_GRACE_NS
from edge.point import Point
from edge.presence import Presence
from edge.reading import DAY_NS, SECOND_NS, Kind, Quality, Reading

DAYS_LATE, WITHIN_DAYS = 3, 7
DAYS_ON_TIME = 3
_DAYS_MAX = 2 * WITHIN_DAYS
_INTERVALS = 2
_AT_ONCE = frozenset(
    {Kind.GAS, Kind.SMOKE, Kind.SOS, Kind.LEAK, Kind.LIFT, Kind.DOOR, Kind.FACE, Kind.CAM}
)
"""Kinds that speak when something happens: their own interval excuses no delay."""


class LatenessState(Struct, array_like=True):
    """A device as it goes into a checkpoint.

    `worst_ns` are the longest delays of what happened on a day, by day, where they were too long;
    of two weeks. Since then it was heard and was `on_time` on so many days; `day` is going on.
    """

    worst_ns: dict[int, int] = field(default_factory=dict)
    day: int = 0
    on_time: int = 0
    told_ns: int | None = None
    allowed_ns: int = LIVE_GRACE_NS


class Lateness(Point[LatenessState]):
    """The lateness of one device; days are local, `offset_ns` ahead of UTC."""

    __slots__ = ("_presence", "offset_ns", "state")

    def __init__(self, presence: Presence, offset_ns: int) -> None:
        super().__init__()
        self._presence, self.offset_ns = presence, offset_ns
        self.state = LatenessState()

    @property
    def is_over(self) -> bool:
        """Whether nothing needs to be known of it any more."""
        return not self.state.worst_ns and self.state.told_ns is None

    def hear(self, reading: Reading) -> None:
        """Take in a live reading; one from a time in which it could not be heard is excused."""
        if reading.historical or reading.quality is not Quality.GOOD:
            return
        state, late_ns = self.state, reading.received_ns - reading.at_ns
        self._turn_day((reading.received_ns + self.offset_ns) // DAY_NS)
        state.allowed_ns = self._allowed_ns(reading.kind)
        open_ns = self._presence.listening.open_ns
        if late_ns <= state.allowed_ns or open_ns is None or reading.at_ns < open_ns:
            return
        day = (reading.at_ns + self.offset_ns) // DAY_NS
        state.worst_ns[day] = max(late_ns, state.worst_ns.get(day, 0))
        state.on_time = -1  # this day is not
        recent = [day for day in state.worst_ns if day > state.day - WITHIN_DAYS]
        if state.told_ns is None and len(recent) >= DAYS_LATE:
            state.told_ns = reading.received_ns

    def worst_s(self, day: int) -> float:
        """Its longest delay within the seven days up to `day`; 0 where it was on time."""
        worst_ns = self.state.worst_ns.items()
        return (
            max((ns for on, ns in worst_ns if day - WITHIN_DAYS < on <= day), default=0) / SECOND_NS
        )

    def _turn_day(self, day: int) -> None:
        state = self.state
        if day <= state.day:
            return
        if state.day:
            state.on_time += 1
        if state.on_time >= DAYS_ON_TIME:
            state.told_ns = None
        state.day = day
        state.worst_ns = {d: ns for d, ns in state.worst_ns.items() if d > day - _DAYS_MAX}

    def _allowed_ns(self, kind: Kind) -> int:
        if kind in _AT_ONCE:
            return LIVE_GRACE_NS
        presence = self._presence
        interval_ns = max(presence.expected_ns or 0, presence.rhythm.interval_ns())
        return _INTERVALS * interval_ns + LIVE_GRACE_NS
