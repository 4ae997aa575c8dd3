"""When each device is worth asking again: one column of times, swept at once.

A moment may be too early, never too late. So a sweep asks only those whose moment has come, and
a site of a hundred thousand devices costs what its few late ones cost.
"""

from array import array
from collections.abc import Iterator

import numpy as np

NEVER_NS = 2**63 - 1


class Deadlines:
    """The moments of so many devices, known by their places from 0 on."""

    __slots__ = ("_at_ns", "_column")

    def __init__(self, count: int) -> None:
        # One memory, two views: an array stores one number sooner, numpy compares them all.
        self._at_ns = array("q", [NEVER_NS]) * count
        self._column = np.frombuffer(self._at_ns, dtype=np.int64)

    def put(self, place: int, at_ns: int | None) -> None:
        """The device at `place` need not be asked before `at_ns`; None: not at all."""
        self._at_ns[place] = NEVER_NS if at_ns is None else at_ns

    def passed(self, now_ns: int) -> Iterator[int]:
        """Yield the places whose moment has come by `now_ns`, in order."""
        yield from np.flatnonzero(self._column <= now_ns).tolist()

    def first_ns(self) -> int | None:
        """The earliest moment; None when nobody need be asked."""
        earliest_ns = int(self._column.min(initial=NEVER_NS))
        return None if earliest_ns == NEVER_NS else earliest_ns
