"""Devices that fall silent for good or for days, among others that are only seldom heard.

Meters report every quarter, every hour, four times and once a day; sensors check in when they
like. Single reports are lost, an upload in ten fails, adapters and the link fail by themselves.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import NamedTuple

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    Alarm,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_OFFLINE_NS = 25 * HOUR_NS


class _Habit(NamedTuple):
    """How often a device speaks, how far it strays, and how much of it is lost."""

    name: str
    every_ns: int
    strays_ns: int
    lost: float
    adapter: str


_HABITS = (
    _Habit("quarter", 15 * MINUTE_NS, MINUTE_NS, 0.02, "dtu-1"),
    _Habit("hourly", HOUR_NS, 5 * MINUTE_NS, 0.03, "dtu-1"),
    _Habit("sensor", 50 * MINUTE_NS, 30 * MINUTE_NS, 0.05, "zb-1"),
    _Habit("sixth", 6 * HOUR_NS, 20 * MINUTE_NS, 0.05, "nb-1"),
    _Habit("daily", DAY_NS, 40 * MINUTE_NS, 0.1, "nb-1"),
)
_OF_EACH = 4


def _draw(rng: Random, span: Span) -> World:
    devices = {f"{habit.name}-{i}": habit for habit in _HABITS for i in range(_OF_EACH)}
    adapters = sorted({habit.adapter for habit in _HABITS})
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u01", "building": "b01"}],
        "adapter": [{"id": name} for name in adapters],
        "device": [
            {"id": name, "kind": "env", "unit": "u01", "adapter": habit.adapter}
            for name, habit in devices.items()
        ],
    }
    tape, labels = Tape(table, rng), list[Label]()
    for name, habit in devices.items():
        shortest_min = max(180.0, 4 * habit.every_ns / MINUTE_NS)
        dead = events(rng, span, 2, (shortest_min, 10 * 24 * 60.0), apart_ns=6 * habit.every_ns)
        labels += [Label("device_silent", name, each.start_ns, each.end_ns) for each in dead]
        for at_ns in _reports(rng, span, habit, dead):
            tape.say(name, at_ns, "env.temp", round(rng.uniform(5.0, 30.0), 1))
    return World(table, tape.readings(), tuple(labels), holes(rng, span, adapters))


def _reports(rng: Random, span: Span, habit: _Habit, dead: Iterable[Stretch]) -> Iterator[int]:
    """Yield when the device is heard; each has its own time within its interval."""
    first_ns = span.start_ns + rng.randrange(habit.every_ns)
    for due_ns in range(first_ns, span.end_ns - habit.strays_ns, habit.every_ns):
        at_ns = due_ns + rng.randrange(habit.strays_ns)
        is_dead = any(each.start_ns <= at_ns < each.end_ns for each in dead)
        if not is_dead and rng.random() >= habit.lost:
            yield at_ns


def _offline(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Not heard for 25 hours: when Zigbee2MQTT calls a device that cannot be asked offline."""
    heard_ns: dict[str, int] = {}
    for each in readings:
        for name, at_ns in list(heard_ns.items()):
            if each.received_ns - at_ns > _OFFLINE_NS:
                del heard_ns[name]
                yield Alarm(name, at_ns, at_ns + _OFFLINE_NS)
        heard_ns[each.device] = each.received_ns


SCENARIO = Scenario(
    name="silence",
    rules=(Judged("device_silent", Naive("not heard for 25 h", _offline)),),
    draw=_draw,
    subjects=len(_HABITS) * _OF_EACH,
    a_worker=HOMES_A_WORKER,
    warmup_days=14,
)
