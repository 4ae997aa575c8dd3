"""What is wrong with a whole set of plans beside its form: holes and circles, by name."""

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.plan import ChannelName, Party, Plan, Plans, Role, Step, Terms

PROBLEMS_MAX = 50


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing wrong, at `key` of the document, and what to do about it."""

    key: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Manned:
    """Which roles somebody has, and which channels there are."""

    roles: frozenset[Role]
    channels: frozenset[ChannelName]


def problems(plans: Plans, manned: Manned) -> list[PlanProblem]:
    """Every hole and circle, up to 50, in the order of the document."""
    found = [
        each
        for number, plan in enumerate(plans.plan)
        for each in (*_holes(plan, f"plan.{number}", manned), *_circles(plan, f"plan.{number}"))
    ]
    return found[:PROBLEMS_MAX]


def _terms(plan: Plan, key: str) -> Iterator[tuple[str, Terms, tuple[Role, ...]]]:
    """Yield everybody who has limits: where that stands, the limits, and their roles."""
    yield key, plan, plan.step[0].roles
    for number, step in enumerate(plan.step):
        yield f"{key}.step.{number}", step, step.roles
    for number, party in enumerate(plan.party):
        yield f"{key}.party.{number}", party, party.roles


def _holes(plan: Plan, key: str, manned: Manned) -> Iterator[PlanProblem]:
    steps: list[tuple[str, Step | Party]]
    steps = [(f"{key}.step.{number}", step) for number, step in enumerate(plan.step)]
    steps += [(f"{key}.party.{number}", party) for number, party in enumerate(plan.party)]
    for where, step in steps:
        if not set(step.roles) & manned.roles:
            named = ", ".join(step.roles)
            yield PlanProblem(where, f"nobody is {named}", "name a role that somebody has")
        for channel in step.channels:
            if channel not in manned.channels:
                remedy = f"write one of {', '.join(sorted(manned.channels))}"
                yield PlanProblem(f"{where}.channels", f'no channel "{channel}"', remedy)
    for where, terms, _ in _terms(plan, key):
        for kind, roles in terms.on_miss.items():
            if not set(roles) & manned.roles:
                problem = f"nobody is {', '.join(roles)}"
                yield PlanProblem(f"{where}.on_miss.{kind}", problem, "name a role of the roster")


def _circles(plan: Plan, key: str) -> Iterator[PlanProblem]:
    """Yield each way on which word of a miss comes back to those who missed it."""
    above: dict[Role, set[Role]] = {}
    for _, terms, roles in _terms(plan, key):
        for told in terms.on_miss.values():
            for role in roles:
                above.setdefault(role, set()).update(told)
    told_of: set[frozenset[Role]] = set()
    for role in above:
        way = _way_back(role, above)
        if way and frozenset(way) not in told_of:
            told_of.add(frozenset(way))
            problem = f"word of a miss comes back: {' → '.join(way)}"
            yield PlanProblem(f"{key}.on_miss", problem, "tell somebody further up")


def _way_back(start: Role, above: dict[Role, set[Role]]) -> tuple[Role, ...]:
    """The shortest way from `start` to itself; empty when there is none."""
    ways: list[tuple[Role, ...]] = [(start,)]
    seen: set[Role] = set()
    for way in ways:
        for role in sorted(above.get(way[-1], ())):
            if role == start:
                return (*way, role)
            if role not in seen:
                seen.add(role)
                ways.append((*way, role))
    return ()
