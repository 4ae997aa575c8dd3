"""What may be done to the series of a real home to make it tell another story.

Pure and lazy: samples in, samples out, so that an edit holds on a series without an end. The
real readings before the edit's moment stay as they are, but for those of a full register.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, count, takewhile

from edge.reading import DAY_NS, HOUR_NS
from simulators.households import Sample, Series


def shift(samples: Iterable[Sample], from_ns: int, to_ns: int) -> Iterator[Sample]:
    """The samples moved in time so that what was at `from_ns` is at `to_ns`."""
    step_ns = to_ns - from_ns
    return (each._replace(at_ns=each.at_ns + step_ns) for each in samples)


def cut_use(samples: Iterable[Sample], from_ns: int) -> Iterator[Sample]:
    """From `from_ns` on nobody uses water: the register stands still and is still reported.

    It stands where the last sample before `from_ns` left it, or at the first one of all.
    """
    held: int | None = None
    for sample in samples:
        if held is None or sample.at_ns < from_ns:
            held = sample.litres
        yield sample._replace(litres=held)


def cut_telemetry(samples: Iterable[Sample], from_ns: int) -> Iterator[Sample]:
    """From `from_ns` on nothing is reported, whatever the resident does."""
    return takewhile(lambda sample: sample.at_ns < from_ns, samples)


def replace_meter(samples: Iterable[Sample], at_ns: int, first_litres: int = 0) -> Iterator[Sample]:
    """At `at_ns` a new register, showing `first_litres`, goes on with the same use."""
    fitted_at: int | None = None
    for sample in samples:
        if fitted_at is None or sample.at_ns < at_ns:
            fitted_at = sample.litres
        step = first_litres - fitted_at if sample.at_ns >= at_ns else 0
        yield sample._replace(litres=sample.litres + step)


def reset_meter(samples: Iterable[Sample], at_ns: int) -> Iterator[Sample]:
    """At `at_ns` the meter restarts, says so, and counts the same use from 0 again."""
    for sample in replace_meter(samples, at_ns):
        again = int(sample.at_ns >= at_ns)
        yield sample._replace(restarts=sample.restarts + again)


def roll_over(
    samples: Iterable[Sample], at_ns: int, scale_litres: int = 10_000_000
) -> Iterator[Sample]:
    """With the first use from `at_ns` on the register goes over its full scale.

    What it showed before is as much lower or higher as that needs; the use is the same.
    """
    rest = iter(samples)
    before: list[Sample] = []
    for sample in rest:
        before.append(sample)
        if sample.at_ns >= at_ns:
            break
    last = before[-2:-1] or before[:1]
    step = scale_litres - 1 - last[0].litres if last else 0
    for sample in chain(before, rest):
        yield sample._replace(litres=(sample.litres + step) % scale_litres)


def mistake_unit(
    samples: Iterable[Sample], at_ns: int, for_ns: int = 6 * HOUR_NS
) -> Iterator[Sample]:
    """For six hours from `at_ns` on the meter sends litres where cubic metres are meant."""
    for sample in samples:
        mistaken = at_ns <= sample.at_ns < at_ns + for_ns
        yield sample._replace(litres=sample.litres * 1_000) if mistaken else sample


def days(samples: Iterable[Sample], offset_ns: int = 8 * HOUR_NS) -> Iterator[Series]:
    """The samples day by day; days begin at midnight, `offset_ns` ahead of UTC."""
    batch: list[Sample] = []
    for sample in samples:
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
        for each in series:
            later_ns, more = each.at_ns + turn * period_ns, each.litres + turn * used
            yield each._replace(at_ns=later_ns, litres=more)


def _day(sample: Sample, offset_ns: int) -> int:
    return (sample.at_ns + offset_ns) // DAY_NS
