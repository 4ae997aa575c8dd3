"""Squares and courtyards with a counter of people, and stairs with a sound level meter.

People sit there by day, dance in the evening and come to the market at weekends; a feast is a
gathering to the rule, since nobody told it. By night it is quiet but for lorries, single parties
and, at some places, the same noise every other night. Counters see some people twice or not.
"""

from collections.abc import Iterable, Iterator
from random import Random

from edge.noise_terms import NIGHT_DB
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, at_hours, events, holes, over_days
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    START_NS,
    Alarm,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_SQUARES = tuple(f"square-{n}" for n in range(4))
_STAIRS = tuple(f"stair-{n}" for n in range(6))
_EVERY_NS = 10 * MINUTE_NS
_MANY = 20
_NIGHT_H = (22.5, 26.0)
_WEEKDAYS = 5


def _table() -> dict[str, object]:
    squares = [
        {"id": name, "kind": "cam", "unit": f"u-{name}", "adapter": "nvr-1", "interval": "10 min",
         "crowd": {"at_least": _MANY, "lasts": "15 min"}}
        for name in _SQUARES
    ]  # fmt: skip
    stairs = [
        {"id": name, "kind": "env", "unit": f"u-{name}", "adapter": "lora-1",
         "interval": "10 min", "noise": {"homes": 12}}
        for name in _STAIRS
    ]  # fmt: skip
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"u-{name}", "building": "b01"} for name in (*_SQUARES, *_STAIRS)],
        "adapter": [{"id": "nvr-1"}, {"id": "lora-1"}],
        "device": [*squares, *stairs],
    }


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape, labels = Tape(table, rng), list[Label]()
    for name in _SQUARES:
        _square(tape, labels, name, rng, span)
    for place, name in enumerate(_STAIRS):
        labels += _stair(tape, name, rng, span, at_odds=place < 2)
    missing = holes(rng, span, ["nvr-1", "lora-1"], [_SQUARES[0], _STAIRS[0]])
    return World(table, tape.readings(), tuple(labels), missing)


def _square(tape: Tape, labels: list[Label], name: str, rng: Random, span: Span) -> None:
    """One square: its own habits, and at most three gatherings of half an hour to four hours."""
    sitting, dancing, market = rng.uniform(1, 8), rng.choice((0, 0, 30)), rng.choice((0, 60))
    gatherings = [
        at_hours(rng, each, (9.0, 21.0)) for each in events(rng, span, 3, (40.0, 240.0), DAY_NS)
    ]
    buses = [Stretch(at_ns, at_ns + 10 * MINUTE_NS) for at_ns in over_days(rng, span, 0.3, (7, 20))]
    crowds = {each: rng.uniform(1.8, 4.0) for each in gatherings}
    for at_ns in range(span.start_ns, span.end_ns, _EVERY_NS):
        day, of_day_ns = divmod(at_ns - START_NS, DAY_NS)
        hour, weekend = of_day_ns / HOUR_NS, day % 7 >= _WEEKDAYS
        usual = sitting if 7 <= hour < 21 else 0.3
        usual += dancing * (19 <= hour < 20.5) * rng.uniform(0.6, 1.2)
        usual += market * (weekend and 8 <= hour < 12) * rng.uniform(0.6, 1.2)
        people = rng.gauss(usual, 0.3 * usual)
        for gathering, times in crowds.items():
            if gathering.start_ns <= at_ns < gathering.end_ns:
                people += max(25.0, times * usual) * rng.uniform(0.9, 1.2)
        people += 30 * any(each.start_ns <= at_ns < each.end_ns for each in buses)
        tape.say(name, at_ns + rng.randrange(MINUTE_NS), "crowd.count", max(0, round(people)))
    labels += [Label("gathering", name, *each) for each in gatherings]


def _stair(tape: Tape, name: str, rng: Random, span: Span, *, at_odds: bool) -> list[Label]:
    """One stair: a party now and then; where neighbours are `at_odds`, every other night."""
    days = range(span.start_ns, span.end_ns, DAY_NS)
    first_ns = span.warm_ns + rng.randrange(max(1, (span.end_ns - span.warm_ns) // 2))
    loud = [
        at_hours(rng, Stretch(day, day + int(rng.uniform(60, 150)) * MINUTE_NS), _NIGHT_H)
        for day in days
        if rng.random() < (0.5 if at_odds and day >= first_ns else 0.04)
    ]
    quiet_db = rng.uniform(32.0, 38.0)
    for at_ns in range(span.start_ns, span.end_ns, _EVERY_NS):
        hour = (at_ns - START_NS) % DAY_NS / HOUR_NS
        level_db = quiet_db + rng.gauss(0.0, 2.0) + 14.0 * (6 <= hour < 22)
        if any(each.start_ns <= at_ns < each.end_ns for each in loud):
            level_db = max(level_db, rng.gauss(54.0, 3.0))
        elif rng.random() < 0.02:
            level_db = max(level_db, rng.uniform(48.0, 60.0))
        tape.say(name, at_ns + rng.randrange(MINUTE_NS), "noise.level", round(level_db, 1))
    return [Label("noise_at_night", name, first_ns, span.end_ns)] if at_odds else []


def _many_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """More people than a fixed number, as the density alarms of recorders are set."""
    above: set[str] = set()
    for each in readings:
        if each.channel != "crowd.count" or isinstance(each.value, str):
            continue
        if each.value < _MANY:
            above.discard(each.device)
        elif each.device not in above:
            above.add(each.device)
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _loud_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """A level over the limit of GB 22337 by night, the first of each hour: what displays show."""
    told: dict[str, int] = {}
    for each in readings:
        if each.channel != "noise.level" or isinstance(each.value, str):
            continue
        hour = (each.at_ns - START_NS) % DAY_NS // HOUR_NS
        by_night = hour >= 22 or hour < 6
        again = each.at_ns - told.get(each.device, 0) >= HOUR_NS
        if by_night and each.value > NIGHT_DB[1] and again:
            told[each.device] = each.at_ns
            yield Alarm(each.device, each.at_ns, each.received_ns)


SCENARIO = Scenario(
    name="squares",
    rules=(
        Judged("gathering", Naive("20 people or more", _many_naive), within_ns=30 * MINUTE_NS),
        Judged("noise_at_night", Naive("over 45 dB(A) by night", _loud_naive), within_ns=DAY_NS),
    ),
    draw=_draw,
    subjects=len(_SQUARES + _STAIRS),
    a_worker=HOMES_A_WORKER,
    warmup_days=15,
)
