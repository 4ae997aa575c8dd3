"""What outcomes make of a rule at one place: a little, slowly, within bounds, and back again.

Where people of more than one name find alarms of a rule at a place false on several days, the
rule asks for a little more there; an alarm that was real takes a step back, and so does a month
in which nothing was said. Pure, and a part of the fold.
"""

from collections.abc import Callable, Iterable, Mapping
from math import log

from msgspec import Struct, field

from edge.labels import Label
from edge.mode import name_at
from edge.reading import DAY_NS

STEP = 1.1
"""By so much the scale moves at once."""
STEPS_MAX = 12
STEP_NS = 7 * DAY_NS
"""One step up at most in so much of the edge's own time, however many outcomes come."""
DAYS_MIN = 3
PEOPLE_MIN = 2
"""On fewer days of the edge's own, or by fewer people, false alarms say nothing."""
FADE_NS = 30 * DAY_NS
"""After so long without an outcome that confirms it, a step is taken back."""
PLACES_MAX = 500
"""Rules at places that are remembered; the one longest without an outcome makes room."""
_KEPT = 20
_FALSE = "false_alarm"
_TRUE = frozenset({"real", "device_fault"})


class Doubt(Struct, frozen=True, array_like=True):
    """One alarm that somebody found false, on a day of the edge's time."""

    day: int
    by: str
    finding: str


class PlaceState(Struct, array_like=True):
    """How many steps a rule has gone at a place, when it last moved, and what speaks for more."""

    steps: int = 0
    moved_ns: int = 0
    doubts: list[Doubt] = field(default_factory=list)


class PlacesState(Struct, array_like=True):
    """What is remembered, by "rule subject"; and how often which rule was put back by hand."""

    places: dict[str, PlaceState] = field(default_factory=dict)
    agreed: dict[str, int] = field(default_factory=dict)
    forgotten: int = 0


class Places:
    """The scales of the rules that may be tuned, `rules` by name with the most that each goes."""

    def __init__(self, rules: Mapping[str, float]) -> None:
        self._steps_max = {
            rule: min(STEPS_MAX, int(log(most) / log(STEP) + 1e-9)) for rule, most in rules.items()
        }
        self.state = PlacesState()

    @property
    def agreed(self) -> Mapping[str, int]:
        """How often rules, or rules in one home, were put back by hand."""
        return self.state.agreed

    def scales(self) -> dict[str, float]:
        """The scale of every rule at a place that is not as agreed, by "rule subject"."""
        return {
            pair: round(STEP**each.steps, 4)
            for pair, each in self.state.places.items()
            if each.steps and pair.partition(" ")[0] in self._steps_max
        }

    def learn(self, labels: Iterable[Label], now_ns: int) -> bool:
        """Count outcomes that came by `now_ns`; whether a scale is another one now."""
        before = self.scales()
        for label in labels:
            if label.rule in self._steps_max:
                self._count(label, now_ns)
        return self.scales() != before

    def leave(self, is_there: Callable[[str], bool]) -> None:
        """Forget the places that are there no more."""
        for pair in tuple(self.state.places):
            if not is_there(pair.partition(" ")[2]):
                del self.state.places[pair]

    def fade(self, now_ns: int) -> bool:
        """Take back a step of whatever nobody has confirmed for a month; whether there was one."""
        due = [each for each in self.state.places.values() if _fades_ns(each) <= now_ns]
        for each in due:
            each.steps, each.moved_ns = each.steps - 1, now_ns
        return bool(due)

    def fades_ns(self) -> int | None:
        """When the next step is to be taken back; None when there is none to take."""
        return min((_fades_ns(e) for e in self.state.places.values() if e.steps), default=None)

    def agree(self, counts: Mapping[str, int]) -> bool:
        """Put back what was put back by hand since; whether a scale is another one now."""
        before, known = self.scales(), self.state.agreed
        names = {name for name, count in counts.items() if count != known.get(name, 0)}
        self.state.agreed = dict(counts)
        for pair in tuple(self.state.places):
            rule, _, subject = pair.partition(" ")
            if names & {rule, name_at(rule, subject)}:
                del self.state.places[pair]
        return self.scales() != before

    def _count(self, label: Label, now_ns: int) -> None:
        pair, places = f"{label.rule} {label.subject}", self.state.places
        place = places.pop(pair, None) or PlaceState(moved_ns=now_ns - STEP_NS)
        place.doubts = [each for each in place.doubts if each.finding != label.finding]
        if label.outcome in _TRUE:
            place.doubts = []
            place.steps, place.moved_ns = max(0, place.steps - 1), now_ns
        elif label.outcome == _FALSE:
            self._doubt(label, place, now_ns)
        if place.steps or place.doubts:
            places[pair] = place  # the newest stands last
        if len(places) > PLACES_MAX:
            del places[next(iter(places))]
            self.state.forgotten += 1

    def _doubt(self, label: Label, place: PlaceState, now_ns: int) -> None:
        doubt = Doubt(now_ns // DAY_NS, label.by, label.finding)
        fresh_day = (now_ns - FADE_NS) // DAY_NS
        kept = [each for each in place.doubts if each.day > fresh_day]
        today = [each for each in kept if each.day == doubt.day]
        if len(today) < PEOPLE_MIN and all(each.by != doubt.by for each in today):
            kept.append(doubt)  # more of them on one day would only push out other days
        place.doubts = kept[-_KEPT:]
        if not _is_enough(place.doubts) or now_ns - place.moved_ns < STEP_NS:
            return
        place.doubts, place.moved_ns = [], now_ns
        place.steps = min(place.steps + 1, self._steps_max[label.rule])


def _is_enough(doubts: list[Doubt]) -> bool:
    days, people = {each.day for each in doubts}, {each.by for each in doubts}
    return len(days) >= DAYS_MIN and len(people) >= PEOPLE_MIN


def _fades_ns(place: PlaceState) -> int:
    return place.moved_ns + FADE_NS if place.steps else 2**63 - 1
