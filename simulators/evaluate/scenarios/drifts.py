"""Sensors of a block in spring: some drift away from the others, most rooms only live.

It grows warmer from week to week; rooms differ, are heated from one day to the next, or are warmer
at weekends. A sensor that drifts moves a tenth to three tenths of a degree a day, and goes on.
"""

from collections.abc import Iterable, Iterator
from math import cos, tau
from random import Random

from edge.reading import DAY_NS, HOUR_NS, Reading
from simulators.evaluate.labelled.alike import alike
from simulators.evaluate.labelled.draws import holes
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

_ROOMS = tuple(f"env-{n:02d}" for n in range(12))
_EVERY_NS = HOUR_NS
_LASTS_NS = 6 * HOUR_NS
_FAR_C = 3.0


class _Room:
    """One room over a month, and what becomes of its sensor; every sixth or so drifts."""

    def __init__(self, rng: Random, span: Span) -> None:
        self._rng = rng
        self._usual_c, self._swing_c = rng.uniform(-3.0, 3.0), rng.uniform(1.0, 3.5)
        self._weekend_c = rng.choice((0.0, 0.0, 1.5))
        self._heated_c = rng.choice((0.0, 0.0, rng.uniform(-4.0, 4.0)))
        self._heated_ns = rng.randrange(span.start_ns, span.end_ns)
        self.drifts_ns: int | None = None
        self._a_day_c = rng.uniform(0.1, 0.3) * rng.choice((-1, 1))

    def drifts(self, span: Span) -> None:
        """It begins to drift early in what is judged."""
        self.drifts_ns = span.warm_ns + self._rng.randrange((span.end_ns - span.warm_ns) // 6)

    def value_c(self, at_ns: int) -> float:
        """What it says."""
        days = (at_ns - START_NS) / DAY_NS
        value_c = 14.0 + 0.15 * days + self._usual_c - self._swing_c * cos(tau * days)
        value_c += self._weekend_c * (int(days) % 7 >= 5)
        value_c += self._heated_c * (at_ns >= self._heated_ns)
        if self.drifts_ns is not None:
            value_c += self._a_day_c * max(0.0, (at_ns - self.drifts_ns) / DAY_NS)
        return round(value_c + self._rng.gauss(0.0, 0.3), 1)


def _draw(rng: Random, span: Span) -> World:
    table = alike(_ROOMS, kind="env", adapter="zb-1", interval="1 h")
    tape, rooms = Tape(table, rng), {name: _Room(rng, span) for name in _ROOMS}
    drifting = rng.sample(_ROOMS, 2)
    for name in drifting:
        rooms[name].drifts(span)
    for at_ns in range(span.start_ns, span.end_ns, _EVERY_NS):
        for name, room in rooms.items():
            tape.say(name, at_ns + rng.randrange(_EVERY_NS // 2), "temperature.c",
                     room.value_c(at_ns))  # fmt: skip
    labels = [
        Label("value_drift", name, rooms[name].drifts_ns or span.warm_ns, span.end_ns)
        for name in drifting
    ]
    missing = holes(rng, span, ["zb-1"], [_ROOMS[0]])
    return World(table, tape.readings(), tuple(labels), missing)


def _naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """More than 3 degrees from the mean of the others for 6 h: the buddy check of weather nets."""
    last: dict[str, float] = {}
    since: dict[str, int] = {}
    told: set[str] = set()
    for each in readings:
        if isinstance(each.value, str):
            continue
        last[each.device] = each.value
        others = [value for name, value in last.items() if name != each.device]
        if not others or abs(each.value - sum(others) / len(others)) <= _FAR_C:
            since.pop(each.device, None)
            told.discard(each.device)
            continue
        since_ns = since.setdefault(each.device, each.at_ns)
        if each.at_ns - since_ns >= _LASTS_NS and each.device not in told:
            told.add(each.device)
            yield Alarm(each.device, since_ns, each.received_ns)


SCENARIO = Scenario(
    name="drifts",
    rules=(
        Judged(
            "value_drift",
            Naive("over 3 degrees from the mean of the others for 6 h", _naive),
            within_ns=DAY_NS,
        ),
    ),
    draw=_draw,
    subjects=len(_ROOMS),
    a_worker=HOMES_A_WORKER,
    warmup_days=28,
)
