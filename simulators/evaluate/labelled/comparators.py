"""General detectors of anomalies on the same stream, for comparison; optional, never needed.

They know a value and its time of day, and nothing of cameras or pipes. What one of a thousand
values in the warm-up scores is seldom; a later value that scores more is an alarm, and another
one when none did for six hours. The extra `comparators` brings them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from math import cos, pi, sin
from types import MappingProxyType
from typing import Any

from edge.reading import HOUR_NS
from simulators.evaluate.labelled.naive import hour_of_day
from simulators.evaluate.labelled.scenario import Alarm, Point, Span
from simulators.evaluate.score import quantile

_SELDOM = 0.999
_AGAIN_NS = 6 * HOUR_NS
_LEARNING = 0.5
"""Scores count from the middle of the warm-up on: those before are of a model that is new."""
_LEAST = 20

Scores = Callable[[Any, Sequence[Point], Span], Iterator[float]]
Comparator = Callable[[Sequence[Point], Span], list[Alarm] | None]


def _judged(module: str, scores: Scores, points: Sequence[Point], span: Span) -> list[Alarm] | None:
    """What is said of every subject by itself, by time; None where `module` is not installed."""
    if find_spec(module.partition(".")[0]) is None:
        return None
    brought = import_module(module)
    series: defaultdict[str, list[Point]] = defaultdict(list)
    for each in points:
        series[each.subject].append(each)
    told = [
        alarm
        for mine in series.values()
        if sum(each.at_ns < span.warm_ns for each in mine) >= _LEAST
        for alarm in _alarms(mine, list(scores(brought, mine, span)), span)
    ]
    return sorted(told, key=lambda each: each.told_ns)


def _alarms(points: Sequence[Point], scores: Sequence[float], span: Span) -> Iterator[Alarm]:
    known_ns = span.start_ns + int((span.warm_ns - span.start_ns) * _LEARNING)
    scored = list(zip(points, scores, strict=True))
    early = sorted(score for each, score in scored if known_ns <= each.at_ns < span.warm_ns)
    limit, last_ns = quantile(early, _SELDOM), 0
    for each, score in scored:
        if limit is None or each.at_ns < span.warm_ns or score <= limit:
            continue
        if each.at_ns - last_ns > _AGAIN_NS:
            yield Alarm(each.subject, each.at_ns, each.at_ns)
        last_ns = each.at_ns


def _features(point: Point) -> tuple[float, float, float]:
    angle = hour_of_day(point.at_ns) / 12 * pi
    return point.value, sin(angle), cos(angle)


def _half_space_trees(anomaly: Any, points: Sequence[Point], span: Span) -> Iterator[float]:
    """Yield each score before the value is learned from; the range is that of the warm-up."""
    early = [each.value for each in points if each.at_ns < span.warm_ns]
    low, high = min(early), max(early)
    limits = {"value": (low, high + (high - low) + 1.0), "sin": (-1.0, 1.0), "cos": (-1.0, 1.0)}
    model = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=250, limits=limits, seed=1)
    for each in points:
        seen = dict(zip(limits, _features(each), strict=True))
        yield float(model.score_one(seen))
        model.learn_one(seen)


def _isolation_forest(iforest: Any, points: Sequence[Point], span: Span) -> Iterator[float]:
    """Yield what a forest that was grown in the warm-up, and never after, says of each."""
    early = [_features(each) for each in points if each.at_ns < span.warm_ns]
    model = iforest.IForest(random_state=1).fit(early)
    yield from map(float, model.decision_function([_features(each) for each in points]))


COMPARATORS: Mapping[str, Comparator] = MappingProxyType(
    {
        "river HalfSpaceTrees": partial(_judged, "river.anomaly", _half_space_trees),
        "PyOD IForest": partial(_judged, "pyod.models.iforest", _isolation_forest),
    }
)
