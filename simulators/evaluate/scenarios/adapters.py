"""Adapters that go down and come back: a gateway's power, its SIM card, a restart of a minute.

Behind each hang sensors of one kind: some speak every few minutes, some only once an hour, and the
edge loses its own link besides, which is no adapter's fault.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import attrgetter
from random import Random

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import events, holes, over_days, sparing
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    Alarm,
    Hole,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    Where,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_EVERY_NS = {"dtu-1": 15 * MINUTE_NS, "zb-1": 5 * MINUTE_NS, "zb-2": 10 * MINUTE_NS,
             "nb-1": HOUR_NS}  # fmt: skip
_BEHIND = 3
_HOMES = 16
_OUTAGE_NS = 5 * MINUTE_NS
"""A shorter one is a restart, of which nobody need hear."""
_INACTIVE_NS = 10 * MINUTE_NS


def _draw(rng: Random, span: Span) -> World:
    devices = {f"{name}-{i}": name for name in _EVERY_NS for i in range(_BEHIND)}
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u01", "building": "b01"}],
        "adapter": [{"id": name} for name in _EVERY_NS],
        "device": [
            {"id": device, "kind": "env", "unit": "u01", "adapter": name}
            for device, name in devices.items()
        ],
    }
    tape = Tape(table, rng)
    for device, name in devices.items():
        every_ns = _EVERY_NS[name]
        for due_ns in range(span.start_ns, span.end_ns - every_ns, every_ns):
            if rng.random() >= 0.02:
                at_ns = due_ns + rng.randrange(every_ns // 4)
                tape.say(device, at_ns, "env.temp", round(rng.uniform(5.0, 30.0), 1))
    down = [hole for name in _EVERY_NS for hole in _outages(rng, span, name)]
    labels = [
        Label("adapter_down", hole.name, hole.start_ns, hole.end_ns)
        for hole in down
        if hole.end_ns - hole.start_ns > _OUTAGE_NS
    ]
    missing = sorted((*holes(rng, span), *down), key=attrgetter("start_ns"))  # boots count on
    return World(table, tape.readings(), tuple(labels), tuple(missing))


def _outages(rng: Random, span: Span, name: str) -> Iterator[Hole]:
    """Yield outages of six minutes to a day, and restarts of seconds to minutes among them."""
    real = events(rng, span, 4, (6.0, 24 * 60.0))
    for each in real:
        yield Hole(Where.ADAPTER, *each, name, keeps=rng.random() < 0.5)
    restarts = (at_ns for at_ns in over_days(rng, span, 0.5) if at_ns > span.warm_ns)
    for at_ns in sparing(restarts, real):
        length_ns = int(rng.uniform(5.0, 280.0) * SECOND_NS)
        yield Hole(Where.ADAPTER, at_ns, at_ns + length_ns, name, keeps=True)


def _all_inactive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """None of its devices heard for ten minutes, `DEFAULT_INACTIVITY_TIMEOUT` of ThingsBoard.

    Of devices that speak less often three intervals, as whoever has been woken by it sets it.
    """
    heard_ns: defaultdict[str, int] = defaultdict(int)
    told: set[str] = set()
    for each in readings:
        for name, at_ns in heard_ns.items():
            patience_ns = max(_INACTIVE_NS, 3 * _EVERY_NS[name])
            if each.received_ns - at_ns > patience_ns and name not in told:
                told.add(name)
                yield Alarm(name, at_ns, at_ns + patience_ns)
        name = each.device.rpartition("-")[0]
        heard_ns[name] = each.received_ns
        told.discard(name)


SCENARIO = Scenario(
    name="adapters",
    rules=(
        Judged(
            "adapter_down", Naive("all behind it inactive for 10 min or 3 intervals", _all_inactive)
        ),
    ),
    draw=_draw,
    subjects=len(_EVERY_NS),
    a_worker=HOMES_A_WORKER / _HOMES,
    warmup_days=1,
)
