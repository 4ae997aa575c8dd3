"""What a device said of its own health, by event time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from edge.chain import WINDOW_NS

STATEMENTS_MAX = 1_024


class Faults:
    """The statements of one device; what it said last holds until it says otherwise."""

    __slots__ = ("_texts", "_times_ns")

    def __init__(self, times_ns: bytes = b"", texts: Sequence[str] = ()) -> None:
        self._times_ns = tuple(array("q", times_ns))
        self._texts = tuple(texts)

    def add(self, at_ns: int, text: str) -> None:
        """Note that the device named the fault `text`, or none when it is empty, at `at_ns`."""
        i = bisect_left(self._times_ns, at_ns)
        if i < len(self._texts) and self._times_ns[i] == at_ns:
            text = max(self._texts[i], text)
            self._texts = (*self._texts[:i], text, *self._texts[i + 1 :])
            return
        self._times_ns = (*self._times_ns[:i], at_ns, *self._times_ns[i:])
        self._texts = (*self._texts[:i], text, *self._texts[i:])
        self._trim()

    def during(self, start_ns: int, end_ns: int) -> str:
        """A fault in force at some moment of `[start_ns, end_ns]`, or an empty text."""
        if not self._texts:
            return ""
        first = max(0, bisect_right(self._times_ns, start_ns) - 1)
        last = bisect_right(self._times_ns, end_ns)
        return max(self._texts[first:last], default="")

    def state(self) -> tuple[bytes, list[str]]:
        """The arguments that make an equal record."""
        return array("q", self._times_ns).tobytes(), list(self._texts)

    def _trim(self) -> None:
        """Keep 96 h, what was in force at their start, and at most 1,024 statements."""
        oldest_ns = self._times_ns[-1] - WINDOW_NS
        surplus = len(self._texts) - STATEMENTS_MAX
        count = max(0, bisect_right(self._times_ns, oldest_ns) - 1, surplus)
        self._times_ns, self._texts = self._times_ns[count:], self._texts[count:]
