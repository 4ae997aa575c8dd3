"""A block on one riser: its water is cut for hours, by day and by night.

Its people sleep, go away over a weekend, and are few; some meters are not heard for hours.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes
from simulators.evaluate.labelled.household import Flow, Home, flows, say_register
from simulators.evaluate.labelled.scenario import Alarm, Judged, Label, Naive, Scenario, Span, World
from simulators.evaluate.labelled.tape import Tape

_HOMES = tuple(f"u{number:02}" for number in range(12))
_EVERY_NS = 30 * MINUTE_NS
_QUIET_NS = 3 * HOUR_NS
_BLOCKS_A_WORKER = 812 / 12


def _table() -> dict[str, Any]:
    alone = {"care": ["alone"], "welfare": {"window": "24 h"}}
    return {
        "version": 1,
        "site": "s01",
        "unit": [
            {"code": home, "building": "b01", **(alone if home in _HOMES[:3] else {})}
            for home in _HOMES
        ],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": f"wm-{home}", "kind": "water", "unit": home, "adapter": "dtu-1"}
            for home in _HOMES
        ],
    }


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape = Tape(table, rng)
    cuts = events(rng, span, 4, (3 * 60.0, 20 * 60.0), apart_ns=5 * DAY_NS)
    for home in _HOMES:
        people = 1 if home in _HOMES[:3] else rng.randint(1, 3)
        away = (*cuts, *_weekends(rng, span))
        drawn: Iterable[Flow] = flows(rng, span, Home(people, nightly=0.5, away=away))
        say_register(tape, f"wm-{home}", span, _EVERY_NS, drawn)
    labels = tuple(Label("supply_outage", "b01", each.start_ns, each.end_ns) for each in cuts)
    lost = holes(rng, span, ["dtu-1"], [f"wm-{home}" for home in _HOMES[:4]])
    return World(table, tape.readings(), labels, lost)


def _weekends(rng: Random, span: Span) -> Iterator[Stretch]:
    """Yield the time from Saturday morning to Sunday evening, where the home is away then."""
    for week_ns in range(span.start_ns, span.end_ns, 7 * DAY_NS):
        if rng.random() < 0.15:
            yield Stretch(week_ns + 5 * DAY_NS + 8 * HOUR_NS, week_ns + 6 * DAY_NS + 20 * HOUR_NS)


def _no_register_moves(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """No register of the block has moved for three hours: one number for every block and hour.

    It is what dispatchers do by eye: a whole building at zero is taken for a failed supply.
    """
    last: dict[str, float] = {}
    moved_ns, told = 0, False
    for each in readings:
        value = float(each.value)
        if value != last.get(each.device, value) or not moved_ns:
            moved_ns, told = each.received_ns, False
        last[each.device] = value
        if not told and each.received_ns - moved_ns >= _QUIET_NS:
            told = True
            yield Alarm("b01", moved_ns, each.received_ns)


SCENARIO = Scenario(
    name="supply",
    rules=(Judged("supply_outage", Naive("no register moves for 3 h", _no_register_moves)),),
    draw=_draw,
    subjects=1,
    a_worker=_BLOCKS_A_WORKER,
)
