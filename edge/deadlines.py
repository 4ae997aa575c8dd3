"""When each device is worth asking again: one column of times, swept at once.

A moment may be too early, never too late. So a sweep asks only those whose moment has come, and
a site of a hundred thousand devices costs what its few late ones cost.
"""

from array import array
from collections.abc import Iterator
from typing import Final

from edge.reading import MINUTE_NS

NEVER_NS: Final = 2**63 - 1
_WORTH_NS: Final = MINUTE_NS
_BLOCK: Final = 256
"""Devices that share one earliest moment: who moves one has so many to look through."""


class Deadlines:
    """The moments of so many devices, known by their places from 0 on."""

    __slots__ = ("_at_ns", "_first_ns", "_moved")

    def __init__(self, count: int) -> None:
        self._at_ns = array("q", [NEVER_NS]) * count
        self._first_ns = [NEVER_NS] * (1 + count // _BLOCK)  # the earliest of each block
        self._moved: set[int] = set()  # the blocks in which it has to be found anew

    def __len__(self) -> int:
        return len(self._at_ns)

    def put_off(self, place: int, at_ns: int) -> bool:
        """As `put`, where that gains a minute or the moment came too late; whether it did."""
        gained_ns = at_ns - self._at_ns[place]
        if 0 <= gained_ns < _WORTH_NS:
            return False
        self.put(place, at_ns)
        return True

    def put(self, place: int, at_ns: int | None) -> None:
        """The device at `place` need not be asked before `at_ns`; None: not at all."""
        self._at_ns[place] = NEVER_NS if at_ns is None else at_ns
        self._moved.add(place // _BLOCK)

    def passed(self, now_ns: int) -> Iterator[int]:
        """Yield the places whose moment has come by `now_ns`, in order."""
        self._look()
        for block, first_ns in enumerate(self._first_ns):
            if first_ns <= now_ns:
                start = block * _BLOCK
                moments = enumerate(self._at_ns[start : start + _BLOCK], start)
                yield from [place for place, at_ns in moments if at_ns <= now_ns]

    def first_ns(self) -> int | None:
        """The earliest moment; None when nobody need be asked."""
        self._look()
        earliest_ns = min(self._first_ns)
        return None if earliest_ns == NEVER_NS else earliest_ns

    def _look(self) -> None:
        """Find the earliest of every block in which something was put."""
        for block in self._moved:
            moments = self._at_ns[block * _BLOCK : (block + 1) * _BLOCK]
            self._first_ns[block] = min(moments, default=NEVER_NS)
        self._moved.clear()
