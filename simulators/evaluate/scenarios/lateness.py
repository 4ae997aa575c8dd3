"""Meters whose messages come late: a radio that gives up, a gateway that hoards, or just a bad day.

Most are on time; some come late now and then, as a car stands before the antenna; what an adapter
kept while it was down comes afterwards and is nobody's fault. A radio that ages is late by hours,
on most days, and by more each week.
"""

from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.alike import alike
from simulators.evaluate.labelled.draws import holes, scale
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

_METERS = tuple(f"wm-{n:02d}" for n in range(24))
_FAILING = 4
_EVERY_NS = HOUR_NS


def _draw(rng: Random, span: Span) -> World:
    table = alike(_METERS, kind="water", adapter="lora-1", interval="1 h")
    tape, labels = Tape(table, rng), list[Label]()
    failing = set(rng.sample(_METERS, _FAILING))
    for name in _METERS:
        ages_ns = span.warm_ns + rng.randrange((span.end_ns - span.warm_ns) // 2)
        if name in failing:
            labels.append(Label("device_late", name, ages_ns, span.end_ns))
        _meter(tape, name, rng, span, ages_ns if name in failing else None)
    missing = holes(rng, span, ["lora-1"], [_METERS[0]])
    return World(table, tape.readings(), tuple(labels), missing)


def _meter(tape: Tape, name: str, rng: Random, span: Span, ages_ns: int | None) -> None:
    """One meter: each day on time or not; from `ages_ns` on it mostly is not."""
    register_m3 = rng.uniform(10.0, 500.0)
    for day_ns in range(span.start_ns, span.end_ns, DAY_NS):
        aged_d = 0.0 if ages_ns is None else max(0.0, (day_ns - ages_ns) / DAY_NS)
        bad = rng.random() < (0.7 if aged_d else 0.03)
        bad_from_ns = day_ns + rng.randrange(DAY_NS // 2)
        lag_h = scale(rng, (2.5, 6.0 + aged_d / 3)) if bad else 0.0
        for at_ns in range(day_ns, day_ns + DAY_NS, _EVERY_NS):
            register_m3 += 0.008 * rng.random() * (6 <= (at_ns - day_ns) / HOUR_NS < 23)
            late = at_ns >= bad_from_ns and bad and rng.random() < 0.6
            lag_s = lag_h * rng.uniform(0.6, 1.2) * HOUR_NS / SECOND_NS if late else 0.0
            tape.say(name, at_ns + rng.randrange(5 * MINUTE_NS), "water.total",
                     round(register_m3, 3), lag_s=lag_s)  # fmt: skip


def _naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """A message older than an hour when it comes, once a day: what a dashboard's data age shows."""
    told: dict[str, int] = {}
    for each in readings:
        late = each.received_ns - each.at_ns > HOUR_NS
        if late and each.received_ns - told.get(each.device, 0) >= DAY_NS:
            told[each.device] = each.received_ns
            yield Alarm(each.device, each.at_ns, each.received_ns)


SCENARIO = Scenario(
    name="lateness",
    rules=(
        Judged("device_late", Naive("a message older than an hour", _naive), within_ns=2 * DAY_NS),
    ),
    draw=_draw,
    subjects=len(_METERS),
    a_worker=HOMES_A_WORKER,
    warmup_days=7,
)
