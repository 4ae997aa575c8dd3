"""Pictures of no use, and lifts that break down again and again.

Cameras go dark for minutes when lamps are switched, and are blurred while they are cleaned; lifts
are maintained, stop for an hour now and then, and say at once that people are in and that they
are out of service.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes, over_days, scale, sparing
from simulators.evaluate.labelled.scenario import (
    ENTRANCES_A_WORKER,
    Alarm,
    Judged,
    Label,
    Naive,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_CAMERAS = tuple(f"cam-{number}" for number in range(6))
_LIFTS = tuple(f"lift-{number}" for number in range(6))
_VIEWS = ("black", "frozen", "blurred", "covered", "moved")
_REPEAT_NS = 20 * MINUTE_NS
_OFTEN = 3


def _table() -> dict[str, object]:
    devices = [{"id": name, "kind": "cam", "unit": "hall", "adapter": "nvr-1"} for name in _CAMERAS]
    devices += [{"id": name, "kind": "lift", "unit": "hall", "adapter": "iot-1"} for name in _LIFTS]
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "hall", "building": "b01"}],
        "adapter": [{"id": "nvr-1"}, {"id": "iot-1"}],
        "device": devices,
    }


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape, labels = Tape(table, rng), list[Label]()
    for name in _CAMERAS:
        real = events(rng, span, 2, (30.0, 2_000.0))
        for each in real:
            _look(tape, name, rng.choice(_VIEWS), each)
            labels.append(Label("camera_view", name, *each))
        for at_ns in sparing(over_days(rng, span, 1.0, (0.0, 23.9)), _widened(real)):
            spell = Stretch(at_ns, at_ns + int(scale(rng, (0.5, 8.0)) * MINUTE_NS))
            _look(tape, name, rng.choice(("black", "blurred")), spell)
    for name in _LIFTS:
        labels += _lift(tape, name, rng, span)
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["nvr-1", "iot-1"]))


def _widened(stretches: Iterable[Stretch]) -> list[Stretch]:
    return [Stretch(start_ns - HOUR_NS, end_ns + HOUR_NS) for start_ns, end_ns in stretches]


def _look(tape: Tape, name: str, word: str, stretch: Stretch) -> None:
    """The recorder says what is wrong, again and again, and that it is over."""
    for at_ns in range(stretch.start_ns, stretch.end_ns, _REPEAT_NS):
        tape.say(name, at_ns, f"cam.{word}", word)
    tape.say(name, stretch.end_ns, f"cam.{word}", "clear")


def _lift(tape: Tape, name: str, rng: Random, span: Span) -> Iterator[Label]:
    """A month of one lift: most are in order, some break down again and again."""
    faults = events(rng, span, rng.choice((0, 0, 1, 1, 2, 5, 7)), (90.0, 900.0), DAY_NS)
    for each in faults:
        if rng.random() < 0.3:
            tape.say(name, each.start_ns, "lift.trapped", "trapped")
            tape.say(name, each.start_ns + 20 * MINUTE_NS, "lift.trapped", "clear")
        for at_ns in range(each.start_ns + 10 * SECOND_NS, each.end_ns, _REPEAT_NS):
            tape.say(name, at_ns, "lift.state", "out_of_service")
        tape.say(name, each.end_ns, "lift.state", "normal")
    for at_ns in sparing(over_days(rng, span, 0.15, (8.0, 16.0)), _widened(faults)):
        tape.say(name, at_ns, "lift.state", "maintenance")
        tape.say(name, at_ns + int(rng.uniform(20.0, 50.0)) * MINUTE_NS, "lift.state", "normal")
    if len(faults) >= _OFTEN:
        yield Label("lift_repeat_fault", name, faults[_OFTEN - 1].start_ns, span.end_ns)


def _view_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Each message of a recorder that a picture is wrong is an alarm: how they send mail."""
    channels = {f"cam.{word}": word for word in _VIEWS}
    for each in readings:
        if channels.get(each.channel, "") == each.value:
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _lift_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Three words of a fault within 30 days: a counter over the log, as a report has it."""
    words: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_OFTEN))
    for each in readings:
        if each.value in {"out_of_service", "trapped"}:
            kept = words[each.device]
            kept.append(each.at_ns)
            if len(kept) == _OFTEN and each.at_ns - kept[0] < 30 * DAY_NS:
                kept.clear()
                yield Alarm(each.device, each.at_ns, each.received_ns)


_RULES: Sequence[Judged] = (
    Judged("camera_view", Naive("each message that a picture is wrong", _view_naive)),
    Judged("lift_repeat_fault", Naive("three words of a fault in 30 days", _lift_naive)),
)
SCENARIO = Scenario(
    name="pictures",
    rules=tuple(_RULES),
    draw=_draw,
    subjects=len(_CAMERAS),
    a_worker=ENTRANCES_A_WORKER,
    warmup_days=1,
)
