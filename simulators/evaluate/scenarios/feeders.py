"""Two risers of three phases: hot evenings that overload them, and phases that go apart.

A feeder's own time constant is drawn and not known to anybody; what is too much is what warms it
beyond its rating. Motors start, kettles boil, some days are warmer than others.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import exp, pi, sin
from random import Random

from edge.overload import warmed
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, at_hours, events, holes
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

_RATING_A = {"em-1": 63.0, "em-2": 100.0}
_HOMES = 24
_STEP_NS = 5 * MINUTE_NS
_PHASES = ("elec.current", "elec.current.b", "elec.current.c")
_LEAD_NS = 2 * HOUR_NS
_CALM = 0.9
Amps = tuple[float, float, float]
Course = list[tuple[int, Amps]]


def _draw(rng: Random, span: Span) -> World:
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "b01-shaft", "building": "b01"}],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": name, "kind": "elec", "unit": "b01-shaft", "adapter": "dtu-1",
             "interval": "5 min", "feeder": {"rating_a": rating_a, "phases": 3}}
            for name, rating_a in _RATING_A.items()
        ],
    }  # fmt: skip
    tape, labels = Tape(table, rng), list[Label]()
    for name, rating_a in _RATING_A.items():
        feeder = _Feeder(rng, span, rating_a)
        course = feeder.course(span)
        labels += _overloads(name, feeder.lasting, rating_a, rng.uniform(15.0, 30.0))
        labels += [Label("feeder_imbalance", name, *each) for each in feeder.uneven]
        for at_ns, amps in course:
            for channel, amp in zip(_PHASES, amps, strict=True):
                tape.say(name, at_ns, channel, round(amp, 2))
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["dtu-1"], _RATING_A))


class _Feeder:
    """A month of one feeder: its days, its hot evenings, its uneven hours."""

    def __init__(self, rng: Random, span: Span, rating_a: float) -> None:
        self._rng, self._rating_a = rng, rating_a
        self.lasting: Course = []
        hot = events(rng, span, 7, (90.0, 360.0), apart_ns=20 * HOUR_NS)
        self._hot = [(at_hours(rng, each, (17.0, 20.0)), rng.uniform(0.15, 0.5), rng.random() < 0.7)
                     for each in hot]  # fmt: skip
        uneven = events(rng, span, 5, (120.0, 900.0), apart_ns=20 * HOUR_NS)
        hours = [at_hours(rng, each, (6.0, 9.0)) for each in uneven]
        self.uneven = [a for a, b in pairwise([*hours, Stretch(span.end_ns, span.end_ns)])
                       if a.end_ns < min(b.start_ns, span.end_ns)]  # fmt: skip
        self._most = {each: rng.uniform(0.35, 0.6) for each in self.uneven}

    def course(self, span: Span) -> Course:
        """The currents of the phases every five minutes; `lasting` are those without the motors.

        A motor is seen for the five minutes of a sample, and warms nothing in the seconds it takes
        to start.
        """
        made: Course = []
        noise, day = [0.0, 0.0, 0.0], -1
        warmth = 1.0
        for at_ns in range(span.start_ns, span.end_ns, _STEP_NS):
            if (at_ns - span.start_ns) // (24 * HOUR_NS) != day:
                day += 1
                warmth = self._rng.gauss(1.0, 0.06)
            noise = [0.85 * each + self._rng.gauss(0.0, 0.012) for each in noise]
            load = warmth * _usual(hour_of_day(at_ns)) + self._extra(at_ns)
            shares = [load + each + 0.12 * (self._rng.random() < 0.03) for each in noise]
            shares[0] += self._uneven(at_ns)
            self.lasting.append((at_ns, self._amps(shares)))
            made.append((at_ns, self._amps([each + self._start() for each in shares])))
        return made

    def _amps(self, shares: list[float]) -> Amps:
        a, b, c = (self._rating_a * max(0.02, share) for share in shares)
        return a, b, c

    def _extra(self, at_ns: int) -> float:
        """Air conditioners on a hot evening: for most of an hour they come on one by one."""
        for stretch, height, slow in self._hot:
            if stretch.start_ns <= at_ns < stretch.end_ns:
                hours = (at_ns - stretch.start_ns) / HOUR_NS
                return height * (1 - exp(-hours / (0.8 if slow else 0.05)))
        return 0.0

    def _uneven(self, at_ns: int) -> float:
        for stretch in self.uneven:
            if stretch.start_ns <= at_ns < stretch.end_ns:
                return self._most[stretch]
        return 0.0

    def _start(self) -> float:
        """A lift or a pump starts just then."""
        return self._rng.uniform(0.5, 1.5) if self._rng.random() < 0.002 else 0.0


def _usual(hour: float) -> float:
    """The part of the rating that is used: little at night, most in the evening."""
    evening = exp(-(((hour - 20.0) / 2.5) ** 2))
    return 0.25 + 0.1 * max(0.0, sin((hour - 6) / 12 * pi)) + 0.4 * evening


def _overloads(name: str, course: Course, rating_a: float, warms_min: float) -> Iterator[Label]:
    """Yield when it truly is too warm, from when the load went above the rating, and the lead."""
    warmth, above_ns, over, last = 0.0, 0, False, 0.0
    for at_ns, amps in course:
        load = max(amps) / rating_a
        warmth = warmed(warmth, (last, load), _STEP_NS / MINUTE_NS / warms_min)
        last = load
        if load < _CALM and warmth < 1:
            if over:
                yield Label("feeder_overload", name, above_ns, at_ns)
            above_ns, over = 0, False
        elif load > 1 and not above_ns:
            above_ns = at_ns
        if warmth >= 1 and not over:
            over = True
            yield Label("feeder_overload_ahead", name, at_ns - _LEAD_NS, at_ns)


def _three(readings: Iterable[Reading]) -> Iterator[tuple[Reading, list[float]]]:
    """Yield the currents of all phases with the reading that completes them."""
    heard: dict[str, dict[str, Reading]] = {}
    for each in readings:
        phases = heard.setdefault(each.device, {})
        phases[each.channel] = each
        amps = [float(phase.value) for phase in phases.values() if phase.at_ns == each.at_ns]
        if len(amps) == len(_PHASES):
            yield each, amps


def _once(moments: Iterable[tuple[Reading, bool]]) -> Iterator[Alarm]:
    """Yield an alarm when it becomes so: `numeric_state` of Home Assistant, without `for`."""
    told: set[str] = set()
    for each, so in moments:
        if not so:
            told.discard(each.device)
        elif each.device not in told:
            told.add(each.device)
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _above_rating(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Any phase above the rating, at once."""
    return _once((each, max(amps) > _RATING_A[each.device]) for each, amps in _three(readings))


def _four_fifths(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Four fifths of the rating: by NEC 215.3 a feeder's breaker is 1.25 of a continuous load."""
    return _once(
        (each, max(amps) > 0.8 * _RATING_A[each.device]) for each, amps in _three(readings)
    )


def _apart(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Phases apart by 15 % of the largest, which the State Grid is said to allow at transformers.

    Quoted as of Q/GDW 1519, whose text was not at hand.
    """
    return _once(
        (each, max(amps) - min(amps) > 0.15 * max(amps)) for each, amps in _three(readings)
    )


SCENARIO = Scenario(
    name="feeders",
    rules=(
        Judged("feeder_overload", Naive("a reading above the rating", _above_rating),
               within_ns=30 * MINUTE_NS),
        Judged("feeder_overload_ahead", Naive("a reading above 80 % of the rating", _four_fifths),
               within_ns=30 * SECOND_NS),
        Judged("feeder_imbalance", Naive("phases 15 % apart", _apart), within_ns=30 * MINUTE_NS),
    ),
    draw=_draw,
    subjects=len(_RATING_A),
    a_worker=HOMES_A_WORKER / _HOMES,
    warmup_days=10,
)  # fmt: skip
