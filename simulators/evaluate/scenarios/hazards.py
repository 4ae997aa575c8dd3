"""Gas, smoke, calls for help, wet floors, lifts: nothing is computed, so nothing may be lost.

Detectors repeat themselves while it lasts, are tested by their button, report faults and weak
batteries; buttons never say that they are clear. What the link holds up comes after it.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from random import Random
from typing import NamedTuple

from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes, over_days, sparing
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


class _Channel(NamedTuple):
    """An alarm channel: which word rings, which ends it, how long it goes on and is repeated."""

    rule: str
    kind: str
    name: str
    rings: str
    clear: str
    minutes: tuple[float, float]
    repeats_s: float = 60.0


_CHANNELS = (
    _Channel("gas_alarm", "gas", "gas.alarm", "gas", "clear", (2.0, 40.0)),
    _Channel("smoke_alarm", "smoke", "smoke", "smoke", "clear", (1.0, 20.0), 10.0),
    _Channel("sos_pressed", "sos", "sos", "pressed", "", (0.1, 0.5), 5.0),
    _Channel("water_leak", "leak", "leak", "wet", "dry", (10.0, 600.0), 300.0),
    _Channel("lift_trapped", "lift", "lift.trapped", "trapped", "clear", (5.0, 50.0)),
    _Channel("lift_off_level", "lift", "lift.off_level", "off_level", "clear", (1.0, 30.0)),
    _Channel("lift_out_of_service", "lift", "lift.state", "out_of_service", "normal", (60.0, 900.0),
             900.0),
    _Channel("battery_low", "leak", "battery.state", "low", "ok", (600.0, 9_000.0), 3_600.0),
    _Channel("device_tamper", "gas", "device.tamper", "tamper", "clear", (1.0, 60.0)),
)  # fmt: skip
_HOMES = 10
_APART_NS = 2 * DAY_NS
"""So that what a button says once more is no other call."""


def _device(channel: _Channel, home: int) -> str:
    return f"{channel.rule.replace('_', '-')}-{home}"


def _draw(rng: Random, span: Span) -> World:
    placed = [(channel, home) for channel in _CHANNELS for home in range(_HOMES)]
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"u{home}", "building": "b01"} for home in range(_HOMES)],
        "adapter": [{"id": "zb-1"}],
        "device": [
            {"id": _device(channel, home), "kind": channel.kind, "unit": f"u{home}",
             "adapter": "zb-1"}
            for channel, home in placed
        ],
    }  # fmt: skip
    tape, labels = Tape(table, rng), list[Label]()
    for channel, home in placed:
        name, real = _device(channel, home), events(rng, span, 2, channel.minutes, _APART_NS)
        for event in real:
            labels.append(Label(channel.rule, name, event.start_ns, event.end_ns))
            _ring(tape, name, channel, event)
        for at_ns in sparing(over_days(rng, span, 0.2), real):
            tape.say(name, at_ns, channel.name, rng.choice(("test", "fault", "low_battery")))
    kept = tuple(hole._replace(keeps=True) for hole in holes(rng, span, ["zb-1"]))
    return World(table, tape.readings(), tuple(labels), kept)


def _ring(tape: Tape, name: str, channel: _Channel, event: Stretch) -> None:
    for at_ns in range(event.start_ns, event.end_ns, int(channel.repeats_s * SECOND_NS)):
        tape.say(name, at_ns, channel.name, channel.rings)
    if channel.clear:
        tape.say(name, event.end_ns, channel.name, channel.clear)


def _naive(channel: _Channel, readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Every message of an alarm is one alert, as the modules that dial by themselves do it."""
    for each in readings:
        if each.channel == channel.name and each.value == channel.rings:
            yield Alarm(each.device, each.at_ns, each.received_ns)


SCENARIO = Scenario(
    name="hazards",
    rules=tuple(
        Judged(each.rule, Naive("every message is an alert", partial(_naive, each)),
               within_ns=600 * MINUTE_NS)
        for each in _CHANNELS
    ),
    draw=_draw,
    subjects=_HOMES,
    a_worker=HOMES_A_WORKER,
    warmup_days=1,
)  # fmt: skip
