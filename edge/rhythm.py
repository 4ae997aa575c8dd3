"""How often a device is heard: the interval that its messages keep, by recent medians.

Two rhythms are kept, that of arrival and that of the event times. A backlog arrives in one
burst, but its event times keep their distance; a daily batch holds hourly samples, but
arrives daily. The longer of the two is what a listener may expect.
"""

from array import array
from collections.abc import Sequence

from edge.reading import MINUTE_NS
from edge.remembered import GapsState, RhythmState

GAP_NS_MIN = MINUTE_NS
"""Messages closer than this are one arrival."""
GAPS_MAX = 16
_STRAYS = 3


def median_ns(durations_ns: Sequence[int]) -> int:
    """The upper median; 0 of nothing."""
    return sorted(durations_ns)[len(durations_ns) // 2] if durations_ns else 0


class Gaps:
    """The last 16 gaps, as they came; the median is found when somebody asks, and kept."""

    __slots__ = ("_median_ns", "_strays_ns", "recent_ns")

    def __init__(self) -> None:
        self.recent_ns = array("q")
        self._median_ns = 0  # below 0 while nobody has asked since the last gap
        self._strays_ns = -1  # the same

    def add(self, gap_ns: int) -> None:
        """Take in one more gap; the oldest of 17 is forgotten."""
        self.recent_ns.append(gap_ns)
        if len(self.recent_ns) > GAPS_MAX:
            self.recent_ns.pop(0)
        self._median_ns = self._strays_ns = -1

    def median_ns(self) -> int:
        """The upper median; 0 of nothing."""
        if self._median_ns < 0:
            self._median_ns = median_ns(self.recent_ns)
        return self._median_ns

    def strays_ns(self) -> int:
        """By how much half of them differ from their median, three times: hardly one by more."""
        if self._strays_ns < 0:
            middle_ns = self.median_ns()
            apart_ns = [abs(gap_ns - middle_ns) for gap_ns in self.recent_ns]
            self._strays_ns = _STRAYS * median_ns(apart_ns)
        return self._strays_ns

    def state(self) -> GapsState:
        """The gaps, for a checkpoint."""
        return GapsState(self.recent_ns.tolist())

    def restore(self, state: GapsState) -> None:
        """Become the gaps that gave `state`."""
        self.recent_ns = array("q", state.recent_ns)
        self._median_ns = self._strays_ns = -1


class Rhythm:
    """When a device was last heard, and the last 16 gaps before that."""

    __slots__ = ("arrival_gaps", "counted_ns", "event_gaps", "heard", "last_ns", "newest_ns")

    def __init__(self) -> None:
        self.last_ns: int | None = None
        self.heard = 0
        self.counted_ns = 0
        self.newest_ns = 0
        self.arrival_gaps = Gaps()
        self.event_gaps = Gaps()

    def hear(self, received_ns: int, at_ns: int) -> None:
        """Note a message received at `received_ns` whose newest event was at `at_ns`."""
        self.last_ns = received_ns
        if not self.heard or received_ns - self.counted_ns >= GAP_NS_MIN:
            if self.heard:
                self.arrival_gaps.add(received_ns - self.counted_ns)
            self.counted_ns = received_ns
            self.heard += 1
        if at_ns - self.newest_ns >= GAP_NS_MIN:
            if self.newest_ns:
                self.event_gaps.add(at_ns - self.newest_ns)
            self.newest_ns = at_ns

    def interval_ns(self) -> int:
        """The interval to expect; 0 while nothing is known."""
        return max(self.arrival_gaps.median_ns(), self.event_gaps.median_ns())

    def state(self) -> RhythmState:
        """The rhythm, for a checkpoint."""
        return RhythmState(
            self.last_ns, self.heard, self.counted_ns, self.newest_ns,
            self.arrival_gaps.state(), self.event_gaps.state(),
        )  # fmt: skip

    def restore(self, state: RhythmState) -> None:
        """Become the rhythm that gave `state`."""
        self.last_ns, self.heard = state.last_ns, state.heard
        self.counted_ns, self.newest_ns = state.counted_ns, state.newest_ns
        self.arrival_gaps.restore(state.arrival_gaps)
        self.event_gaps.restore(state.event_gaps)
