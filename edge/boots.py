"""In which boot of its device each sample was said: one number, while it is the same one."""

from array import array
from collections.abc import Iterable
from itertools import repeat
from typing import Final

_ONE_BYTES: Final = 8


class Boots:
    """The boots of so many samples, by their places."""

    __slots__ = ("_boot", "_count", "_each")

    def __init__(self, packed: bytes = b"", count: int = 0) -> None:
        self._boot = 0  # of all, while there is no column
        self._count = count
        self._each: array[int] | None = array("q", packed)
        if len(packed) == _ONE_BYTES:
            self._each *= count
        self._shorten()

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> int:
        """The boot of the sample at place `i`."""
        return self._boot if self._each is None else self._each[i]

    def all(self) -> Iterable[int]:
        """Every boot, in order."""
        return repeat(self._boot, self._count) if self._each is None else self._each

    def packed(self) -> bytes:
        """What makes them again: eight bytes if they are all the same, else as many for each."""
        self._shorten()
        one = array("q", [self._boot] if self._count else [])
        return (self._each or one).tobytes()

    def append(self, boot: int) -> None:
        """One more sample, in this boot."""
        if self._each is None and boot == self._boot:
            self._count += 1
        else:
            self.insert(self._count, boot)

    def insert(self, i: int, boot: int) -> None:
        """One more sample, at place `i`."""
        self._column().insert(i, boot)
        self._count += 1
        self._shorten()

    def put(self, i: int, boot: int) -> None:
        """The sample at place `i` was said in this boot after all."""
        if boot != self[i]:
            self._column()[i] = boot
            self._shorten()

    def drop(self, start: int, count: int) -> None:
        """Forget so many from place `start` on."""
        self._count -= count
        if self._each is not None:
            del self._each[start : start + count]
            self._shorten()

    def _column(self) -> "array[int]":
        if self._each is None:
            self._each = array("q", [self._boot]) * self._count
        return self._each

    def _shorten(self) -> None:
        """Keep one number, if it is the same for all."""
        each = self._each
        if each is None or (each and each[0] != each[-1]):
            return
        if not each:
            self._each = None
        elif each.count(each[0]) == len(each):
            self._boot, self._each = each[0], None
