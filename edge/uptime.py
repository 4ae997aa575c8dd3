"""For how long a camera or a lift was up, was down, or was nobody's knowledge: to the minute.

What it said holds until its next word, but no longer than such a device may be silent, and not
past the moment at which nobody could hear it. All other time is unknown, never up.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field, structs

from edge.reading import DAY_NS

DAYS_KEPT = 10
UP, DOWN, PLANNED, UNKNOWN = "up", "down", "planned", ""
STANDINGS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("cam.state", "up"): UP,
        ("cam.state", "down"): DOWN,
        ("cam.state", "unknown"): UNKNOWN,
        ("lift.state", "normal"): UP,
        ("lift.state", "out_of_service"): DOWN,
        ("lift.state", "maintenance"): PLANNED,
    }
)
"""What a channel's words mean here; other words say nothing."""


class UptimeDay(Struct, frozen=True, array_like=True):
    """One local day: how long it is known to have been so, and how often it went down."""

    up_ns: int = 0
    down_ns: int = 0
    planned_ns: int = 0
    downs: int = 0

    def plus(self, standing: str, spent_ns: int) -> "UptimeDay":
        """The day with `spent_ns` more of that standing."""
        name = f"{standing}_ns"
        return structs.replace(self, **{name: getattr(self, name) + spent_ns})


class UptimeState(Struct, array_like=True):
    """As it goes into a checkpoint.

    Its last word, of `said_ns`, was `word`, and `standing` is what is known by it; all before
    `counted_ns` is in `days`, which are counted from 1970 in local time.
    """

    word: str = UNKNOWN
    standing: str = UNKNOWN
    said_ns: int = 0
    counted_ns: int = 0
    days: dict[int, UptimeDay] = field(default_factory=dict)


class Uptime:
    """One device; local days begin `offset_ns` before those of UTC."""

    __slots__ = ("_offset_ns", "state")

    def __init__(self, offset_ns: int) -> None:
        self._offset_ns = offset_ns
        self.state = UptimeState()

    def say(self, standing: str, at_ns: int, hold_ns: int) -> None:
        """Take in a word of `at_ns`; one that is older than the last changes nothing.

        The word before it held for `hold_ns` at most.
        """
        state = self.state
        if at_ns < state.said_ns:
            return
        self._count(at_ns, hold_ns)
        if standing == DOWN and state.word != DOWN:
            day = self._day(at_ns)
            state.days[day] = structs.replace(state.days[day], downs=state.days[day].downs + 1)
        state.standing, state.said_ns = standing, at_ns
        state.word = standing or state.word

    def cut(self, at_ns: int, hold_ns: int) -> None:
        """Nobody can hear it from `at_ns` on: nothing is known until its next word."""
        self._count(at_ns, hold_ns)
        self.state.standing = UNKNOWN

    def until(self, now_ns: int, hold_ns: int) -> dict[int, UptimeDay]:
        """Its days as they are known at `now_ns`; nothing of it changes."""
        at_now = Uptime(self._offset_ns)
        at_now.state = structs.replace(self.state, days=dict(self.state.days))
        at_now._count(now_ns, hold_ns)
        return at_now.state.days

    def _count(self, to_ns: int, hold_ns: int) -> None:
        """Put what is known up to `to_ns` into its days."""
        state = self.state
        from_ns, end_ns = state.counted_ns, min(to_ns, state.said_ns + hold_ns)
        state.counted_ns = max(from_ns, to_ns)
        while state.standing and from_ns < end_ns:
            day = self._day(from_ns)
            upto_ns = min(end_ns, (day + 1) * DAY_NS - self._offset_ns)
            state.days[day] = state.days[day].plus(state.standing, upto_ns - from_ns)
            from_ns = upto_ns

    def _day(self, at_ns: int) -> int:
        """The local day, which is among `days` now; the oldest of too many is dropped."""
        day, days = (at_ns + self._offset_ns) // DAY_NS, self.state.days
        days.setdefault(day, UptimeDay())
        while len(days) > DAYS_KEPT:
            del days[min(days)]
        return day
