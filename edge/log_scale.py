"""Between the rows of a table whose numbers grow by factors, not by steps."""

from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log


def between(rows: Sequence[tuple[float, float]], at: float) -> float:
    """The second number at `at`, by a line between the logarithms of rows in rising order.

    Before the first row and after the last it stays as it is there.
    """
    starts = [start for start, _ in rows]
    after = bisect_right(starts, at)
    if after in {0, len(rows)}:
        return rows[max(0, after - 1)][1]
    (left, low), (right, high) = rows[after - 1], rows[after]
    slope = (log(high) - log(low)) / (log(right) - log(left))
    return exp(slope * (log(at) - log(left)) + log(low))
