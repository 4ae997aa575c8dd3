"""Entrances of blocks and roof doors: who forces them, props them, comes by night, tries cards.

Residents pass with cards and buttons, hold the door for a pram, have expired cards; the magnet of
a heavy door bounces; a reader's word is sometimes late.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Reading
from simulators.evaluate.labelled.draws import (
    Stretch,
    at_hours,
    events,
    holes,
    over_days,
    sparing,
)
from simulators.evaluate.labelled.naive import hour_of_day
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

_ENTRANCES = ("door-1", "door-2", "door-3", "door-4")
_ROOFS = ("roof-1", "roof-2")
_HELD_NS = 30 * SECOND_NS
_ENTRANCE_TERMS = {"held_open": "5 min", "reported": True}
_ROOF_TERMS = {"held_open": "2 min", "reported": True, "hours": "08:00-18:00"}


def _table() -> dict[str, object]:
    doors = [*((name, _ENTRANCE_TERMS) for name in _ENTRANCES), *((n, _ROOF_TERMS) for n in _ROOFS)]
    return {
        "version": 1,
        "site": "s01",
        "unit": [{"code": f"at-{name}", "building": "b01"} for name, _ in doors],
        "adapter": [{"id": "acs-1"}],
        "device": [
            {"id": name, "kind": "door", "unit": f"at-{name}", "adapter": "acs-1", "door": terms}
            for name, terms in doors
        ],
    }


def _draw(rng: Random, span: Span) -> World:
    table = _table()
    tape, labels = Tape(table, rng), list[Label]()
    for door in _ENTRANCES + _ROOFS:
        stage = _Door(tape, door, rng, labels)
        incidents = events(rng, span, 4, (1.0, 2.0), apart_ns=12 * HOUR_NS)
        scenes = [stage.happens(each) for each in incidents]
        restricted = door in _ROOFS
        moments = over_days(rng, span, 1.5 if restricted else 45.0, (8.5, 17.5) if restricted
                            else (5.5, 23.9))  # fmt: skip
        for at_ns in sparing(moments, scenes):
            stage.passes(at_ns)
    return World(table, tape.readings(), tuple(labels), holes(rng, span, ["acs-1"]))


class _Door:
    """One door and what goes on at it; all of it is put on the tape, what is wrong is labelled."""

    def __init__(self, tape: Tape, name: str, rng: Random, labels: list[Label]) -> None:
        self._tape, self._name, self._rng, self._labels = tape, name, rng, labels
        self._last_ns = 0

    def passes(self, at_ns: int) -> None:
        """Somebody goes through, or turns away with an expired card."""
        rng = self._rng
        if at_ns < self._last_ns + MINUTE_NS:
            return
        if rng.random() < 0.01:
            self._is_denied(at_ns, rng.randint(1, 4))
        late_s = rng.uniform(3.0, 12.0) if rng.random() < 0.01 else 0.0
        self._let_through(at_ns, late_s)
        opens_ns = at_ns + int(_seldom(rng, 0.02, (9.0, 14.0), (0.5, 6.0)) * SECOND_NS)
        open_s = _seldom(rng, 0.03, (40.0, 100.0), (4.0, 20.0))
        self._last_ns = self._opens(opens_ns, open_s, bounces=rng.random() < 0.01)

    def happens(self, stretch: Stretch) -> Stretch:
        """Something that a person should hear of; how long it goes on."""
        kinds = [self._forced, self._propped, self._tried]
        if self._name in _ROOFS:
            kinds.append(self._by_night)
        return self._rng.choice(kinds)(stretch)

    def _forced(self, stretch: Stretch) -> Stretch:
        at = at_hours(self._rng, stretch, (8.5, 17.5) if self._name in _ROOFS else (0.0, 23.9))
        end_ns = self._opens(at.start_ns, self._rng.uniform(5.0, 60.0))
        return self._labelled("door_forced", at.start_ns, end_ns)

    def _propped(self, stretch: Stretch) -> Stretch:
        at = at_hours(self._rng, stretch, (9.0, 14.0))
        self._let_through(at.start_ns, 0.0)
        end_ns = self._opens(at.start_ns + SECOND_NS, self._rng.uniform(15.0, 180.0) * 60)
        return self._labelled("door_held_open", at.start_ns, end_ns)

    def _tried(self, stretch: Stretch) -> Stretch:
        end_ns = self._is_denied(stretch.start_ns, self._rng.randint(6, 15))
        return self._labelled("door_denied", stretch.start_ns, end_ns)

    def _by_night(self, stretch: Stretch) -> Stretch:
        """With somebody's card, or by force, which is both."""
        at = at_hours(self._rng, stretch, (18.5, 31.0))
        if self._rng.random() < 0.5:
            self._let_through(at.start_ns, 0.0)
            end_ns = self._opens(at.start_ns + 2 * SECOND_NS, self._rng.uniform(5.0, 60.0))
        else:
            end_ns = self._opens(at.start_ns, self._rng.uniform(5.0, 60.0))
            self._labelled("door_forced", at.start_ns, end_ns)
        return self._labelled("door_odd_hours", at.start_ns, end_ns)

    def _labelled(self, rule: str, start_ns: int, end_ns: int) -> Stretch:
        self._labels.append(Label(rule, self._name, start_ns, end_ns))
        return Stretch(start_ns, end_ns)

    def _let_through(self, at_ns: int, late_s: float) -> None:
        way = self._rng.choice((("door.access", "granted"), ("door.method", "button")))
        self._tape.say(self._name, at_ns, *way, lag_s=late_s)

    def _is_denied(self, at_ns: int, times: int) -> int:
        for _ in range(times):
            self._tape.say(self._name, at_ns, "door.access", "denied")
            at_ns += int(self._rng.uniform(5.0, 60.0) * SECOND_NS)
        return at_ns

    def _opens(self, at_ns: int, open_s: float, *, bounces: bool = False) -> int:
        end_ns = at_ns + int(open_s * SECOND_NS)
        said = [(at_ns, "open"), (end_ns, "closed")]
        if bounces:
            said += [(end_ns + SECOND_NS // 3, "open"), (end_ns + SECOND_NS // 2, "closed")]
        for moment_ns, word in said:
            self._tape.say(self._name, moment_ns, "door.contact", word)
        return end_ns


def _seldom(
    rng: Random, chance: float, then: tuple[float, float], usual: tuple[float, float]
) -> float:
    return rng.uniform(*(then if rng.random() < chance else usual))


def _forced_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """A controller's rule: the contact opens and no way through was granted just before.

    Ten seconds are the `AccessTime` in the example of the door control service of Axis.
    """
    passed_ns: dict[str, int] = {}
    for each in readings:
        if (each.channel, each.value) in (("door.access", "granted"), ("door.method", "button")):
            passed_ns[each.device] = each.at_ns
        opens = (each.channel, each.value) == ("door.contact", "open")
        if opens and each.at_ns - passed_ns.get(each.device, 0) > 10 * SECOND_NS:
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _held_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Open for thirty seconds: where an Access Door of BACnet commonly begins."""
    opened_ns: dict[str, int] = {}
    for each in readings:
        due = [name for name, at_ns in opened_ns.items() if each.received_ns >= at_ns + _HELD_NS]
        for name in due:
            at_ns = opened_ns.pop(name)
            yield Alarm(name, at_ns, at_ns + _HELD_NS)
        if each.channel == "door.contact":
            opened_ns.pop(each.device, None)
            if each.value == "open":
                opened_ns[each.device] = each.received_ns


def _odd_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """The same night for every restricted door, as one time zone of a controller gives it."""
    for each in readings:
        opens = each.device in _ROOFS and (each.channel, each.value) == ("door.contact", "open")
        if opens and not 6 <= hour_of_day(each.at_ns) < 22:
            yield Alarm(each.device, each.at_ns, each.received_ns)


def _denied_naive(readings: Iterable[Reading]) -> Iterator[Alarm]:
    """Five failures without a success between, as intercoms of 2N lock a reader."""
    failures = Counter[str]()
    for each in readings:
        if each.channel != "door.access":
            continue
        failures[each.device] = failures[each.device] + 1 if each.value == "denied" else 0
        if failures[each.device] == 5:
            failures[each.device] = 0
            yield Alarm(each.device, each.at_ns, each.received_ns)


_RULES: Sequence[Judged] = (
    Judged("door_forced", Naive("no pass in the 10 s before, told at once", _forced_naive)),
    Judged("door_held_open", Naive("open for 30 s", _held_naive)),
    Judged("door_odd_hours", Naive("opened between 22:00 and 06:00", _odd_naive)),
    Judged("door_denied", Naive("five denials in a row, however far apart", _denied_naive)),
)
SCENARIO = Scenario(
    name="entrance",
    rules=tuple(_RULES),
    draw=_draw,
    subjects=len(_ENTRANCES + _ROOFS),
    a_worker=ENTRANCES_A_WORKER,
)
