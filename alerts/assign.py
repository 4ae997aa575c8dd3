"""Who gets this one: of those on duty, by skill, language, load, distance and end of shift.

Pure and deterministic: equal rosters, needs and scenes give equal choices in equal order. A
need is never left to nobody while the area has anybody; what had to give way is said.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from types import MappingProxyType

from alerts.plan import Role, Skill, Step
from alerts.roster import Person, Places, Roster, covers, recipients
from alerts.shift import duty_end_ns, is_on_duty
from edge.reading import MINUTE_NS, Tier

ENDING_NS = 30 * MINUTE_NS
"""A duty that ends within this time counts as ending."""

# What each drawback is worth in metres of way; measured by the simulated day of the tests.
_OPEN_M = 120.0
_RECENT_M = 45.0
_NO_SKILL_M = 1_500.0
_NO_LANGUAGE_M = 600.0
_ENDING_M = 400.0
_UNKNOWN_M = 500.0


class Rung(StrEnum):
    """How far down the ladder a person was found."""

    ON_DUTY = "on_duty"
    BACKUP = "backup"
    ANYBODY = "anybody"  # whatever their shift


class Lack(StrEnum):
    """Why a need was not met as the plan has it."""

    UNMANNED = "unmanned"  # nobody has the role there, on duty or not
    OFF_DUTY = "off_duty"
    PHONES = "phones"  # those on duty are not being reached


@dataclass(frozen=True, slots=True)
class Load:
    """What a person carries: open incidents, and incidents they were told of lately."""

    open: int = 0
    recent: int = 0


_UNLOADED = Load()


@dataclass(frozen=True, slots=True)
class Scene:
    """What a choice rests on besides who people are; `failing` are those whose phone fails.

    Somebody who is not in `load` may carry anything: it is not known.
    """

    places: Places = field(default_factory=lambda: Places(version=1))
    zone: tzinfo = UTC
    load: Mapping[str, Load] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()


CALM = Scene()


@dataclass(frozen=True, slots=True)
class Need:
    """Somebody wanted at `subject`: how many (None: all), and who may not be one of them.

    `last` says that nobody else will be asked when this finds nobody.
    """

    roles: tuple[Role, ...]
    subject: str
    tier: Tier
    at_ns: int
    choose: int | None = None
    skills: tuple[Skill, ...] = ()
    without: frozenset[str] = frozenset()
    last: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One person for one need, and what spoke for and against them.

    `distance_m` is None where a position is unknown, `load` where it was not looked up; `ends_ns`
    is when their duty ends, if soon.
    """

    person: Person
    rung: Rung
    load: Load | None
    distance_m: float | None
    language: str | None
    speaks: bool
    skills: tuple[Skill, ...]
    lacks: tuple[Skill, ...]
    ends_ns: int | None
    failing: bool

    @property
    def cost_m(self) -> float:
        """The way to go, and every drawback as so many metres more of it."""
        way_m = _UNKNOWN_M if self.distance_m is None else self.distance_m
        load = self.load or _UNLOADED
        return (
            way_m
            + load.open * _OPEN_M
            + load.recent * _RECENT_M
            + len(self.lacks) * _NO_SKILL_M
            + (not self.speaks) * _NO_LANGUAGE_M
            + (self.ends_ns is not None) * _ENDING_M
        )

    @property
    def is_full(self) -> bool:
        """Whether the person carries all they can."""
        return self.load is not None and self.load.open >= self.person.capacity


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is told, the best first; `lack` says why the plan's own people did not do."""

    choices: tuple[Choice, ...]
    lack: Lack | None = None


def need_of(step: Step, subject: str, tier: Tier, at_ns: int, *, last: bool = False) -> Need:
    """What a step of a plan wants at `at_ns`."""
    choose = None if step.choose == "all" else step.choose
    return Need(step.roles, subject, tier, at_ns, choose, step.skills, last=last)


def assign(roster: Roster, need: Need, scene: Scene) -> Assignment:
    """The people for `need`: those on duty for it, else backups, else whoever there is.

    People whose phone fails come last, and do not count as somebody: the next rung is asked too.
    An unmanned need finds nobody unless it is the last.
    """
    holders = [p for p in recipients(roster, need.roles, need.subject) if p.id not in need.without]
    if not holders and not need.last:
        return Assignment((), Lack.UNMANNED)
    found: list[Choice] = []
    for rung in Rung:
        known = {choice.person.id for choice in found}
        fresh = [p for p in _RUNGS[rung](roster, need, scene, holders) if p.id not in known]
        found += _best([_choice(p, rung, need, scene) for p in fresh], need.choose)
        if any(not choice.failing for choice in found):
            break
    return Assignment(tuple(found), _lack(holders, found))


def now_on_duty(people: Sequence[Person], at_ns: int, zone: tzinfo) -> tuple[Person, ...]:
    """Those of `people` who are on duty at that moment; all of them when nobody is."""
    return tuple(p for p in people if is_on_duty(p.pattern, at_ns, zone)) or tuple(people)


def distance_m(places: Places, one: str | None, other: str) -> float | None:
    """The way as the crow flies between two places; None where a position is unknown."""
    here = places.at_m(one) if one else None
    there = places.at_m(other)
    return None if here is None or there is None else math.dist(here, there)


def _on_duty(_: Roster, need: Need, scene: Scene, holders: list[Person]) -> Iterable[Person]:
    return [p for p in holders if is_on_duty(p.pattern, need.at_ns, scene.zone)]


def _backups(roster: Roster, need: Need, scene: Scene, _: list[Person]) -> Iterable[Person]:
    return [
        p
        for p in _around(roster, need)
        if Role.BACKUP in p.roles and is_on_duty(p.pattern, need.at_ns, scene.zone)
    ]


def _anybody(roster: Roster, need: Need, _: Scene, holders: list[Person]) -> Iterable[Person]:
    """For an emergency everybody of the area; else those whose work it is, off duty or not."""
    around = _around(roster, need)
    if need.tier is Tier.URGENT:
        return around
    own = [p for p in around if p in holders or Role.BACKUP in p.roles]
    return own or around


_RUNGS: Mapping[Rung, Callable[[Roster, Need, Scene, list[Person]], Iterable[Person]]] = (
    MappingProxyType({Rung.ON_DUTY: _on_duty, Rung.BACKUP: _backups, Rung.ANYBODY: _anybody})
)


def _around(roster: Roster, need: Need) -> list[Person]:
    return [
        p
        for p in roster.person
        if p.id not in need.without and any(covers(area, need.subject) for area in p.areas)
    ]


def _best(choices: list[Choice], limit: int | None) -> list[Choice]:
    # The sort is stable: equals stay in the order of the roster.
    ranked = sorted(choices, key=lambda choice: (choice.failing, choice.is_full, choice.cost_m))
    return ranked if limit is None else ranked[:limit]


def _choice(person: Person, rung: Rung, need: Need, scene: Scene) -> Choice:
    wanted = scene.places.languages(need.subject)
    spoken = next((code for code in wanted if code in person.languages), None)
    return Choice(
        person=person,
        rung=rung,
        load=scene.load.get(person.id),
        distance_m=distance_m(scene.places, person.home, need.subject),
        language=spoken or next(iter(wanted), None),
        speaks=spoken is not None or not wanted,
        skills=tuple(skill for skill in need.skills if skill in person.skills),
        lacks=tuple(skill for skill in need.skills if skill not in person.skills),
        ends_ns=duty_end_ns(person.pattern, need.at_ns, scene.zone, ENDING_NS),
        failing=person.id in scene.failing,
    )


def _lack(holders: list[Person], found: list[Choice]) -> Lack | None:
    if not holders:
        return Lack.UNMANNED
    if not any(choice.rung is Rung.ON_DUTY for choice in found):
        return Lack.OFF_DUTY
    return None if found[-1].rung is Rung.ON_DUTY and not found[0].failing else Lack.PHONES
