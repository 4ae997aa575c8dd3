"""Real homes, their real holes included, into which leaks, open taps and bursts are laid.

The registers are those of the shipped extract, moved to the site's Monday. Nobody wrote down which
of these homes really leaked: what the rules find in the water as it was counts as false.
"""

from functools import cache
from random import Random

from edge.reading import DAY_NS, HOUR_NS
from simulators.evaluate.labelled.draws import events, holes, scale
from simulators.evaluate.labelled.household import Flow
from simulators.evaluate.labelled.naive_water import every_half_hour, over_a_day
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    Judged,
    Label,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape
from simulators.evaluate.silences import plausible
from simulators.households import EXTRACT, Series, moment_ns, read

_HOMES = 8
_KINDS = {
    "leak_slow": ((24 * 60.0, 8 * 24 * 60.0), (5.0, 50.0)),
    "water_running": ((200.0, 600.0), (150.0, 600.0)),
    "water_burst": ((60.0, 120.0), (1_000.0, 2_800.0)),
}
"""For how many minutes, at how many litres an hour."""


@cache
def _series() -> dict[str, Series]:
    return {name: plausible(series) for name, series in read(EXTRACT).items()}


def _draw(rng: Random, span: Span) -> World:
    homes = _series()
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": home, "building": "b01", "leaks": {}} for home in homes],
        "adapter": [{"id": "dtu-1"}],
        "device": [
            {"id": f"wm-{home}", "kind": "water", "unit": home, "adapter": "dtu-1"}
            for home in homes
        ],
    }
    tape, labels = Tape(table, rng), list[Label]()
    for home, series in homes.items():
        rule = rng.choice(list(_KINDS))
        minutes, l_per_h = _KINDS[rule]
        laid = events(rng, span, 2, minutes, apart_ns=6 * DAY_NS)
        labels += [Label(rule, home, each.start_ns, each.end_ns) for each in laid]
        extra = [Flow.at(each, scale(rng, l_per_h)) for each in laid]
        _say(tape, f"wm-{home}", span, series, extra)
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["dtu-1"]))


def _say(tape: Tape, device: str, span: Span, series: Series, extra: list[Flow]) -> None:
    """The real register, and upon it what was laid into the home until then."""
    first_ns = series[0].at_ns
    monday_ns = first_ns - (first_ns - moment_ns("2016-02-29T00:00:00")) % (7 * DAY_NS)
    for sample in series:
        at_ns = sample.at_ns - monday_ns + span.start_ns
        if at_ns < span.end_ns:
            laid_l = sum(flow.until(at_ns) for flow in extra)
            tape.say(device, at_ns, "water.total", (sample.litres + int(laid_l)) / 1000)


SCENARIO = Scenario(
    name="real_homes",
    rules=(
        Judged("leak_slow", every_half_hour(), within_ns=24 * HOUR_NS),
        Judged("water_running", over_a_day(1_000), within_ns=3 * HOUR_NS),
        Judged("water_burst", over_a_day(2_000), within_ns=3 * HOUR_NS),
    ),
    draw=_draw,
    subjects=_HOMES,
    a_worker=HOMES_A_WORKER,
)
