"""Sensors of which somebody plays back an old stretch, to hide what goes on there now.

The values are those of a day or more ago, the numbers and times new. Rooms that are alike from day
to day, a cellar that hardly changes and one behind a thermostat come near to it by themselves.
"""

from collections.abc import Iterable, Iterator
from math import cos, tau
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.alike import alike
from simulators.evaluate.labelled.draws import Stretch, events, holes
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

_ROOMS = tuple(f"env-{n}" for n in range(8))
_CELLAR, _HEATED = "cellar-1", "heated-1"
_EVERY_NS = 15 * MINUTE_NS
_BACK_NS = DAY_NS


def _draw(rng: Random, span: Span) -> World:
    table = alike((*_ROOMS, _CELLAR, _HEATED), kind="env", adapter="zb-1", interval="15 min")
    tape, labels = Tape(table, rng), list[Label]()
    for name in _ROOMS:
        played = events(rng, span, 2, (12.0 * 60, 60.0 * 60), 2 * DAY_NS)
        labels += [Label("device_replayed", name, *each) for each in played]
        _room(tape, name, rng, span, played)
    for at_ns in range(span.start_ns, span.end_ns, _EVERY_NS):
        round_of = (at_ns - START_NS) // _EVERY_NS % 6
        swing_c = abs(round_of - 3) * 0.4 + rng.choice((0.0, 0.0, 0.0, 0.1))
        tape.say(_HEATED, at_ns, "temperature.c", round(20.0 + swing_c, 1))
        tape.say(_CELLAR, at_ns, "temperature.c", round(12.0 + rng.gauss(0.0, 0.06), 1))
    missing = holes(rng, span, ["zb-1"], [_ROOMS[0]])
    return World(table, tape.readings(), tuple(labels), missing)


def _room(tape: Tape, name: str, rng: Random, span: Span, played: Iterable[Stretch]) -> None:
    """One room; while a stretch is played, it says what it said a day before."""
    warm_c, swing_c = rng.uniform(15.0, 24.0), rng.uniform(1.0, 3.0)
    said: dict[int, float] = {}
    for at_ns in range(span.start_ns, span.end_ns, _EVERY_NS):
        of_day = (at_ns - START_NS) % DAY_NS / DAY_NS
        value_c = round(warm_c - swing_c * cos(tau * of_day) + rng.gauss(0.0, 0.15), 1)
        if any(each.start_ns <= at_ns < each.end_ns for each in played):
            value_c = said.get(at_ns - _BACK_NS, value_c)
        said[at_ns] = value_c
        tape.say(name, at_ns, "temperature.c", value_c)


def _naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Eight values that equal those of the day before: a look at the curves, one over the other."""
    said: dict[str, dict[int, float | str]] = {}
    alike: dict[str, int] = {}
    for each in readings:
        step = each.at_ns // _EVERY_NS
        mine = said.setdefault(each.device, {})
        same = mine.get(step - DAY_NS // _EVERY_NS) == each.value
        mine[step] = each.value
        alike[each.device] = alike.get(each.device, 0) + 1 if same else 0
        if alike[each.device] == 2 * HOUR_NS // _EVERY_NS:
            since_ns = each.at_ns - 2 * HOUR_NS
            yield Alarm(each.device, since_ns, each.received_ns)


SCENARIO = Scenario(
    name="replays",
    rules=(
        Judged(
            "device_replayed", Naive("eight values of the day before", _naive), within_ns=HOUR_NS
        ),
    ),
    draw=_draw,
    subjects=len(_ROOMS) + 2,
    a_worker=HOMES_A_WORKER,
    warmup_days=3,
)
