"""Devices of which there are two under one name, each counting its own messages.

Others restart, lose messages, are late with one, or count anew after their battery was changed.
"""

from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import DAY_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.alike import alike
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

_DEVICES = tuple(f"env-{n}" for n in range(12))
_EVERY_NS = 15 * MINUTE_NS


def _draw(rng: Random, span: Span) -> World:
    table = alike(_DEVICES, kind="env", adapter="zb-1", interval="15 min")
    true, second, labels = Tape(table, rng), Tape(table, rng), list[Label]()
    for name in _DEVICES:
        for _ in range(rng.randint(1, 9)):
            second.restart(name)  # it has been switched on so often, and the true one otherwise
        copied = events(rng, span, 1, (6.0 * 60, 3 * 24 * 60.0)) if rng.random() < 0.5 else []
        labels += [Label("device_cloned", name, *each) for each in copied]
        _speaks(true, name, rng, Stretch(span.start_ns, span.end_ns))
        for each in copied:
            _speaks(second, name, rng, each)
    said = sorted((*true.readings(), *second.readings()), key=lambda each: each.received_ns)
    missing = holes(rng, span, ["zb-1"], _DEVICES[:3])
    return World(table, tuple(said), tuple(labels), missing)


def _speaks(tape: Tape, name: str, rng: Random, stretch: Stretch) -> None:
    """Every quarter of an hour, with its own troubles."""
    first_ns = stretch.start_ns + rng.randrange(_EVERY_NS)
    for at_ns in range(first_ns, stretch.end_ns, _EVERY_NS):
        chance = rng.random()
        if chance < 0.0005:
            tape.restart(name)
        elif chance < 0.001:
            tape.begin_anew(name)
        late_s = rng.uniform(15.0, 40.0) * 60 if rng.random() < 0.002 else 0.0
        tape.say(name, at_ns, "temperature.c", round(rng.uniform(5.0, 30.0), 1), lag_s=late_s)


def _does_not_count_on(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """A number not above the last one: what a LoRaWAN server drops and reports of a device."""
    last: dict[str, int] = {}
    for each in readings:
        if each.seq <= last.get(each.device, -1):
            yield Alarm(each.device, each.at_ns, each.received_ns)
        last[each.device] = each.seq


SCENARIO = Scenario(
    name="clones",
    rules=(
        Judged("device_cloned", Naive("a number not above the last", _does_not_count_on),
               within_ns=DAY_NS),
    ),
    draw=_draw,
    subjects=len(_DEVICES),
    a_worker=HOMES_A_WORKER,
    warmup_days=2,
)  # fmt: skip
