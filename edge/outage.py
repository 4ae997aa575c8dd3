"""A time without water supply, in which no home on that supply can be judged."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edge.reading import DAY_NS

EXCUSED_NS_MAX: Final = DAY_NS
"""From then on an outage excuses nobody: a person without water for a day needs a visit too."""


class Outage(Struct, array_like=True):
    """No supply from `start_ns` on, proven up to `proven_ns`; over by `end_ns`."""

    start_ns: int
    proven_ns: int
    end_ns: int | None = None

    def excuses(self, start_ns: int, end_ns: int) -> bool:
        """Whether that window says nothing about a resident for want of supply."""
        reaches = self.start_ns < end_ns and (self.end_ns is None or self.end_ns > start_ns)
        until_ns = end_ns if self.end_ns is None else min(end_ns, self.end_ns)
        return reaches and until_ns - self.start_ns <= EXCUSED_NS_MAX


Excuse = Callable[[int, int], Outage | None]
"""Asked for a window, it gives an outage that takes away what the window says."""
