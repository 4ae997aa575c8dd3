"""A real home's register as hours: was water used in each, was it not, or can nobody know.

Hours count from the epoch in local time. A use is two litres or more, as the edge's rule has it.
"""

import numpy as np
from numpy.typing import NDArray

from edge.draw import DRAW_ML
from edge.reading import HOUR_NS, SECOND_NS
from simulators.evaluate.silences import plausible
from simulators.households import LOCAL, Series

USE_L = DRAW_ML // 1_000
UNKNOWN, UNUSED, USED = -1, 0, 1
_OFFSET_NS = int(LOCAL.utcoffset(None).total_seconds()) * SECOND_NS
_HOURLY = 1.5
"""Hours between readings that are still one hour's."""


def uses(series: Series) -> tuple[int, NDArray[np.int8]]:
    """The first hour of `series`, and for each from there on whether water was used in it.

    Where readings are missing, equal registers prove that it was not; else nobody can know.
    """
    samples = plausible(series)
    at_h = np.array([(each.at_ns + _OFFSET_NS) / HOUR_NS for each in samples])
    rise_l = np.diff([each.litres for each in samples])
    first_h = int(at_h[0])
    hours = (at_h[1:] - 0.5).round().astype(int) - first_h  # most of the hour before a reading
    found = np.full(hours[-1] + 1, UNKNOWN, np.int8)
    spans = zip(hours, np.diff(at_h), rise_l, strict=True)
    for hour, span_h, rise in spans:
        if rise < USE_L:
            start = max(0, hour - round(span_h) + 1)
            found[start : hour + 1] = np.maximum(found[start : hour + 1], UNUSED)
        elif span_h < _HOURLY:
            found[hour] = USED
    return first_h, found


def litres(series: Series) -> NDArray[np.int64]:
    """How much was used in each hour in which water was, where the hour is known."""
    samples = plausible(series)
    span_h = np.diff([each.at_ns for each in samples]) / HOUR_NS
    rise_l = np.diff([each.litres for each in samples])
    return rise_l[(rise_l >= USE_L) & (span_h < _HOURLY)]


def gaps_h(first_h: int, used: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The clock hours after which water was not used for a while, and for how many hours.

    Only where every hour between is known, and at least one is without use.
    """
    at = np.flatnonzero(used != UNUSED)
    lengths = np.diff(at) - 1
    sure = (used[at[:-1]] == USED) & (used[at[1:]] == USED) & (lengths > 0)
    return (first_h + at[:-1][sure]) % 24, lengths[sure]
