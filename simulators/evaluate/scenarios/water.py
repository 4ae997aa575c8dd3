"""Homes with water meters: cisterns that leak for days, taps left open, pipes that burst.

Families wash, guests come, somebody fills a pool; half of the meters report every quarter of an
hour and half every hour, and some are not heard for hours.
"""

from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import at_hours, events, holes, scale
from simulators.evaluate.labelled.household import Flow, Home, flows, say_register
from simulators.evaluate.labelled.naive_water import every_half_hour, over_a_day
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    Judged,
    Label,
    Point,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_HOMES = tuple(f"u{number:02}" for number in range(16))
_EVERY_NS = {home: (15 if number % 2 else 60) * MINUTE_NS for number, home in enumerate(_HOMES)}
_LEAK_L_H = 3.0, 50.0
_TAP_L_H = 150.0, 600.0
_BURST_L_H = 1_000.0, 2_800.0


def _draw(rng: Random, span: Span) -> World:
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": home, "building": "b01", "leaks": {}} for home in _HOMES],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": f"wm-{home}", "kind": "water", "unit": home, "adapter": "dtu-1"}
            for home in _HOMES
        ],
    }
    tape, labels = Tape(table, rng), list[Label]()
    for home in _HOMES:
        drawn = [*flows(rng, span, Home(people=rng.randint(1, 4))), *_harmless(rng, span)]
        for flow, rules in _trouble(rng, span):
            drawn.append(flow)
            labels += [Label(rule, home, flow.start_ns, flow.end_ns) for rule in rules]
        say_register(tape, f"wm-{home}", span, _EVERY_NS[home], drawn)
    meters = [f"wm-{home}" for home in _HOMES[:4]]
    lost = holes(rng, span, ["dtu-1"], meters)
    return World(table, tape.readings(), tuple(labels), lost)


def _harmless(rng: Random, span: Span) -> Iterator[Flow]:
    """Yield much water that nobody need hear of: guests for an evening, a pool, a spring clean."""
    for day in events(rng, span, 3, (60.0, 170.0)):
        yield Flow.at(at_hours(rng, day, (9.0, 20.0)), scale(rng, (60.0, 400.0)))


def _trouble(rng: Random, span: Span) -> Iterator[tuple[Flow, tuple[str, ...]]]:
    """Yield what runs, and the rules that are right to say so."""
    if rng.random() < 0.4:
        for leak in events(rng, span, 1, (20 * 60.0, 8 * 24 * 60.0)):
            yield Flow.at(leak, scale(rng, _LEAK_L_H)), ("leak_slow",)
        return
    for stretch in events(rng, span, 2, (200.0, 600.0), apart_ns=6 * DAY_NS):
        if rng.random() < 0.5:
            yield Flow.at(stretch, rng.uniform(*_TAP_L_H)), ("water_running",)
            continue
        is_long = rng.random() < 0.5
        hours = rng.uniform(3.2, 6.0) if is_long else rng.uniform(1.0, 2.0)
        lasting = stretch._replace(end_ns=stretch.start_ns + int(hours * HOUR_NS))
        rules = ("water_burst", "water_running") if is_long else ("water_burst",)
        yield Flow.at(lasting, rng.uniform(*_BURST_L_H)), rules


def _l_per_h(readings: Iterable[Reading]) -> Iterator[Point]:
    last: dict[str, Reading] = {}
    for each in readings:
        before = last.get(each.device)
        last[each.device] = each
        if before is not None and each.at_ns > before.at_ns:
            hours = (each.at_ns - before.at_ns) / HOUR_NS
            litres = (float(each.value) - float(before.value)) * 1000
            yield Point(each.unit, each.received_ns, litres / hours)


SCENARIO = Scenario(
    name="water",
    rules=(
        Judged("leak_slow", every_half_hour(), within_ns=24 * HOUR_NS, stream=_l_per_h),
        Judged("water_running", over_a_day(1_000), within_ns=3 * HOUR_NS, stream=_l_per_h),
        Judged("water_burst", over_a_day(2_000), within_ns=3 * HOUR_NS, stream=_l_per_h),
    ),
    draw=_draw,
    subjects=len(_HOMES),
    a_worker=HOMES_A_WORKER,
)
