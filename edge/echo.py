"""Whether a channel says again what it said before: values played back under new times and names.

What moves by itself never takes the same way twice. A stretch of values that equals an earlier
one, value for value, and goes on to do so, was recorded. What comes round by itself, as behind a
thermostat, has many such stretches and proves nothing.
"""

from array import array
from itertools import pairwise
from zlib import crc32

from msgspec import Struct, field

STRETCH = 12
MATCHES_MIN, FURTHER = 4, 20
_CHANGES_MIN, _VALUES_MIN = 8, 5
_ONE_IN = 3
_MARKS_MAX = 192


class Echo(Struct, array_like=True):
    """The last twelve values of a channel, and marks of the stretches before.

    A stretch bears a mark if its own values say so, about one in three: a repeated one bears the
    same. `marks` are numbers of 32 bits, the first of them being the `first`th. The last
    `matches` were those that once followed each other up to the `at`th, since `since_ns` and so
    many values `further` back; those that stand there more than once count against it.
    """

    values: list[float] = field(default_factory=list)
    marks: bytes = b""
    first: int = 0
    at: int = 0
    matches: int = 0
    since_ns: int = 0
    further: int = 0

    def take(self, value: float, at_ns: int) -> bool:
        """Take in the next value; whether it goes on with a stretch that was said before.

        That needs more than thirty values, and five that differ among any twelve of them.
        """
        self.further += 1
        self.values = [*self.values[1 - STRETCH :], value]
        if len(self.values) < STRETCH or not _is_telling(self.values):
            return False
        mark = crc32(array("d", self.values).tobytes())
        if mark % _ONE_IN:
            return False
        self._match(mark, at_ns)
        return self.matches >= MATCHES_MIN and self.further >= FURTHER

    def _match(self, mark: int, at_ns: int) -> None:
        marks = array("I", self.marks)
        only, following = marks.count(mark) == 1, self.at + 1
        place = following - self.first
        if self.matches and 0 <= place < len(marks) and marks[place] == mark:
            self.matches, self.at = self.matches + (1 if only else -1), following
        elif only:
            self.matches, self.at = 1, self.first + marks.index(mark)
            self.since_ns, self.further = at_ns, 0
        else:
            self.matches = 0
        marks.append(mark)
        gone = max(0, len(marks) - _MARKS_MAX)
        self.marks, self.first = marks[gone:].tobytes(), self.first + gone


def _is_telling(values: list[float]) -> bool:
    """Whether values like these hardly come again by chance."""
    changes = sum(value != after for value, after in pairwise(values))
    return changes >= _CHANGES_MIN and len(set(values)) >= _VALUES_MIN
