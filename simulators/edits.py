"""What may be done to the series of a real home to make it tell another story.

Pure: a series in, a series out. The real readings before the edit's moment stay as they are.
"""

from collections.abc import Iterator
from itertools import count, pairwise

from edge.reading import DAY_NS, HOUR_NS
from simulators.households import Sample, Series


def shift(series: Series, from_ns: int, to_ns: int) -> Series:
    """The series moved in time so that what was at `from_ns` is at `to_ns`."""
    step_ns = to_ns - from_ns
    return tuple(Sample(at_ns + step_ns, litres) for at_ns, litres in series)


def cut_use(series: Series, from_ns: int) -> Series:
    """From `from_ns` on nobody uses water: the register stands still and is still reported.

    It stands where the last sample before `from_ns` left it, or at the first one of all.
    """
    before = [litres for at_ns, litres in series if at_ns < from_ns]
    held = before[-1] if before else series[0].litres if series else 0
    return tuple(Sample(at, litres if at < from_ns else held) for at, litres in series)


def cut_telemetry(series: Series, from_ns: int) -> Series:
    """From `from_ns` on nothing is reported, whatever the resident does."""
    return tuple(sample for sample in series if sample.at_ns < from_ns)


def replace_meter(series: Series, at_ns: int, first_litres: int = 0) -> Series:
    """At `at_ns` a new register, showing `first_litres`, goes on with the same use."""
    before = [sample for sample in series if sample.at_ns < at_ns]
    after = [sample for sample in series if sample.at_ns >= at_ns]
    if not after:
        return series
    fitted_at = before[-1].litres if before else after[0].litres
    step = first_litres - fitted_at
    return (*before, *(Sample(at, litres + step) for at, litres in after))


def days(series: Series, offset_ns: int = 8 * HOUR_NS) -> Iterator[Series]:
    """The series day by day; days begin at midnight, `offset_ns` ahead of UTC."""
    batch: list[Sample] = []
    for sample in series:
        if batch and _day(sample, offset_ns) != _day(batch[0], offset_ns):
            yield tuple(batch)
            batch = []
        batch.append(sample)
    if batch:
        yield tuple(batch)


def repeated(series: Series) -> Iterator[Sample]:
    """The series for ever: each round starts a whole number of days and litres later.

    The hour of the day is kept over the seam. Nothing comes from fewer than two samples.
    """
    if len(series) < 2:  # noqa: PLR2004  (a period needs two ends)
        yield from series
        return
    first, last = series[0], series[-1]
    period_ns = -(-(last.at_ns - first.at_ns + 1) // DAY_NS) * DAY_NS
    used = max(0, last.litres - first.litres)
    for turn in count():
        for at_ns, litres in series:
            yield Sample(at_ns + turn * period_ns, litres + turn * used)


def gaps_ns(series: Series) -> list[int]:
    """The times between neighbouring samples."""
    return [later.at_ns - earlier.at_ns for earlier, later in pairwise(series)]


def _day(sample: Sample, offset_ns: int) -> int:
    return (sample.at_ns + offset_ns) // DAY_NS
