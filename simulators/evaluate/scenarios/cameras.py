"""Cameras of an estate behind one recorder: dead ones, loose cables, starved ones, blinded ones.

They are restarted at night, lose a picture or two, give fewer pictures in the dark; the recorder
says their state whenever it changes and every ten minutes; a caretaker uses the roof door.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from random import Random

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, events, holes, over_days, scale, sparing
from simulators.evaluate.labelled.naive import hour_of_day
from simulators.evaluate.labelled.scenario import (
    ENTRANCES_A_WORKER,
    Alarm,
    Judged,
    Label,
    Naive,
    Point,
    Scenario,
    Span,
    World,
)
from simulators.evaluate.labelled.tape import Tape

_USUAL_FPS = {"cam-1": 25.0, "cam-2": 15.0, "cam-3": 25.0, "cam-4": 8.0}
_AT_NIGHT = {"cam-1": 0.5, "cam-2": 1.0, "cam-3": 0.4, "cam-4": 0.8}
_ROOF = "roof-1"
_FPS_EVERY_NS = 3 * MINUTE_NS
_STATE_EVERY_NS = 10 * MINUTE_NS
Down = Stretch


def _table() -> dict[str, object]:
    cams = [
        {"id": name, "kind": "cam", "unit": "b01-hall", "adapter": "nvr-1"} for name in _USUAL_FPS
    ]
    terms = {"hours": "08:00-18:00", "reported": True}
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "b01-hall", "building": "b01"}],
        "adapter": [{"id": "nvr-1"}],
        "device": [*cams, {"id": _ROOF, "kind": "door", "unit": "b01-hall", "door": terms}],
    }


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape, labels = Tape(table, rng), list[Label]()
    opened_ns = sorted(over_days(rng, span, 1.5, (8.5, 17.5)))
    for name in _USUAL_FPS:
        camera = _Camera(name, rng, span)
        labels += camera.labels
        opened_ns += camera.tried_ns
        camera.put_on(tape)
    for at_ns in sorted(opened_ns):
        tape.say(_ROOF, at_ns - 3 * SECOND_NS, "door.access", "granted")
        tape.say(_ROOF, at_ns, "door.contact", "open")
        tape.say(_ROOF, at_ns + 10 * SECOND_NS, "door.contact", "closed")
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["nvr-1"]))


class _Camera:
    """One camera's month: when it was down, when it starved, and what of it matters."""

    def __init__(self, name: str, rng: Random, span: Span) -> None:
        self._name, self._rng, self._span = name, rng, span
        self.labels: list[Label] = []
        self.tried_ns: list[int] = []
        self._downs: list[Down] = []
        self._starved: list[Stretch] = []
        happens = (self._dies, self._flaps, self._starves, self._is_blinded)
        real = events(rng, span, 8, (20.0, 600.0), apart_ns=6 * HOUR_NS)
        for each in real:
            rng.choice(happens)(each)
        for at_ns in sparing(over_days(rng, span, 0.3, (2.0, 4.0)), real):
            self._restarts(at_ns)

    def put_on(self, tape: Tape) -> None:
        """Say it all, as the recorder does."""
        said = [(each.start_ns, "cam.state", "down") for each in self._downs]
        said += [(each.end_ns, "cam.state", "up") for each in self._downs]
        for at_ns in range(self._span.start_ns, self._span.end_ns, _STATE_EVERY_NS):
            said.append((at_ns, "cam.state", "down" if _in(self._downs, at_ns) else "up"))
        for at_ns, channel, word in sorted(said):
            tape.say(self._name, at_ns, channel, word)
        for at_ns in range(self._span.start_ns, self._span.end_ns, _FPS_EVERY_NS):
            if not _in(self._downs, at_ns):
                tape.say(self._name, at_ns, "cam.fps", self._fps(at_ns))

    def _fps(self, at_ns: int) -> float:
        rng, usual = self._rng, _USUAL_FPS[self._name]
        if _in(self._starved, at_ns):
            return round(usual * rng.uniform(0.04, 0.2), 1)
        dark = not 6 <= hour_of_day(at_ns) < 19
        dips = rng.random() < 0.001
        usual *= _AT_NIGHT[self._name] if dark else 1.0
        return round(usual * (rng.uniform(0.1, 0.5) if dips else rng.uniform(0.93, 1.02)), 1)

    def _dies(self, at: Stretch) -> None:
        self._down(at.start_ns, at.end_ns)
        self._label("camera_down", at)

    def _flaps(self, at: Stretch) -> None:
        at_ns = at.start_ns
        for _ in range(self._rng.randint(6, 20)):
            end_ns = at_ns + int(scale(self._rng, (0.2, 3.0)) * MINUTE_NS)
            self._down(at_ns, end_ns)
            at_ns = end_ns + int(scale(self._rng, (1.0, 15.0)) * MINUTE_NS)
        self._label("camera_flapping", Stretch(at.start_ns, end_ns))

    def _starves(self, at: Stretch) -> None:
        self._starved.append(at)
        self._label("camera_slow", at)

    def _is_blinded(self, at: Stretch) -> None:
        """Somebody comes through the roof door, and it is dark soon after."""
        self.tried_ns.append(at.start_ns - int(self._rng.uniform(20.0, 240.0) * SECOND_NS))
        self._dies(at)
        self._label("camera_blinded", at)

    def _restarts(self, at_ns: int) -> None:
        for _ in range(self._rng.choice((1, 1, 1, 2, 3))):
            end_ns = at_ns + int(self._rng.uniform(0.5, 4.0) * MINUTE_NS)
            self._down(at_ns, end_ns)
            at_ns = end_ns + int(self._rng.uniform(1.0, 5.0) * MINUTE_NS)

    def _down(self, start_ns: int, end_ns: int) -> None:
        self._downs.append(Down(start_ns, end_ns))

    def _label(self, rule: str, at: Stretch) -> None:
        self.labels.append(Label(rule, self._name, at.start_ns, at.end_ns))


def _in(stretches: Iterable[Stretch], at_ns: int) -> bool:
    return any(each.start_ns <= at_ns < each.end_ns for each in stretches)


def _each_down(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Every word `down` after another word is a notice at once.

    So a state trigger of Home Assistant does it without `for`, and a recorder's video loss.
    """
    was: dict[str, str] = {}
    for each in readings:
        if each.channel == "cam.state":
            if each.value == "down" != was.get(each.device):
                yield Alarm(each.device, each.at_ns, each.received_ns)
            was[each.device] = str(each.value)


def _flap_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Nagios: a fifth of the last 21 checks, here one a minute, found another state.

    That is `high_host_flap_threshold = 20` of its sample configuration; `low` is 5.
    """
    was, next_ns = dict[str, str](), dict[str, int]()
    checks: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=21))
    flapping = set[str]()
    for each in readings:
        if each.channel != "cam.state":
            continue
        name = each.device
        for at_ns in range(next_ns.get(name, each.received_ns), each.received_ns, MINUTE_NS):
            checks[name].append(was[name])
            changes = sum(
                a != b for a, b in zip(checks[name], list(checks[name])[1:], strict=False)
            )
            if changes >= 0.2 * 20 and name not in flapping:
                flapping.add(name)
                yield Alarm(name, at_ns, at_ns)
            elif changes < 0.05 * 20:
                flapping.discard(name)
            next_ns[name] = at_ns + MINUTE_NS
        next_ns.setdefault(name, each.received_ns)
        was[name] = str(each.value)


def _slow_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Fewer than five pictures a second: what who watches Frigate's `camera_fps` alarms on."""
    slow = set[str]()
    for each in readings:
        if each.channel == "cam.fps":
            if float(each.value) >= 5.0:
                slow.discard(each.device)
            elif each.device not in slow:
                slow.add(each.device)
                yield Alarm(each.device, each.at_ns, each.received_ns)


def _fps(readings: Iterable[Reading]) -> Iterator[Point]:
    for each in readings:
        if each.channel == "cam.fps":
            yield Point(each.device, each.received_ns, float(each.value))


SCENARIO = Scenario(
    name="cameras",
    rules=(
        Judged("camera_down", Naive("down is told at once", _each_down)),
        Judged("camera_flapping", Naive("4 changes in 21 checks, one a minute", _flap_naive)),
        Judged("camera_slow", Naive("fewer than 5 pictures a second", _slow_naive), stream=_fps),
        Judged("camera_blinded", Naive("down is sabotage", _each_down)),
    ),
    draw=_draw,
    subjects=len(_USUAL_FPS),
    a_worker=ENTRANCES_A_WORKER,
)
