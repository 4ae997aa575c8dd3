"""How often a device is heard: the interval that its messages keep, by recent medians.

Two rhythms are kept, that of arrival and that of the event times. A backlog arrives in one
burst, but its event times keep their distance; a daily batch holds hourly samples, but
arrives daily. The longer of the two is what a listener may expect.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence

from msgspec import Struct, field

from edge.reading import MINUTE_NS

GAP_NS_MIN = MINUTE_NS
"""Messages closer than this are one arrival."""
GAPS_MAX = 16


def median_ns(durations_ns: Sequence[int]) -> int:
    """The upper median; 0 of nothing."""
    return sorted(durations_ns)[len(durations_ns) // 2] if durations_ns else 0


class Gaps(Struct, array_like=True):
    """The last 16 gaps, as they came and in order of length, so that the median is at hand."""

    recent_ns: list[int] = field(default_factory=list)
    ordered_ns: list[int] = field(default_factory=list)

    def add(self, gap_ns: int) -> None:
        """Take in one more gap; the oldest of 17 is forgotten."""
        self.recent_ns.append(gap_ns)
        oldest_ns = self.recent_ns.pop(0) if len(self.recent_ns) > GAPS_MAX else None
        if oldest_ns == gap_ns:
            return
        insort(self.ordered_ns, gap_ns)
        if oldest_ns is not None:
            del self.ordered_ns[bisect_left(self.ordered_ns, oldest_ns)]

    def median_ns(self) -> int:
        """The upper median; 0 of nothing."""
        ordered_ns = self.ordered_ns
        return ordered_ns[len(ordered_ns) // 2] if ordered_ns else 0


class Rhythm(Struct, array_like=True):
    """When a device was last heard, and the last 16 gaps before that."""

    last_ns: int | None = None
    heard: int = 0
    counted_ns: int = 0
    newest_ns: int = 0
    arrival_gaps: Gaps = field(default_factory=Gaps)
    event_gaps: Gaps = field(default_factory=Gaps)

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
