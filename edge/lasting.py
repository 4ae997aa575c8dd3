"""Something that must last before it is told, and be gone for a while before it is over.

Only samples prove anything: across a gap nothing begins and nothing ends.
"""

from typing import NamedTuple

from msgspec import Struct

from edge.reading import MINUTE_NS, SECOND_NS

_GAP_NS = 30 * MINUTE_NS
_INTERVALS = 2.5


def gap_ns(interval_s: float | None) -> int:
    """Across how long between two samples anything is known: half an hour, or 2.5 intervals."""
    return max(_GAP_NS, int((interval_s or 0.0) * _INTERVALS * SECOND_NS))


class Patience(NamedTuple):
    """It is told after `begin_ns`, over after `end_ns`; a gap is longer than `gap_ns`."""

    begin_ns: int
    end_ns: int
    gap_ns: int


class Lasting(Struct, array_like=True):
    """As of `at_ns`: so since `so_ns`, or not so since `not_ns`; told of since `told_ns`."""

    at_ns: int = 0
    so_ns: int | None = None
    not_ns: int | None = None
    told_ns: int | None = None

    def follow(self, at_ns: int, patience: Patience, *, so: bool) -> None:
        """Take in that it is `so`, or is not, at `at_ns`."""
        gap = at_ns - self.at_ns > patience.gap_ns
        self.at_ns = at_ns
        before_ns = None if gap else self.so_ns if so else self.not_ns
        began_ns = at_ns if before_ns is None else before_ns
        self.so_ns, self.not_ns = (began_ns, None) if so else (None, began_ns)
        if so and self.told_ns is None and at_ns - began_ns >= patience.begin_ns:
            self.told_ns = began_ns
        if not so and at_ns - began_ns >= patience.end_ns:
            self.told_ns = None

    def drop(self, at_ns: int) -> None:
        """Let it be over, for a reason other than a sample."""
        self.at_ns, self.so_ns, self.not_ns, self.told_ns = at_ns, None, None, None
