"""Sensors of a block: stuck ones, mad ones, ones whose battery runs down, one that was copied.

Rooms are warm by day and cool by night; cellars hardly change; a weak battery recovers on warm
days; a sensor is restarted now and then and numbers anew; meters of empty homes stand still.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from math import cos, tau
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.alike import alike
from simulators.evaluate.labelled.draws import Stretch, events, holes
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

_ROOMS = tuple(f"env-{n}" for n in range(8))
_CELLARS = ("cellar-1", "cellar-2")
_EVERY_NS = 30 * MINUTE_NS
_STEP_C = 0.1
_AT_NIGHT_NS = 4 * DAY_NS
"""So much sooner a battery is down to ten per cent in the cold of the night."""


def _draw(rng: Random, span: Span) -> World:
    table = alike((*_ROOMS, *_CELLARS), kind="env", adapter="zb-1", interval="30 min")
    tape, labels = Tape(table, rng), list[Label]()
    for name in _ROOMS:
        _Sensor(name, rng, span, swing_c=3.0, noise_c=0.1).put_on(tape, labels)
    for name in _CELLARS:
        _Sensor(name, rng, span, swing_c=0.25, noise_c=0.02).put_on(tape, labels)
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["zb-1"], [_ROOMS[0]]))


class _Sensor:
    """One sensor over a month, and what goes wrong with it."""

    def __init__(
        self, name: str, rng: Random, span: Span, *, swing_c: float, noise_c: float
    ) -> None:
        self._name, self._rng, self._span = name, rng, span
        self._swing_c, self._noise_c = swing_c, noise_c
        self._warm_c = rng.uniform(14.0, 24.0)
        self._stuck = events(rng, span, 1, (3.5 * 1_440, 9.0 * 1_440))
        self._mad = events(rng, span, 2, (20.0, 300.0))
        self._weak_ns = rng.randrange(span.start_ns, span.end_ns + 40 * DAY_NS)

    def put_on(self, tape: Tape, labels: list[Label]) -> None:
        """Everything that it says, and what is true of it."""
        rng, stuck_c = self._rng, 20.0
        phase_ns = rng.randrange(_EVERY_NS)
        for at_ns in range(self._span.start_ns + phase_ns, self._span.end_ns, _EVERY_NS):
            if rng.random() < 0.0005:
                tape.restart(self._name)
            value_c = self._value_c(at_ns)
            if not _within(self._stuck, at_ns):
                stuck_c = value_c
            mad = _within(self._mad, at_ns) and rng.random() < 0.5
            value_c = rng.choice((-127.0, 850.0, 6_553.5)) if mad else value_c
            tape.say(self._name, at_ns, "temperature.c", stuck_c if not mad else value_c)
            if at_ns % (6 * HOUR_NS) < _EVERY_NS:
                tape.say(self._name, at_ns, "battery.pct", self._battery_pct(at_ns))
        labels += [Label("value_frozen", self._name, *each) for each in self._stuck]
        labels += [Label("value_impossible", self._name, *each) for each in self._mad]
        weak_ns = self._weak_ns - _AT_NIGHT_NS
        if self._span.warm_ns < weak_ns < self._span.end_ns - DAY_NS:
            labels.append(Label("battery_weak", self._name, weak_ns, self._span.end_ns))

    def _value_c(self, at_ns: int) -> float:
        of_day = (at_ns - START_NS) % DAY_NS / DAY_NS
        value_c = (
            self._warm_c - self._swing_c * cos(tau * of_day) + self._rng.gauss(0.0, self._noise_c)
        )
        return round(round(value_c / _STEP_C) * _STEP_C, 1)

    def _battery_pct(self, at_ns: int) -> float:
        """It loses a fifth of a per cent a day, and some at night; 10 % at `weak_ns`."""
        days = (self._weak_ns - at_ns) / DAY_NS
        of_day = (at_ns - START_NS) % DAY_NS / DAY_NS
        pct = 10.0 + 0.5 * days - 1.5 * (1 + cos(tau * of_day)) / 2
        return round(min(100.0, max(1.0, pct)))


def _within(stretches: Iterable[Stretch], at_ns: int) -> bool:
    return any(each.start_ns <= at_ns < each.end_ns for each in stretches)


def _frozen_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """The same value for six hours: the persistence test of quality control of weather data."""
    since: dict[str, tuple[float | str, int]] = {}
    told: set[str] = set()
    for each in readings:
        if each.channel != "temperature.c":
            continue
        value, since_ns = since.get(each.device, ("", 0))
        if value != each.value:
            since[each.device] = (each.value, each.at_ns)
            told.discard(each.device)
        elif each.at_ns - since_ns >= 6 * HOUR_NS and each.device not in told:
            told.add(each.device)
            yield Alarm(each.device, since_ns, each.received_ns)


def _impossible_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """A step of more than 3 degrees from one value to the next: the step test beside it."""
    last: dict[str, float] = {}
    for each in readings:
        if each.channel == "temperature.c" and not isinstance(each.value, str):
            if abs(each.value - last.get(each.device, each.value)) > 3.0:
                yield Alarm(each.device, each.at_ns, each.received_ns)
            last[each.device] = each.value


def _battery_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Below 10 %, each time that it comes to be: one line of any dashboard's alarm rules."""
    values: defaultdict[str, deque[float]] = defaultdict(lambda: deque([100.0], maxlen=1))
    for each in readings:
        if each.channel == "battery.pct" and not isinstance(each.value, str):
            before = values[each.device][-1]
            values[each.device].append(each.value)
            if each.value < 10.0 <= before:
                yield Alarm(each.device, each.at_ns, each.received_ns)


_RULES: Sequence[Judged] = (
    Judged("value_frozen", Naive("one value for 6 h", _frozen_naive), within_ns=6 * HOUR_NS),
    Judged("value_impossible", Naive("a step of more than 3 degrees", _impossible_naive),
           within_ns=6 * HOUR_NS),
    Judged("battery_weak", Naive("each time below 10 %", _battery_naive), within_ns=DAY_NS),
)  # fmt: skip
SCENARIO = Scenario(
    name="instruments",
    rules=tuple(_RULES),
    draw=_draw,
    subjects=len(_ROOMS + _CELLARS),
    a_worker=HOMES_A_WORKER,
    warmup_days=3,
)
