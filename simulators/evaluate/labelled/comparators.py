"""General detectors of anomalies on the same stream, for comparison; optional, never needed.

They know a value and its time of day, and nothing of doors or pipes. Each learns in the warm-up
what a seldom score is, and alarms when a later one is more seldom; a new alarm needs six hours.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from simulators.evaluate.labelled.scenario import Alarm, Point, Span

Comparator = Callable[[Sequence[Point], Span], list[Alarm] | None]

COMPARATORS: Mapping[str, Comparator] = MappingProxyType({})
