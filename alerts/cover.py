"""Where and when nobody would answer: every plan, every area, around the clock.

Pure: a sweep over the moments at which somebody's duty begins or ends, not over minutes. A
place has cover for a plan while somebody is on duty for its first step and somebody else for
any later step or as a backup.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType

from alerts.plan import ANY_CATEGORY, ANY_ESTATE, Plan, Role
from alerts.roster import Person, Roster
from alerts.shift import Pattern, Span, duty
from edge.reading import DAY_NS, SECOND_NS

COVER_NS = 90 * DAY_NS
"""How far ahead cover is checked."""
GAPS_MAX = 500


class Missing(StrEnum):
    """What a gap lacks."""

    NOBODY = "nobody"
    NO_BACKUP = "no_backup"


@dataclass(frozen=True, slots=True)
class Gap:
    """From `start_ns` until before `end_ns`, one plan lacks somebody in each of `areas`."""

    start_ns: int
    end_ns: int
    areas: tuple[str, ...]
    category: str
    tier: int
    plan_id: str
    missing: Missing


@dataclass(frozen=True, slots=True)
class Cover:
    """The first 500 gaps by time until `until_ns`, and how many more there are."""

    until_ns: int
    gaps: tuple[Gap, ...]
    left_off: int = 0

    @property
    def count(self) -> int:
        """How many gaps there are in all."""
        return len(self.gaps) + self.left_off


_Kind = tuple[str, int, str | None]
"""What a plan is for: category, tier, estate."""
_Crew = tuple[frozenset[str], frozenset[str]]
"""Ids of those for the first step, and of all those who may be told."""


def cover(
    plans: Sequence[Plan],
    roster: Roster,
    areas: Mapping[str, str | None],
    window: Span,
    zone: tzinfo,
) -> Cover:
    """The gaps of `plans` in `areas` (each with its estate, where that is known) within `window`.

    Areas with the same people share a gap. A plan for one estate goes before that for any.
    """
    hours = _Hours(roster, window, zone)
    people = _people_of(roster, sorted(areas))
    taken: set[_Kind] = {(plan.category, plan.tier, plan.estate) for plan in plans}
    gaps = [
        Gap(span.start_ns, span.end_ns, together, plan.category, plan.tier, plan.id, missing)
        for plan in plans
        for crew, together in _crews(plan, _where(plan, taken, areas, people)).items()
        for span, missing in _lapses(hours, crew)
    ]
    gaps.sort(key=lambda gap: (gap.start_ns, gap.tier, gap.areas, gap.category))
    return Cover(window.end_ns, tuple(gaps[:GAPS_MAX]), max(0, len(gaps) - GAPS_MAX))


def without(roster: Roster, people: frozenset[str]) -> Roster:
    """The roster less those people, as for a check that does not count on them."""
    kept = tuple(person for person in roster.person if person.id not in people)
    return roster.model_copy(update={"person": kept})


_WORDS: Mapping[Missing, tuple[str, str]] = MappingProxyType(
    {Missing.NOBODY: ("无人在岗", "nobody on duty"), Missing.NO_BACKUP: ("没有后备", "no backup")}
)


def line(gap: Gap, zone: tzinfo) -> tuple[str, str]:
    """The gap in one line of Chinese and one of English: when, where, for what, what is missing."""
    start, end = (
        datetime.fromtimestamp(ns // SECOND_NS, zone) for ns in (gap.start_ns, gap.end_ns)
    )
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    head = f"{start:%Y-%m-%d %H:%M}–{until}, {_named(gap.areas)}"
    zh, en = _WORDS[gap.missing]
    kind = ("其他" if gap.category == ANY_CATEGORY else gap.category, gap.category)
    return f"{head}，{kind[0]} {gap.tier} 级：{zh}", f"{head}, {kind[1]} tier {gap.tier}: {en}"


def _named(areas: tuple[str, ...], most: int = 3) -> str:
    more = f" +{len(areas) - most}" if len(areas) > most else ""
    return f"{' '.join(areas[:most])}{more}"


class _Hours:
    """When each person is on duty within one window, worked out once for each pattern."""

    def __init__(self, roster: Roster, window: Span, zone: tzinfo) -> None:
        self.window = window
        self._patterns = {person.id: person.pattern for person in roster.person}
        self._zone = zone
        self._known: dict[Pattern, list[Span]] = {}

    def of(self, person_id: str) -> list[Span]:
        pattern = self._patterns[person_id]
        if pattern not in self._known:
            self._known[pattern] = duty(pattern, self.window, self._zone)
        return self._known[pattern]


def _people_of(roster: Roster, places: Sequence[str]) -> dict[str, list[Person]]:
    """Who answers for each place, by an index of areas: no person is asked about every place."""
    by_area: defaultdict[str, list[Person]] = defaultdict(list)
    for person in roster.person:
        for area in person.areas:
            by_area[area].append(person)
    return {
        place: [person for area in _upwards(place) for person in by_area.get(area, ())]
        for place in places
    }


def _where(
    plan: Plan,
    taken: set[_Kind],
    areas: Mapping[str, str | None],
    people: Mapping[str, list[Person]],
) -> dict[str, list[Person]]:
    """The places that take `plan` for its category and tier, with those who answer for them."""
    if plan.estate != ANY_ESTATE:
        return {place: around for place, around in people.items() if areas[place] == plan.estate}
    return {
        place: around
        for place, around in people.items()
        if (plan.category, plan.tier, areas[place]) not in taken
    }


def _upwards(place: str) -> list[str]:
    segments = place.split("/")
    return ["/".join(segments[:depth]) for depth in range(1, len(segments) + 1)]


def _crews(plan: Plan, people: Mapping[str, list[Person]]) -> dict[_Crew, tuple[str, ...]]:
    """The places of each set of people; most places of a site share theirs with others."""
    first = set(plan.step[0].roles)
    roles = {role for step in plan.step for role in step.roles} | {Role.BACKUP}
    found: defaultdict[_Crew, list[str]] = defaultdict(list)
    for place, around in people.items():
        found[_with(around, first), _with(around, roles)].append(place)
    return {crew: tuple(together) for crew, together in found.items()}


def _with(people: Iterable[Person], roles: set[Role]) -> frozenset[str]:
    return frozenset(person.id for person in people if not roles.isdisjoint(person.roles))


def _lapses(hours: _Hours, crew: _Crew) -> Iterator[tuple[Span, Missing]]:
    """When too few of `crew` are on duty, neighbouring times of one kind as one."""
    pieces = ((span, _missing(first, both)) for span, first, both in _counts(hours, crew))
    for missing, run in groupby(pieces, key=lambda piece: piece[1]):
        spans = [span for span, _ in run]
        if missing is not None:
            yield Span(spans[0].start_ns, spans[-1].end_ns), missing


def _counts(hours: _Hours, crew: _Crew) -> Iterator[tuple[Span, int, int]]:
    """How many of the first step's people, and of all, are on duty between two changes."""
    first, everybody = crew
    changes: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for person in everybody:
        for span in hours.of(person):
            for at_ns, by in ((span.start_ns, 1), (span.end_ns, -1)):
                changes[at_ns][0] += by * (person in first)
                changes[at_ns][1] += by
    since_ns, on_first, on_all = hours.window.start_ns, 0, 0
    for at_ns in sorted({*changes, hours.window.end_ns}):
        if at_ns > since_ns:
            yield Span(since_ns, at_ns), on_first, on_all
        on_first, on_all = on_first + changes[at_ns][0], on_all + changes[at_ns][1]
        since_ns = at_ns


def _missing(first: int, everybody: int) -> Missing | None:
    if first == 0:
        return Missing.NOBODY
    return Missing.NO_BACKUP if everybody == 1 else None
