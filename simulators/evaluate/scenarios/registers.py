"""Water meters whose register becomes another one: exchanged, begun anew, run over, in litres.

Others only seem so: a value that is misread once, a carry that is lost for an hour, a dip of a
litre, hours that are missing.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from edge.reading import DAY_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes
from simulators.evaluate.labelled.household import Home, flows, register
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

_HOMES = tuple(f"u{number:02}" for number in range(12))
_EVERY_NS = 30 * MINUTE_NS
_MISREAD = 0.002
_DIPS = 0.005
_LOST_CARRY = 0.001
_FULL_SCALE_L = 1_000_000


def _draw(rng: Random, span: Span) -> World:
    table: dict[str, Any] = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": home, "building": "b01", "care": ["alone"]} for home in _HOMES],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": f"wm-{home}", "kind": "water", "unit": home, "adapter": "dtu-1"}
            for home in _HOMES
        ],
    }
    tape, labels = Tape(table, rng), list[Label]()
    for home in _HOMES:
        changes = events(rng, span, 1, (12 * 60.0, 72 * 60.0)) if rng.random() < 0.7 else []
        labels += [Label("meter_break", home, each.start_ns, each.end_ns) for each in changes]
        _say(tape, f"wm-{home}", rng, span, changes)
    lost = holes(rng, span, ["dtu-1"], [f"wm-{home}" for home in _HOMES[:4]])
    return World(table, tape.readings(), tuple(labels), lost)


def _say(tape: Tape, device: str, rng: Random, span: Span, changes: list[Stretch]) -> None:
    samples = list(register(span, _EVERY_NS, flows(rng, span, Home(people=1))))
    change = changes[0] if changes else None
    at_change_l = next((litres for at, litres in samples if change and at >= change.start_ns), 0)
    kind = rng.choice(("exchanged", "restarted", "ran over", "in litres"))
    before_l = _FULL_SCALE_L - at_change_l if kind == "ran over" else 0
    new_l = rng.randrange(0, 900_000) if kind == "exchanged" else 0
    for at_ns, used_l in samples:
        litres = used_l + before_l
        if change and at_ns >= change.start_ns:
            if kind == "restarted" and at_ns - change.start_ns < _EVERY_NS:
                tape.restart(device)
            in_litres = kind == "in litres" and at_ns < change.end_ns
            litres = used_l * 1000 if in_litres else used_l
            if kind != "in litres":
                litres = used_l - at_change_l + new_l
        tape.say(device, at_ns, "water.total", _as_read(rng, litres) / 1000)


def _as_read(rng: Random, litres: int) -> int:
    """What is sent for it: now and then something else."""
    chance = rng.random()
    if chance < _MISREAD:
        return int(litres * rng.choice((0.0, 0.1, 3.0, 10.0)))
    if chance < _MISREAD + _DIPS:
        return max(0, litres - 1)
    return max(0, litres - 256) if chance < _MISREAD + _DIPS + _LOST_CARRY else litres


def _began_anew(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Less than nine tenths of the value before: Home Assistant's new cycle of a counter."""
    last: dict[str, float] = {}
    for each in readings:
        value = float(each.value)
        if value < 0.9 * last.get(each.device, 0.0):
            yield Alarm(each.unit, each.at_ns, each.received_ns)
        last[each.device] = value


SCENARIO = Scenario(
    name="registers",
    rules=(
        Judged("meter_break", Naive("less than 0.9 of the last", _began_anew), within_ns=DAY_NS),
    ),
    draw=_draw,
    subjects=len(_HOMES),
    a_worker=CARED_HOMES_A_WORKER,
)
