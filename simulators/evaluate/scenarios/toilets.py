"""Homes with quick meters: cisterns that leak and fill themselves, and people who are up at night.

Cisterns leak for days until somebody mends them, a refill every half hour to an hour and a half.
Residents get up, feed babies, run a washing machine on cheap power, have a tap that drips.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes, over_days, scale
from simulators.evaluate.labelled.naive import hour_of_day
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

_HOMES = 6
_STEP_NS = 15 * MINUTE_NS
_DAY_MIN = 24 * 60.0
Draws = list[tuple[int, float]]


def _draw(rng: Random, span: Span) -> World:
    names = [f"wm-{home}" for home in range(_HOMES)]
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"u{i}", "building": "b01", "leaks": {}} for i in range(_HOMES)],
        "adapter": [{"id": "c-1"}],
        "device": [
            {"id": name, "kind": "water", "unit": f"u{i}", "adapter": "c-1", "interval": "15 min",
             "resolution_m3": 0.001}
            for i, name in enumerate(names)
        ],
    }  # fmt: skip
    tape, labels = Tape(table, rng), list[Label]()
    for home, name in enumerate(names):
        leaks = events(rng, span, 2, (3 * _DAY_MIN, 9 * _DAY_MIN), apart_ns=3 * DAY_NS)
        labels += [Label("toilet_runs", f"u{home}", *each) for each in leaks]
        draws = _people(rng, span)
        for each in leaks:
            draws += _refills(rng, each)
        _put_on(tape, name, span, sorted(draws))
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["c-1"], names))


def _refills(rng: Random, leak: Stretch) -> Draws:
    """A few litres, each time the level has fallen by as much; a flush in between puts it off."""
    volume_l, apart_ns = rng.uniform(2.0, 7.0), int(scale(rng, (30.0, 100.0)) * MINUTE_NS)
    made: Draws = []
    at_ns = leak.start_ns
    while at_ns < leak.end_ns:
        made.append((at_ns, volume_l * rng.uniform(0.95, 1.05)))
        at_ns += int(apart_ns * rng.uniform(0.92, 1.08))
    return made


def _people(rng: Random, span: Span) -> Draws:
    """What a household draws, by day and by night."""
    residents = rng.choice((1, 1, 2, 3))
    made: Draws = [
        (at_ns, rng.choice((3.0, 6.0, 6.0, 9.0, 15.0, 45.0)))
        for at_ns in over_days(rng, span, 12.0 * residents, (6.0, 23.5))
    ]
    nightly = rng.choice((0.1, 0.8, 2.0, 4.0))
    made += [(at_ns, 6.0) for at_ns in over_days(rng, span, nightly, (0.0, 6.0))]
    for at_ns in over_days(rng, span, 0.2, (0.0, 2.0)):  # a washing machine, six fillings
        made += [(at_ns + filling * 14 * MINUTE_NS, 9.0) for filling in range(6)]
    if rng.random() < 0.2:
        drip_l = rng.uniform(0.1, 0.6)
        made += [(at_ns, drip_l) for at_ns in range(span.start_ns, span.end_ns, _STEP_NS)]
    return made


def _put_on(tape: Tape, name: str, span: Span, draws: Draws) -> None:
    waiting, register_l = deque(draws), 0.0
    for at_ns in range(span.start_ns, span.end_ns, _STEP_NS):
        while waiting and waiting[0][0] <= at_ns:
            register_l += waiting.popleft()[1]
        tape.say(name, at_ns, "water.total", int(register_l) / 1_000)


def _used_by_night(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Use in each hour from 01:00 to 05:00: how utilities look for what runs by itself."""
    register: dict[str, float] = {}
    used: dict[str, set[int]] = defaultdict(set)
    day: dict[str, int] = {}
    for each in readings:
        today, hour = (each.at_ns - START_NS) // DAY_NS, int(hour_of_day(each.at_ns))
        if today != day.get(each.unit):
            day[each.unit], used[each.unit] = today, set()
        moved = float(each.value) > register.get(each.unit, float(each.value))
        if moved and 1 <= hour < 5 and hour not in used[each.unit]:
            used[each.unit].add(hour)
            if len(used[each.unit]) == 4:
                yield Alarm(each.unit, each.at_ns - 4 * HOUR_NS, each.received_ns)
        register[each.unit] = float(each.value)


SCENARIO = Scenario(
    name="toilets",
    rules=(
        Judged("toilet_runs", Naive("use in each hour from 01:00 to 05:00", _used_by_night),
               within_ns=2 * DAY_NS),
    ),
    draw=_draw,
    subjects=_HOMES,
    a_worker=HOMES_A_WORKER,
    warmup_days=4,
)  # fmt: skip
