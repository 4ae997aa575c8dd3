"""A story told by real homes: which moment becomes now, what is warm-up, what goes wrong.

Pure: series and story in, timed messages out. Before `now_ns` all is history, due at once: in
daily batches, but for the last day, which is told hour by hour so that a listener learns the
meters' rhythm. After it come live readings, due at their own time.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, dropwhile, takewhile

from edge.reading import DAY_NS
from simulators.edits import (
    cut_telemetry,
    cut_use,
    mistake_unit,
    repeated,
    replace_meter,
    reset_meter,
    roll_over,
    shift,
)
from simulators.households import Sample, Series, between, moment_ns
from simulators.meters import Batch, Meter, TimedMessage, daily, hourly

Edit = Callable[[Iterable[Sample]], Iterator[Sample]]

_EDITS: Mapping[str, Callable[[Iterable[Sample], int], Iterator[Sample]]] = {
    "cut-use": cut_use,
    "cut-telemetry": cut_telemetry,
    "replace-meter": replace_meter,
    "reset-meter": reset_meter,
    "roll-over": roll_over,
    "mistake-unit": mistake_unit,
}
EDIT_NAMES = tuple(_EDITS)
_HOURLY_NS = DAY_NS


@dataclass(frozen=True, slots=True)
class Story:
    """`start_ns` of the files' time is told as `now_ns`; edits speak the files' time.

    Homes in `batched` send a day's readings together, for ever. An `endless` story begins
    again, some whole days later, when its files end; what was cut stays cut.
    """

    start_ns: int
    now_ns: int
    warmup_ns: int
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    batched: frozenset[str] = frozenset()
    endless: bool = False


def edit(name: str, where: str) -> tuple[str, Edit]:
    """The home and the edit that `where` (`home-001@2016-06-01T12:00`) asks for.

    Raises:
        ValueError: `where` is not HOME@TIME.
    """
    home, at, moment = where.partition("@")
    if not (home and at):
        raise ValueError(f"not HOME@TIME: {where!r}, such as home-001@2016-06-01T12:00")
    apply, at_ns = _EDITS[name], moment_ns(moment)
    return home, lambda samples: apply(samples, at_ns)


def messages_of(home: str, meter: Meter, series: Series, story: Story) -> Iterator[TimedMessage]:
    """What the meter of `home` publishes, in the order of its readings."""

    def told() -> Iterator[Sample]:
        samples: Iterable[Sample] = repeated(series) if story.endless else series
        for change in story.edits.get(home, ()):
            samples = change(samples)
        return shift(samples, story.start_ns, story.now_ns)

    def past(sample: Sample) -> bool:
        return sample.at_ns < story.now_ns

    history = _past(home, tuple(takewhile(past, told())), story)
    live = dropwhile(past, told())
    return meter.messages(chain(history, (daily if home in story.batched else hourly)(live)))


def merged(streams: Iterable[Iterator[TimedMessage]]) -> Iterator[TimedMessage]:
    """All streams as one, by time of publication."""
    return heapq.merge(*streams, key=lambda message: message.publish_ns)


def _past(home: str, told: Series, story: Story) -> Iterator[Batch]:
    first_ns = story.now_ns - story.warmup_ns
    hourly_ns = max(first_ns, story.now_ns - _HOURLY_NS)
    if home in story.batched:
        hourly_ns = story.now_ns
    return chain(
        daily(between(told, first_ns, hourly_ns)),
        hourly(between(told, hourly_ns, story.now_ns), historical=True),
    )
