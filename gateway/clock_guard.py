"""The engine's time: wall time that goes on at the pace of elapsed time, whatever the wall does.

Pure. A wall clock may be stepped by NTP or by hand. A guard sees that by what the wall and the
elapsed time say of each other, keeps its own count until the step has been taken into account,
and says by how much everything that waits for a moment has to be moved.
"""

from typing import Self

from msgspec import Struct, structs

from edge.reading import SECOND_NS

STEP_NS = SECOND_NS // 2
"""A smaller difference is none: nothing here is punctual to half a second."""


class Guard(Struct, frozen=True):
    """Our time `now_ns` at the elapsed time `at_ns`, and what the wall was ahead of that then."""

    now_ns: int
    at_ns: int
    ahead_ns: int

    @classmethod
    def starting(cls, wall_ns: int, elapsed_ns: int, *, not_before_ns: int = 0) -> Self:
        """Our time is the wall's, but never earlier than a moment that has already been."""
        return cls(max(wall_ns, not_before_ns), elapsed_ns, wall_ns - elapsed_ns)

    def time_ns(self, elapsed_ns: int) -> int:
        """Our time at that elapsed time."""
        return self.now_ns + elapsed_ns - self.at_ns

    def stepped_ns(self, wall_ns: int, elapsed_ns: int, tolerance_ns: int = STEP_NS) -> int:
        """By how much the wall has been set since it was last agreed with; 0 when it was not."""
        step_ns = wall_ns - elapsed_ns - self.ahead_ns
        return step_ns if abs(step_ns) > tolerance_ns else 0

    def agreed(self, wall_ns: int, elapsed_ns: int) -> Self:
        """Our time is the wall's again."""
        return structs.replace(
            self, now_ns=wall_ns, at_ns=elapsed_ns, ahead_ns=wall_ns - elapsed_ns
        )

    def noted(self, wall_ns: int, elapsed_ns: int) -> Self:
        """Our time goes on as it was, and the wall's step is known."""
        return structs.replace(self, ahead_ns=wall_ns - elapsed_ns)
