"""Two risers, each with a bulk meter and twelve homes: pipes in the shaft leak, and cisterns do.

Homes use water by their own hours, have guests and go away; a home reports each hour, at a minute
of its own, and registers round to a litre, the bulk meter's to ten.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import exp
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes
from simulators.evaluate.labelled.naive import hour_of_day
from simulators.evaluate.labelled.scenario import (
    HOMES_A_WORKER,
    START_NS,
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

_RISERS = ("r1", "r2")
_HOMES = 12
_STEP_NS = 15 * MINUTE_NS
_WARMUP_DAYS = 14
_DAY_MIN = 24 * 60.0


def _table() -> dict[str, object]:
    homes = [(riser, home) for riser in _RISERS for home in range(_HOMES)]
    units = [
        {"code": f"{riser}-{home}", "building": "b01", "riser": riser} for riser, home in homes
    ]
    bulks = [
        {"code": _bulk(riser), "building": "b01", "riser": riser, "bulk": {"complete": True}}
        for riser in _RISERS
    ]
    meters = [
        {"id": f"wm-{riser}-{home}", "kind": "water", "unit": f"{riser}-{home}", "adapter": "c-1",
         "interval": "1 h", "resolution_m3": 0.001}
        for riser, home in homes
    ] + [
        {"id": f"wm-{_bulk(riser)}", "kind": "water", "unit": _bulk(riser), "adapter": "c-1",
         "interval": "15 min", "resolution_m3": 0.01, "q_max_m3h": 25}
        for riser in _RISERS
    ]  # fmt: skip
    adapters = [{"id": "c-1"}]
    return {"version": 1, "site": "s01", "unit": [*units, *bulks], "adapter": adapters,
            "device": meters}  # fmt: skip


def _bulk(riser: str) -> str:
    return f"{riser}-main"


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape, labels = Tape(table, rng), list[Label]()
    for riser in _RISERS:
        shaft = [(each, rng.uniform(25.0, 90.0)) for each in _leaks(rng, span, 2)]
        inside = [(each, rng.uniform(10.0, 45.0)) for each in _leaks(rng, span, 2)]
        labels += [Label("riser_balance", _bulk(riser), *each) for each, _ in shaft]
        labels += [Label("night_flow", _bulk(riser), *each) for each in _joined(shaft + inside)]
        homes = [_Home(rng, span, inside if home == 0 else []) for home in range(_HOMES)]
        _put_on(tape, riser, homes, shaft, span)
    bulks = [f"wm-{_bulk(riser)}" for riser in _RISERS]
    gone = (*holes(rng, span, ["c-1"], bulks), *_dead(rng, span))
    return World(table, tape.readings(), tuple(labels), gone)


def _dead(rng: Random, span: Span) -> Iterator[Hole]:
    """Yield the days in which a home's meter has lost its radio, or its battery was flat."""
    for riser in _RISERS:
        for home in rng.sample(range(_HOMES), 2):
            for days in events(rng, span, 1, (0.5 * _DAY_MIN, 5 * _DAY_MIN)):
                yield Hole(Where.DEVICE, *days, f"wm-{riser}-{home}")


def _leaks(rng: Random, span: Span, count: int) -> list[Stretch]:
    return events(rng, span, count, (4 * _DAY_MIN, 9 * _DAY_MIN), apart_ns=6 * DAY_NS)


def _joined(leaks: list[tuple[Stretch, float]]) -> Iterator[Stretch]:
    """Yield the times in which something leaks; the night does not tell two leaks from one."""
    last: Stretch | None = None
    for each, _ in sorted(leaks):
        if last is not None and each.start_ns <= last.end_ns + 2 * DAY_NS:
            last = Stretch(last.start_ns, max(last.end_ns, each.end_ns))
        else:
            if last is not None:
                yield last
            last = each
    if last is not None:
        yield last


class _Home:
    """What one home uses in each quarter of an hour, and when in the hour its meter reports."""

    def __init__(self, rng: Random, span: Span, leaks: list[tuple[Stretch, float]]) -> None:
        self._rng, self._leaks = rng, leaks
        self.minute_ns = rng.randrange(HOUR_NS // _STEP_NS) * _STEP_NS
        self.register_l = rng.uniform(0.0, 90_000.0)
        self._l_a_day = rng.uniform(120.0, 450.0)
        self._late_h = rng.gauss(0.0, 1.2)
        self._away = events(rng, span, 1, (_DAY_MIN, 6 * _DAY_MIN)) if rng.random() < 0.3 else []
        self._guests = events(rng, span, 1, (_DAY_MIN, 8 * _DAY_MIN)) if rng.random() < 0.3 else []

    def live(self, at_ns: int) -> float:
        """The litres of the quarter of an hour up to `at_ns`."""
        used_l = _flows(self._leaks, at_ns)
        if not _in(self._away, at_ns):
            wish = self._l_a_day * _usual(hour_of_day(at_ns) - self._late_h)
            wish *= 1.6 if _in(self._guests, at_ns) else 1.0
            if self._rng.random() < min(1.0, wish / 12.0):
                used_l += max(12.0, wish) * self._rng.uniform(0.4, 1.6)
        self.register_l += used_l
        return used_l


def _usual(hour: float) -> float:
    """The part of a day's use in a quarter of an hour: morning, evening, and a little by night."""
    peaks = exp(-(((hour - 7.5) / 1.5) ** 2)) + 1.3 * exp(-(((hour - 19.5) / 2.2) ** 2))
    return (0.08 + peaks) / 42.0


def _in(stretches: Iterable[Stretch], at_ns: int) -> bool:
    return any(each.start_ns <= at_ns < each.end_ns for each in stretches)


def _flows(leaks: Iterable[tuple[Stretch, float]], at_ns: int) -> float:
    """The litres that leak in a quarter of an hour."""
    return sum(l_per_h / 4 for each, l_per_h in leaks if each.start_ns <= at_ns < each.end_ns)


def _put_on(
    tape: Tape,
    riser: str,
    homes: list[_Home],
    shaft: list[tuple[Stretch, float]],
    span: Span,
) -> None:
    bulk_l = 0.0
    for at_ns in range(span.start_ns, span.end_ns, _STEP_NS):
        bulk_l += sum(home.live(at_ns) for home in homes) + _flows(shaft, at_ns)
        tape.say(f"wm-{_bulk(riser)}", at_ns, "water.total", bulk_l // 10 / 100)
        for number, home in enumerate(homes):
            if at_ns % HOUR_NS == home.minute_ns:
                register_m3 = home.register_l // 1 / 1_000
                tape.say(f"wm-{riser}-{number}", at_ns, "water.total", register_m3)


def _daily_loss(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """At noon, more than a tenth of the bulk's last day missing, by the last registers heard.

    CJJ 92-2016, 5.1.2, rates a utility that loses no more than that in its network as grade one.
    """
    noon: dict[str, dict[str, float]] = defaultdict(dict)
    now: dict[str, dict[str, float]] = defaultdict(dict)
    day, told = 0, set[str]()
    for each in readings:
        today = (each.received_ns - START_NS - DAY_NS // 2) // DAY_NS
        if today > day:
            day = today
            for riser, registers in now.items():
                used = {name: m3 - noon[riser].get(name, m3) for name, m3 in registers.items()}
                bulk_m3 = used.pop(f"wm-{_bulk(riser)}", 0.0)
                if not bulk_m3 - sum(used.values()) > 0.1 * bulk_m3:
                    told.discard(riser)
                elif riser not in told:
                    told.add(riser)
                    yield Alarm(_bulk(riser), each.received_ns - DAY_NS, each.received_ns)
                noon[riser] = dict(registers)
        now[each.device.split("-")[1]][each.device] = float(each.value)


def _night_use(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """In the morning, from 02:00 to 05:00 half as much again as in the last seven nights' mean."""
    began: dict[str, float] = {}
    nights: dict[str, list[float]] = defaultdict(list)
    told: set[str] = set()
    for each in readings:
        riser, hour = each.unit, hour_of_day(each.at_ns)
        if not riser.endswith("main"):
            continue
        if 2.0 <= hour < 2.25:
            began[riser] = float(each.value)
        elif hour >= 5.0 and riser in began:
            used_m3, usual = float(each.value) - began.pop(riser), nights[riser][-7:]
            if len(usual) == 7 and used_m3 > 1.5 * sum(usual) / 7:
                if riser not in told:
                    told.add(riser)
                    yield Alarm(riser, each.received_ns - 3 * HOUR_NS, each.received_ns)
            else:
                told.discard(riser)
            nights[riser].append(used_m3)


SCENARIO = Scenario(
    name="risers",
    rules=(
        Judged("riser_balance", Naive("a tenth of the day's bulk missing", _daily_loss),
               within_ns=3 * DAY_NS),
        Judged("night_flow", Naive("half as much again as the last seven nights", _night_use),
               within_ns=3 * DAY_NS),
    ),
    draw=_draw,
    subjects=len(_RISERS),
    a_worker=HOMES_A_WORKER / _HOMES,
    warmup_days=_WARMUP_DAYS,
)  # fmt: skip
