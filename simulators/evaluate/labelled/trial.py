"""One month of one scenario: what the edge, the field's rule and the comparators make of it."""

from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from msgspec import Struct

from edge.reading import DAY_NS, Reading
from simulators.evaluate.labelled import life
from simulators.evaluate.labelled.comparators import COMPARATORS
from simulators.evaluate.labelled.match import Outcome, from_missing_data, of_no_other, outcome
from simulators.evaluate.labelled.scenario import (
    START_NS,
    Alarm,
    Judged,
    Scenario,
    Span,
    Stream,
    World,
    scenarios,
)

OURS, NAIVE = "edge", "naive"
Heard = tuple[tuple[Reading, ...], tuple[Reading, ...]]
Told = tuple[list[Alarm], list[Alarm]]
"""With the holes of the world, and without them."""


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
    heard = life.arriving(world, world.holes), life.arriving(world, ())
    general = {each.stream: _general(each.stream, heard, span) for each in scenario.rules}
    return [
        Trial(scenario.name, judged.rule, by, span.days, told and _held(world, span, judged, told))
        for judged in scenario.rules
        for by, told in {
            OURS: (mine.get(judged.rule, []), whole.get(judged.rule, [])),
            NAIVE: _both(judged.naive.alarms, heard),
            **_of_no_other(general[judged.stream], world, judged),
        }.items()
    ]


def span_of(scenario: Scenario, month: Month) -> Span:
    """The months of a scenario begin on one Monday: what is drawn differs, not when."""
    warm_ns = START_NS + scenario.warmup_days * DAY_NS
    return Span(START_NS, warm_ns, warm_ns + month.days * DAY_NS)


def _both(alarms: Callable[[Iterable[Reading]], Iterable[Alarm]], heard: Heard) -> Told:
    holed, whole = heard
    return list(alarms(holed)), list(alarms(whole))


def _general(stream: Stream | None, heard: Heard, span: Span) -> dict[str, Told | None]:
    """What every comparator says of the stream, None where it is not installed."""
    if stream is None:
        return {}
    holed, whole = (tuple(stream(each)) for each in heard)
    said = {name: (each(holed, span), each(whole, span)) for name, each in COMPARATORS.items()}
    return {
        name: None if told[0] is None or told[1] is None else (told[0], told[1])
        for name, told in said.items()
    }


def _of_no_other(
    general: dict[str, Told | None], world: World, judged: Judged
) -> dict[str, Told | None]:
    def mine(told: list[Alarm]) -> list[Alarm]:
        return of_no_other(told, world.labels, judged)

    return {name: told and (mine(told[0]), mine(told[1])) for name, told in general.items()}


def _held(world: World, span: Span, judged: Judged, told: Told) -> Outcome:
    """What was told with the holes, and what of it only because of them."""
    holed, whole = (outcome(each, world.labels, judged, span) for each in told)
    missing = from_missing_data(holed.false, whole.false, judged.within_ns)
    return Outcome(holed.alarms, holed.delays_s, holed.repeats, holed.late, holed.false, missing)
