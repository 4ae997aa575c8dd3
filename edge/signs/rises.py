"""How high an hour of a stream rises over the one before, in four steps, and how likely each is.

Somebody who switches something on and what runs by itself each rise by something; what the meter
shows is the higher of the two.
"""

from bisect import bisect_right
from collections.abc import Sequence

STEPS = 4
_EDGES = (1.0, 3.0, 8.0)
"""In multiples of the least rise that anybody makes; the lowest step is no rise at all."""

Shares = Sequence[float]
"""By step, how likely it is; they add up to 1."""


def step_of(rise: float, least: float) -> int:
    """The step of a rise by so much, from 0: none."""
    return bisect_right(_EDGES, rise / least)


def together(one: Shares, other: Shares) -> list[float]:
    """How likely each step is of the higher of two."""
    found, below = [], 0.0
    for step in range(STEPS):
        up_to = sum(one[: step + 1]) * sum(other[: step + 1])
        found.append(up_to - below)
        below = up_to
    return found


def part_of(one: Shares, other: Shares, shown: int) -> list[float]:
    """Where the higher of two is the step `shown`, how likely each step then is of the one."""
    likely = [one[step] * other[shown] for step in range(shown)]
    likely.append(one[shown] * sum(other[: shown + 1]))
    total = sum(likely)
    return [each / total for each in likely] + [0.0] * (STEPS - shown - 1)
