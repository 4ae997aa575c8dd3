"""One month of one scenario: what the edge, the field's rule and the comparators make of it."""

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

from msgspec import Struct

from edge.reading import DAY_NS
from simulators.evaluate.labelled import life
from simulators.evaluate.labelled.comparators import COMPARATORS
from simulators.evaluate.labelled.match import Outcome, from_missing_data, outcome
from simulators.evaluate.labelled.scenario import (
    START_NS,
    Alarm,
    Hole,
    Judged,
    Scenario,
    Span,
    World,
    scenarios,
)

OURS, NAIVE = "edge", "naive"
Of = Callable[[tuple[Hole, ...]], list[Alarm]]


class Month(NamedTuple):
    """Which world is drawn: the scenario's name, the number of the month, how long, the seed."""

    scenario: str
    number: int
    days: int
    seed: int


class Trial(Struct, frozen=True):
    """What `by`, the edge or another, did about `rule` in one world; None if it is not there."""

    scenario: str
    rule: str
    by: str
    days: float
    outcome: Outcome | None


def trials(month: Month) -> list[Trial]:
    """Every rule of the scenario in that month; the same month gives the same trials."""
    scenario = scenarios()[month.scenario]
    span = span_of(scenario, month)
    world = scenario.draw(Random(f"{month.seed} {month.scenario} {month.number}"), span)
    mine = life.alarms(world, span, world.holes)
    whole = life.alarms(world, span, ())
    return [
        Trial(scenario.name, judged.rule, by, span.days, found)
        for judged in scenario.rules
        for by, found in _outcomes(world, span, judged, (mine, whole))
    ]


def span_of(scenario: Scenario, month: Month) -> Span:
    """The months of a scenario begin on one Monday: what is drawn differs, not when."""
    warm_ns = START_NS + scenario.warmup_days * DAY_NS
    return Span(START_NS, warm_ns, warm_ns + month.days * DAY_NS)


def _outcomes(
    world: World, span: Span, judged: Judged, mine: tuple[dict[str, list[Alarm]], ...]
) -> Iterator[tuple[str, Outcome | None]]:
    holed, whole = (each.get(judged.rule, []) for each in mine)
    yield OURS, _held(world, span, judged, (holed, whole))
    heard = life.arriving(world, world.holes), life.arriving(world, ())
    naive = [list(judged.naive.alarms(each)) for each in heard]
    yield NAIVE, _held(world, span, judged, (naive[0], naive[1]))
    if judged.stream is None:
        return
    for name, comparator in COMPARATORS.items():
        told = [comparator(tuple(judged.stream(each)), span) for each in heard]
        if told[0] is None or told[1] is None:
            yield name, None
        else:
            yield name, _held(world, span, judged, (told[0], told[1]))


def _held(
    world: World, span: Span, judged: Judged, told: tuple[list[Alarm], list[Alarm]]
) -> Outcome:
    """What was told with the holes, and what of it only because of them."""
    holed, whole = (outcome(each, world.labels, judged, span) for each in told)
    missing = from_missing_data(holed.false, whole.false, judged.within_ns)
    return Outcome(holed.alarms, holed.delays_s, holed.repeats, holed.late, holed.false, missing)
