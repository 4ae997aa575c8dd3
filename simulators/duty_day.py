"""`shouwang duty day`: 2,000 incidents and 40 workers in one day, chosen and in rotation.

Pure but for the printing: a seed gives the site, the people in three shifts and the incidents;
the project's own choice is held against a plain rotation among those on duty.
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from itertools import cycle
from pathlib import Path
from statistics import fmean
from typing import Any

from alerts.assign import Load, Need, Scene, assign, distance_m
from alerts.plan import Role
from alerts.roster import Places, Roster
from alerts.shift import is_on_duty
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Tier
from edge.settings import parse

SITE = "s01"
INCIDENTS, WORKERS, BUILDINGS = 2_000, 40, 60
_SPACING_M = 90.0
_ROWS = 6
# Workers of each shift, and how busy its hours are; a day is quieter at night.
_SHIFTS = (("08:00", "16:00", 16, 1.0), ("16:00", "24:00", 16, 1.0), ("00:00", "08:00", 8, 0.5))
_WORK_MIN = (3, 9)
RECENT_NS = 8 * HOUR_NS


LOAD_MAX, WAY_MAX = 1.5, 0.7
"""Bounds: the largest load in units of the mean, the mean way in units of the rotation's."""


@dataclass(frozen=True, slots=True)
class Job:
    """One incident of the day: when, where, and how long it keeps a person."""

    at_ns: int
    subject: str
    work_ns: int


@dataclass(frozen=True, slots=True)
class Day:
    """Where, who, what."""

    places: Places
    roster: Roster
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one way to choose: the largest load over the mean one, and the mean way."""

    load_max: int
    load_mean: float
    way_m: float

    @property
    def unevenness(self) -> float:
        """The largest load in units of the mean one."""
        return self.load_max / self.load_mean


def make_day(seed: int) -> Day:
    """The day of that seed."""
    rng = random.Random(seed)
    buildings = [f"{SITE}/b{n:02}" for n in range(BUILDINGS)]
    table = {place: _label(n, rng) for n, place in enumerate(buildings)}
    places = parse({"version": 1, "place": table}, Places, Path("places.toml"))
    people = [_worker(n, hours, rng) for n, hours in enumerate(_hours())]
    roster = parse({"version": 1, "person": people}, Roster, Path("roster.toml"))
    crowd = [rng.uniform(0.5, 1.5) for _ in buildings]
    jobs = [
        Job(at_ns, rng.choices(buildings, crowd)[0], rng.randint(*_WORK_MIN) * MINUTE_NS)
        for at_ns in sorted(_moments(rng))
    ]
    return Day(places, roster, tuple(jobs))


def chosen(day: Day) -> Result:
    """The day as the roster's own choice has it."""
    return _played(day, _Chooser(day))


def in_rotation(day: Day) -> Result:
    """The day as it would be if those on duty took turns."""
    turns = cycle([person.id for person in day.roster.person])
    on = {person.id: person.pattern for person in day.roster.person}
    return _played(day, lambda job: next(p for p in turns if is_on_duty(on[p], job.at_ns, UTC)))


class _Chooser:
    """Asks `assign` for one person a job, with the load that the day has put on each so far."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._told: defaultdict[str, list[Job]] = defaultdict(list)

    def __call__(self, job: Job) -> str:
        scene = Scene(self._day.places, UTC, self._loads(job.at_ns))
        need = Need((Role.GRID_WORKER,), job.subject, Tier.URGENT, job.at_ns, choose=1)
        (choice,) = assign(self._day.roster, need, scene).choices
        self._told[choice.person.id].append(job)
        return choice.person.id

    def _loads(self, now_ns: int) -> Mapping[str, Load]:
        return {
            person.id: Load(
                sum(job.at_ns + job.work_ns > now_ns for job in self._told[person.id]),
                sum(job.at_ns > now_ns - RECENT_NS for job in self._told[person.id]),
            )
            for person in self._day.roster.person
        }


def keeps_bounds(ours: Result, theirs: Result) -> bool:
    """Whether the choice is even enough, and enough shorter than a rotation."""
    return ours.unevenness <= LOAD_MAX and ours.way_m <= WAY_MAX * theirs.way_m


def _played(day: Day, choose: Callable[[Job], str]) -> Result:
    homes = {person.id: person.home for person in day.roster.person}
    loads: Counter[str] = Counter()
    ways: list[float] = []
    for job in day.jobs:
        person = choose(job)
        loads[person] += 1
        ways.append(distance_m(day.places, homes[person], job.subject) or 0.0)
    return Result(max(loads.values()), len(day.jobs) / len(homes), fmean(ways))


def _label(number: int, rng: random.Random) -> dict[str, Any]:
    east, north = number % (BUILDINGS // _ROWS), number // (BUILDINGS // _ROWS)
    at_m = [(each + rng.uniform(-0.3, 0.3)) * _SPACING_M for each in (east, north)]
    return {"zh": f"{number + 1}栋", "en": f"Bldg {number + 1}", "at_m": at_m}


def _hours() -> Iterator[dict[str, str]]:
    for start, end, people, _ in _SHIFTS:
        yield from [{"from": start, "to": end}] * people


def _worker(number: int, hours: Mapping[str, str], rng: random.Random) -> dict[str, Any]:
    return {
        "id": f"w{number:02}",
        "name": f"W{number:02}",
        "roles": ["grid_worker"],
        "areas": [SITE],
        "sms": f"139{number:08}",
        "home": f"{SITE}/b{rng.randrange(BUILDINGS):02}",
        "shift": [hours],
    }


def _moments(rng: random.Random) -> Iterator[int]:
    starts = [int(start[:2]) for start, _, _, _ in _SHIFTS]
    busy = [weight for _, _, _, weight in _SHIFTS]
    for start in rng.choices(starts, busy, k=INCIDENTS):
        yield DAY_NS + start * HOUR_NS + rng.randrange(8 * HOUR_NS)


def main(argv: Sequence[str] | None = None) -> int:
    """0 the choice keeps its two bounds, 1 it does not, 2 usage."""
    parser = argparse.ArgumentParser(prog="shouwang duty day", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args(argv)
    day = make_day(options.seed)
    results = {"chosen": chosen(day), "in rotation": in_rotation(day)}
    if options.json:
        print(json.dumps({name: asdict(result) for name, result in results.items()}))
    else:
        for name, result in results.items():
            load = f"largest load {result.load_max} = {result.unevenness:.2f} of the mean"
            print(f"{name:12} {load}, mean way {result.way_m:.0f} m")
    return 0 if keeps_bounds(*results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
