"""Cards at the doors of an estate: one that is tried from door to door, one of which there are two.

Residents come through the gate and their own door, on foot or by electric bicycle; cards expire and
are tried at two or three doors; guards go round with one that opens everything; people follow
others in, more on some days than on most; parcels are carried in twice.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import dist
from random import Random

from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import Stretch, at_hours, events, holes, over_days, sparing
from simulators.evaluate.labelled.scenario import (
    ENTRANCES_A_WORKER,
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

_GATE = "gate-1"
_PLACES = {
    _GATE: (0.0, 0.0),
    **{f"door-{n}": (60.0 * (n % 4) + 40.0, 110.0 * (n // 4) + 30.0) for n in range(8)},
}
_DOORS = tuple(name for name in _PLACES if name != _GATE)
_PASSES_A_DAY = 60.0
_CARD_GAP_NS = 45 * SECOND_NS


def _table() -> dict[str, object]:
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"at-{name}", "building": "b01"} for name in _PLACES],
        "adapter": [{"id": "acs-1"}],
        "device": [
            {"id": name, "kind": "door", "unit": f"at-{name}", "adapter": "acs-1",
             "door": {"reported": True, "at_m": list(at_m)}}
            for name, at_m in _PLACES.items()
        ],
    }  # fmt: skip


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    estate = _Estate(Tape(table, rng), rng, span)
    tried = [estate.is_tried(each) for each in events(rng, span, 6, (2.0, 8.0))]
    for each in events(rng, span, 8, (1.0, 2.0)):
        estate.is_doubled(at_hours(rng, each, (7.0, 22.0)))
    for at_ns in over_days(rng, span, 0.6, (7.0, 22.0)):
        estate.has_expired(at_ns)
    for at_ns in over_days(rng, span, 2.0, (21.5, 23.5)):
        estate.goes_round(at_ns)
    for door in _DOORS:
        busy = estate.followed_days(door)
        for at_ns in sparing(over_days(rng, span, _PASSES_A_DAY, (6.0, 23.0)), tried):
            estate.comes_home(door, at_ns, follows=0.35 if _day(at_ns) in busy else 0.01)
    return World(table, estate.tape.readings(), tuple(estate.labels), holes(rng, span, ["acs-1"]))


class _Estate:
    """What goes on at the doors, put on the tape; what is wrong is labelled."""

    def __init__(self, tape: Tape, rng: Random, span: Span) -> None:
        self.tape, self.labels = tape, list[Label]()
        self._rng, self._span = rng, span
        self._free_ns = dict.fromkeys(_PLACES, 0)

    def is_tried(self, stretch: Stretch) -> Stretch:
        """A card that nobody knows is held to one door after another, by somebody who runs."""
        rng, at_ns = self._rng, stretch.start_ns
        doors = rng.sample(_DOORS, rng.randint(4, len(_DOORS)))
        for door, following in pairwise([*doors, doors[-1]]):
            self._shows(door, at_ns, "denied", "found", _day(stretch.start_ns))
            way_s = dist(_PLACES[door], _PLACES[following]) / rng.uniform(2.0, 5.0)
            end_ns, at_ns = at_ns, at_ns + int((way_s + rng.uniform(10.0, 40.0)) * SECOND_NS)
        return self._labelled("credential_many_doors", doors[3], stretch.start_ns, end_ns)

    def is_doubled(self, stretch: Stretch) -> None:
        """A card and its copy are used at doors far from each other, nearly at once."""
        rng, at_ns = self._rng, stretch.start_ns
        first, second = rng.sample(list(_PLACES), 2)
        while dist(_PLACES[first], _PLACES[second]) < 150.0:
            first, second = rng.sample(list(_PLACES), 2)
        card = f"{first} copy {at_ns}"
        self._shows(first, at_ns, "granted", card, _day(at_ns))
        end_ns = at_ns + int(rng.uniform(1.0, 20.0) * SECOND_NS)
        self._shows(second, end_ns, "granted", card, _day(at_ns))
        self._labelled("credential_two_places", second, at_ns, end_ns)

    def has_expired(self, at_ns: int) -> None:
        """A resident tries it at the gate and at a door or two before asking."""
        doors = [_GATE, *self._rng.sample(_DOORS, self._rng.randint(1, 2))]
        for door in doors:
            for _ in range(self._rng.randint(1, 3)):
                self._shows(door, at_ns, "denied", f"expired {doors}", _day(at_ns))
                at_ns += int(self._rng.uniform(3.0, 15.0) * SECOND_NS)
            at_ns += int(self._rng.uniform(30.0, 120.0) * SECOND_NS)

    def goes_round(self, at_ns: int) -> None:
        """A guard opens every door, on a bicycle at most."""
        at, begun_ns = _PLACES[_GATE], at_ns
        for door, place in _PLACES.items():
            at_ns += int((dist(at, place) / 4.0 + 20.0) * SECOND_NS)
            at = place
            self._shows(door, at_ns, "granted", f"guard {begun_ns}", _day(at_ns))

    def followed_days(self, door: str) -> frozenset[int]:
        """The days on which many follow others in there."""
        days = range(_day(self._span.warm_ns), _day(self._span.end_ns))
        busy = frozenset(day for day in days if self._rng.random() < 0.08)
        for day in busy:
            start_ns = START_NS + day * DAY_NS
            self._labelled("door_tailgating", door, start_ns + 6 * HOUR_NS, start_ns + DAY_NS)
        return busy

    def comes_home(self, door: str, at_ns: int, *, follows: float) -> None:
        """A resident through the gate and the own door; somebody may follow."""
        rng = self._rng
        if at_ns < self._free_ns[door] + _CARD_GAP_NS:
            return
        card = f"{door} {at_ns}"
        way_s = dist(_PLACES[_GATE], _PLACES[door]) / rng.choice((1.2, 1.4, 4.0, 6.0))
        if rng.random() < 0.6:
            gate_ns = at_ns - int((way_s + 2.0) * SECOND_NS)
            self._shows(_GATE, gate_ns, "granted", card, _day(at_ns))
        self._shows(door, at_ns, "granted", card, _day(at_ns))
        self._free_ns[door] = self._opens(door, at_ns + SECOND_NS)
        if rng.random() < follows:
            again_ns = self._free_ns[door] + int(rng.uniform(1.0, 5.0) * SECOND_NS)
            self._free_ns[door] = self._opens(door, again_ns)

    def _opens(self, door: str, at_ns: int) -> int:
        end_ns = at_ns + int(self._rng.uniform(2.0, 4.0) * SECOND_NS)
        self.tape.say(door, at_ns, "door.contact", "open")
        self.tape.say(door, end_ns, "door.contact", "closed")
        return end_ns

    def _shows(self, door: str, at_ns: int, verdict: str, card: str, day: int) -> None:
        token = f"{Random(f'{card} {day}').getrandbits(48):012x}"
        self.tape.say(door, at_ns, "door.access", verdict)
        self.tape.say(door, at_ns, "door.token", token, lag_s=2.0)

    def _labelled(self, rule: str, door: str, start_ns: int, end_ns: int) -> Stretch:
        self.labels.append(Label(rule, door, start_ns, max(end_ns, start_ns + SECOND_NS)))
        return Stretch(start_ns, end_ns)


def _day(at_ns: int) -> int:
    return (at_ns - START_NS) // DAY_NS


def _shown(readings: Iterable[Reading]) -> Iterator[tuple[Reading, str]]:
    """Yield each token, with the last verdict of its reader."""
    verdicts: dict[str, str] = {}
    for each in readings:
        if each.channel == "door.access":
            verdicts[each.device] = str(each.value)
        elif each.channel == "door.token":
            yield each, verdicts.get(each.device, "")


def _many_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Three denials of one card, wherever: how a controller locks a card out after wrong tries."""
    denied: defaultdict[str, int] = defaultdict(int)
    for each, verdict in _shown(readings):
        card = str(each.value)
        denied[card] = denied[card] + 1 if verdict == "denied" else 0
        if denied[card] == 3:
            denied[card] = 0
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _two_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """The same card at another door within a minute: a timed anti-passback, as controllers have."""
    seen: dict[str, Reading] = {}
    for each, _ in _shown(readings):
        before = seen.get(str(each.value))
        seen[str(each.value)] = each
        if before and before.device != each.device and each.at_ns - before.at_ns < MINUTE_NS:
            yield Alarm(each.device, before.at_ns, each.received_ns)


def _tail_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Every second opening on one pass within ten seconds is an alarm, as turnstiles give it."""
    opened: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=1))
    passed_ns: dict[str, int] = {}
    for each in readings:
        if (each.channel, each.value) == ("door.access", "granted"):
            passed_ns[each.device] = each.at_ns
            opened[each.device].clear()
        elif (each.channel, each.value) == ("door.contact", "open"):
            by_ns = passed_ns.get(each.device, 0)
            if opened[each.device] and each.at_ns - by_ns < 10 * SECOND_NS:
                yield Alarm(each.device, each.at_ns, each.received_ns)
            opened[each.device].append(each.at_ns)


_RULES: Sequence[Judged] = (
    Judged("credential_many_doors", Naive("three denials of one card", _many_naive)),
    Judged("credential_two_places", Naive("one card at another door within 60 s", _two_naive)),
    Judged("door_tailgating", Naive("each second opening on one pass", _tail_naive)),
)
SCENARIO = Scenario(
    name="cards",
    rules=tuple(_RULES),
    draw=_draw,
    subjects=len(_PLACES),
    a_worker=ENTRANCES_A_WORKER,
    warmup_days=1,
)
