"""How often a device is heard: the interval that its messages keep, by recent medians.

Two rhythms are kept, that of arrival and that of the event times. A backlog arrives in one
burst, but its event times keep their distance; a daily batch holds hourly samples, but
arrives daily. The longer of the two is what a listener may expect.
"""

from array import array
from collections.abc import Sequence
from typing import Final

from edge.reading import MINUTE_NS
from edge.remembered import GapsState, RhythmState

GAP_NS_MIN: Final = MINUTE_NS
"""Messages closer than this are one arrival."""
GAPS_MAX: Final = 16
_STRAYS: Final = 3
_NO_GAPS: Final = bytes(2 * GAPS_MAX * 8)


def median_ns(durations_ns: Sequence[int]) -> int:
    """The upper median; 0 of nothing."""
    return sorted(durations_ns)[len(durations_ns) // 2] if durations_ns else 0


class Rhythm:
    """When a device was last heard, and the last 16 gaps before that: of arrivals, and of events.

    Gaps are kept as they came; a median is found when somebody asks, and kept.
    """

    __slots__ = (
        "_arrival_ns", "_arrivals", "_event_ns", "_events", "_gaps_ns", "_strays_ns",
        "counted_ns", "heard", "last_ns", "newest_ns",
    )  # fmt: skip

    def __init__(self) -> None:
        self.last_ns: int | None = None
        self.heard = 0
        self.counted_ns = 0
        self.newest_ns = 0
        self._gaps_ns = array("q", _NO_GAPS)  # two rings, one after the other
        self._arrivals = self._events = 0  # how many gaps there were
        self._arrival_ns = self._event_ns = 0  # below 0 while nobody has asked since the last gap
        self._strays_ns = 0  # the same

    def hear(self, received_ns: int, at_ns: int) -> None:
        """Note a message received at `received_ns` whose newest event was at `at_ns`."""
        self.last_ns = received_ns
        if not self.heard or received_ns - self.counted_ns >= GAP_NS_MIN:
            if self.heard:
                self._add_arrival(received_ns - self.counted_ns)
            self.counted_ns = received_ns
            self.heard += 1
        if at_ns - self.newest_ns >= GAP_NS_MIN:
            if self.newest_ns:
                self._add_event(at_ns - self.newest_ns)
            self.newest_ns = at_ns

    def interval_ns(self) -> int:
        """The interval to expect; 0 while nothing is known."""
        return max(self.arrival_ns(), self.event_ns())

    def arrival_ns(self) -> int:
        """The upper median of the gaps between arrivals; 0 of none."""
        if self._arrival_ns < 0:
            self._arrival_ns = median_ns(self.arrivals_ns())
        return self._arrival_ns

    def strays_ns(self) -> int:
        """Three times by how much half of the arrivals differ from their median: few by more."""
        if self._strays_ns < 0:
            middle_ns = self.arrival_ns()
            self._strays_ns = _STRAYS * median_ns([abs(g - middle_ns) for g in self.arrivals_ns()])
        return self._strays_ns

    def event_ns(self) -> int:
        """The upper median of the gaps between event times; 0 of none."""
        if self._event_ns < 0:
            self._event_ns = median_ns(self._events_ns())
        return self._event_ns

    def arrivals_ns(self) -> list[int]:
        """The last gaps between arrivals, the oldest first."""
        return _in_order(self._gaps_ns[:GAPS_MAX], self._arrivals)

    def state(self) -> RhythmState:
        """The rhythm, for a checkpoint."""
        return RhythmState(
            self.last_ns, self.heard, self.counted_ns, self.newest_ns,
            GapsState(self.arrivals_ns()), GapsState(self._events_ns()),
        )  # fmt: skip

    def restore(self, state: RhythmState) -> None:
        """Become the rhythm that gave `state`."""
        self.last_ns, self.heard = state.last_ns, state.heard
        self.counted_ns, self.newest_ns = state.counted_ns, state.newest_ns
        self._arrivals = self._events = 0
        self._arrival_ns = self._event_ns = self._strays_ns = 0
        for gap_ns in state.arrival_gaps.recent_ns:
            self._add_arrival(gap_ns)
        for gap_ns in state.event_gaps.recent_ns:
            self._add_event(gap_ns)

    def _events_ns(self) -> list[int]:
        return _in_order(self._gaps_ns[GAPS_MAX:], self._events)

    def _add_arrival(self, gap_ns: int) -> None:
        self._gaps_ns[self._arrivals % GAPS_MAX] = gap_ns
        self._arrivals += 1
        self._arrival_ns = self._strays_ns = -1

    def _add_event(self, gap_ns: int) -> None:
        self._gaps_ns[GAPS_MAX + self._events % GAPS_MAX] = gap_ns
        self._events += 1
        self._event_ns = -1


def _in_order(ring_ns: "array[int]", count: int) -> list[int]:
    """What is in a ring into which so many were put, the oldest first."""
    oldest = count % GAPS_MAX if count > GAPS_MAX else 0
    return [*ring_ns[oldest:count], *ring_ns[:oldest]]
