"""Residents who live alone under the fixed terms of a street: ten litres in twelve hours.

Some fall and use nothing until they are found; all sleep long now and then, and are away for days
without a word, which nobody can tell from a fall.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, at_hours, events, holes
from simulators.evaluate.labelled.household import Home, flows, say_register
from simulators.evaluate.labelled.scenario import (
    CARED_HOMES_A_WORKER,
    Alarm,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_HOMES = tuple(f"u{number}" for number in range(10))
_EVERY_NS = 30 * MINUTE_NS
_WINDOW_NS = 12 * HOUR_NS
_LITRES = 10.0


def _draw(rng: Random, span: Span) -> World:
    table = {
        "version": 1,
        "site": "s01",
        "unit": [
            {"code": home, "building": "b01", "care": ["alone"],
             "welfare": [{"window": "12 h", "threshold_l": _LITRES}]}
            for home in _HOMES
        ],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": f"wm-{home}", "kind": "water", "unit": home, "adapter": "dtu-1",
             "interval": "30 min", "resolution_m3": 0.001}
            for home in _HOMES
        ],
    }  # fmt: skip
    tape, labels = Tape(table, rng), list[Label]()
    for home in _HOMES:
        falls = _falls(rng, span)
        labels += [Label("welfare", home, *each) for each in falls]
        away = [] if falls or rng.random() < 0.7 else events(rng, span, 1, (20.0 * 60, 72.0 * 60))
        lives = Home(people=1, nightly=0.6, away=(*falls, *away))
        say_register(tape, f"wm-{home}", span, _EVERY_NS, flows(rng, span, lives))
    missing = holes(rng, span, ["dtu-1"], [f"wm-{home}" for home in _HOMES])
    return World(table, tape.readings(), tuple(labels), missing)


def _falls(rng: Random, span: Span) -> list[Stretch]:
    """By day or by night, in every second home once; found after fourteen to forty hours."""
    if rng.random() < 0.5:
        return []
    drawn = events(rng, span, 1, (14.0 * 60, 40.0 * 60))
    moved = [at_hours(rng, each, (6.0, 30.0)) for each in drawn]
    return [each for each in moved if each.end_ns < span.end_ns]


def _too_little(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Less than 10 L in the last 12 h by the clock, as Shanghai has it; nothing heard is no use.

    The register is asked whenever any home reports; told once, until enough was used.
    """
    past: defaultdict[str, deque[tuple[int, float]]] = defaultdict(deque)
    told: set[str] = set()
    first_ns = None
    for each in readings:
        first_ns = each.received_ns if first_ns is None else first_ns
        past[each.unit].append((each.received_ns, float(each.value) * 1_000))
        if each.received_ns - first_ns < _WINDOW_NS:
            continue
        for home, known in past.items():
            from_ns = each.received_ns - _WINDOW_NS
            while len(known) > 1 and known[1][0] <= from_ns:
                known.popleft()
            if known[-1][1] - known[0][1] >= _LITRES:
                told.discard(home)
            elif home not in told:
                told.add(home)
                yield Alarm(home, from_ns, each.received_ns)


SCENARIO = Scenario(
    name="alone",
    rules=(Judged("welfare", Naive("under 10 L in 12 h by the clock", _too_little)),),
    draw=_draw,
    subjects=len(_HOMES),
    a_worker=CARED_HOMES_A_WORKER,
    warmup_days=3,
)
