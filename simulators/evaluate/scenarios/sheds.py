"""Sheds in which nobody may charge, corridors whose power goes on by hours: sub-meters of both.

In the sheds e-bikes of all sizes are charged now and then, lead and lithium, empty and half full,
sometimes two; lamps are left on, tools and heaters run, a refrigerator goes on and off, the mains
rises and falls. In the corridors somebody taps the supply by night, and a cleaner comes early.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import exp, pi, sin
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.above import above
from simulators.evaluate.labelled.draws import (
    Stretch,
    at_hours,
    events,
    holes,
    over_days,
    scale,
)
from simulators.evaluate.labelled.naive import hour_of_day
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

_SHEDS, _HALLS = ("shed-1", "shed-2", "shed-3"), ("hall-1", "hall-2", "hall-3")
_HOMES = 16
_STEP_NS = {"shed": 3 * MINUTE_NS, "hall": 5 * MINUTE_NS}
_ON, _OFF = 6.0, 23.0
Load = Callable[[int], float]


def _draw(rng: Random, span: Span) -> World:
    terms = {"shed": {"charging": "forbidden"}, "hall": {"hours": "06:00-23:00"}}
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"b01-{name}", "building": "b01"} for name in (*_SHEDS, *_HALLS)],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": name, "kind": "elec", "unit": f"b01-{name}", "adapter": "dtu-1",
             "interval": "5 min", "feeder": terms[name[:4]]}
            for name in (*_SHEDS, *_HALLS)
        ],
    }  # fmt: skip
    tape, labels = Tape(table, rng), list[Label]()
    for name in (*_SHEDS, *_HALLS):
        loads, true = (_shed if name in _SHEDS else _hall)(rng, span)
        rule = "ebike_charging" if name in _SHEDS else "power_theft"
        labels += [Label(rule, name, *each) for each in true]
        _put_on(tape, name, rng, span, loads)
    gone = holes(rng, span, ["dtu-1"], (*_SHEDS, *_HALLS))
    return World(table, tape.readings(), tuple(labels), gone)


def _put_on(tape: Tape, name: str, rng: Random, span: Span, loads: list[Load]) -> None:
    for at_ns in range(span.start_ns, span.end_ns, _STEP_NS[name[:4]]):
        powers_w = sum(load(at_ns) for load in loads)
        noise = rng.gauss(1.0, 0.005)
        tape.say(name, at_ns, "elec.power", round(max(0.0, powers_w * noise), 1))


def _shed(rng: Random, span: Span) -> tuple[list[Load], list[Stretch]]:
    """What a shed takes, and when somebody truly charges there."""
    mains = rng.uniform(0.0, 0.03)
    base_w = rng.uniform(5.0, 40.0)
    loads: list[Load] = [lambda at_ns: base_w * _mains(mains, at_ns)]
    charges: list[Stretch] = []
    for start in events(rng, span, 8, (1.0, 1.1), apart_ns=20 * HOUR_NS):
        if start.end_ns > span.end_ns - DAY_NS:
            continue  # it would be charging when the month ends
        begun = at_hours(rng, start, rng.choice(((19.0, 24.0), (7.0, 18.0))))
        stretch, load = _charge(rng, begun.start_ns)
        loads.append(load)
        if rng.random() < 0.15:
            second, other = _charge(rng, stretch.start_ns + int(rng.uniform(0, 3) * HOUR_NS))
            loads.append(other)
            stretch = Stretch(stretch.start_ns, max(stretch.end_ns, second.end_ns))
        charges.append(stretch)
    benign_ns = over_days(rng, span, 0.5, (7.0, 22.0))
    loads += [_look_alike(rng, at_ns, mains) for at_ns in benign_ns]
    return loads, charges


def _mains(part: float, at_ns: int) -> float:
    """What a resistive load takes of its rated power: the mains is high at night."""
    return 1 + part * sin((hour_of_day(at_ns) - 20) / 12 * pi)


def _charge(rng: Random, start_ns: int) -> tuple[Stretch, Load]:
    """An e-bike from 80 to 350 W: its plateau, which rises, and its tail."""
    lead = rng.random() < 0.6
    power_w = rng.uniform(80, 250) if lead else rng.uniform(100, 350)
    rise = rng.uniform(0.1, 0.2) if lead else rng.uniform(0.04, 0.1)
    plateau_ns = int(scale(rng, (0.7, 7.0)) * HOUR_NS)
    fades_ns = int((rng.uniform(25, 50) if lead else rng.uniform(8, 20)) * MINUTE_NS)
    end_ns = start_ns + plateau_ns + int(2.5 * fades_ns)

    def load(at_ns: int) -> float:
        into_ns = at_ns - start_ns
        if not 0 <= into_ns < end_ns - start_ns:
            return 0.0
        full = power_w * (1 + rise * min(1.0, into_ns / plateau_ns))
        return full * exp(-max(0, into_ns - plateau_ns) / fades_ns)

    return Stretch(start_ns, end_ns), load


def _look_alike(rng: Random, start_ns: int, mains: float) -> Load:
    """A lamp left on, a heater with its thermostat, a refrigerator for a while, a tool, a fan."""
    kind = rng.choice(("lamp", "lamp", "bulb", "heater", "refrigerator", "tool", "fan"))
    low_w, high_w, hours = _KINDS[kind]
    power_w, lasts_ns = rng.uniform(low_w, high_w), int(scale(rng, hours) * HOUR_NS)
    cycle_ns = int(rng.uniform(20.0, 50.0) * MINUTE_NS)

    def load(at_ns: int) -> float:
        into_ns = at_ns - start_ns
        if not 0 <= into_ns < lasts_ns:
            return 0.0
        if kind in {"heater", "refrigerator"} and into_ns % cycle_ns > 0.6 * cycle_ns:
            return 0.0
        resistive = kind in {"bulb", "heater", "fan"}
        return power_w * (_mains(mains, at_ns) if resistive else 1.0)

    return load


_KINDS = {
    "lamp": (30.0, 120.0, (0.5, 9.0)),
    "bulb": (60.0, 200.0, (0.5, 6.0)),
    "heater": (700.0, 1_800.0, (0.5, 5.0)),
    "refrigerator": (70.0, 150.0, (5.0, 40.0)),
    "tool": (200.0, 900.0, (0.05, 0.6)),
    "fan": (40.0, 80.0, (0.5, 8.0)),
}


def _hall(rng: Random, span: Span) -> tuple[list[Load], list[Stretch]]:
    """What a corridor takes, and when somebody truly draws from it by night."""
    idle_w, day_w = rng.uniform(5.0, 40.0), rng.uniform(80.0, 400.0)
    loads: list[Load] = [partial(_corridor, idle_w, day_w)]
    taken: list[Stretch] = []
    for drawn in events(rng, span, 6, (45.0, 330.0), apart_ns=26 * HOUR_NS):
        stretch = at_hours(rng, drawn, (23.6, 25.0))
        if stretch.end_ns > span.end_ns:
            continue
        taken.append(stretch)
        loads.append(partial(_block, stretch, scale(rng, (120.0, 2_000.0))))
    for at_ns in over_days(rng, span, 2.0, (0.0, 6.0)):  # somebody comes home late, a lift stops
        brief = Stretch(at_ns, at_ns + int(rng.uniform(1.0, 12.0) * MINUTE_NS))
        loads.append(partial(_block, brief, rng.uniform(60.0, 300.0)))
    for at_ns in over_days(rng, span, 0.3, (5.55, 5.9)):
        cleaner = Stretch(at_ns, at_ns + 90 * MINUTE_NS)
        loads.append(partial(_block, cleaner, rng.uniform(200.0, 900.0)))
    return loads, taken


def _corridor(idle_w: float, day_w: float, at_ns: int) -> float:
    return day_w if _ON <= hour_of_day(at_ns) < _OFF else idle_w


def _block(stretch: Stretch, power_w: float, at_ns: int) -> float:
    return power_w if stretch.start_ns <= at_ns < stretch.end_ns else 0.0


def _long_load(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Above 50 W for two hours: `numeric_state` with `for`, as plugs are watched with it."""
    return above(
        readings,
        lambda each: float(each.value) > 50.0 if each.device in _SHEDS else None,
        2 * HOUR_NS,
    )


def _by_night(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Above 100 W between 23:00 and 06:00: `numeric_state` with a condition of time."""

    def is_above(each: Reading) -> bool | None:
        if each.device not in _HALLS:
            return None
        by_night = not _ON <= hour_of_day(each.at_ns) < _OFF
        return by_night and float(each.value) > 100.0

    return above(readings, is_above)


SCENARIO = Scenario(
    name="sheds",
    rules=(
        Judged("ebike_charging", Naive("above 50 W for 2 h", _long_load), within_ns=HOUR_NS),
        Judged("power_theft", Naive("above 100 W by night", _by_night), within_ns=HOUR_NS),
    ),
    draw=_draw,
    subjects=len(_SHEDS),
    a_worker=HOMES_A_WORKER / _HOMES,
    warmup_days=8,
)
