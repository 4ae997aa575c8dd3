"""Every water supply of a site that is worth watching, and the homes on each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from edge.completeness import Home
from edge.detectors.base import supply_detectors
from edge.meter import Meter
from edge.reading import Finding, Kind, Reading
from edge.registry import Registry, Unit
from edge.supervision import Guard
from edge.supply import HOMES_MIN, Supply, moves_at
from edge.watch import Watched, judged

_NOBODY: Final = frozenset[str]()


def on_watched_supplies(registry: Registry, watched: Iterable[str]) -> frozenset[str]:
    """The homes whose meters tell of a supply on which somebody of `watched` lives."""
    groups = _groups(registry, set(watched))
    return frozenset(unit.code for _, units in groups for unit in units)


class Supplies:
    """The supplies, buildings before the risers in them, each with its rule."""

    def __init__(
        self,
        registry: Registry,
        homes: Mapping[str, Watched[Home]],
        watched: Iterable[str],
        utc_offset_h: float,
    ) -> None:
        self.by_subject: dict[str, Watched[Supply]] = {}
        self._of_home: defaultdict[str, list[Watched[Supply]]] = defaultdict(list)
        rules = [rule for kind in supply_detectors() for rule in kind.install()]
        cared = frozenset(watched)
        for subject, units in _groups(registry, cared):
            members = {unit.code: homes[unit.code].state for unit in units}
            within = self.by_subject.get(subject.rpartition("/")[0])
            supply = Supply(
                subject,
                members,
                tuple(unit for unit in units if unit.code in cared),
                within.state if within else None,
            )
            self._add(Watched(supply, rules, utc_offset_h), members)

    def of_home(self, code: str) -> list[Watched[Supply]]:
        """The supplies that the home `code` is on."""
        return self._of_home.get(code, [])

    def _add(self, each: Watched[Supply], members: Mapping[str, Home]) -> None:
        self.by_subject[each.state.subject] = each
        excused = each.state.excused
        for code, home in members.items():
            self._of_home[code].append(each)
            home.excuses.append(excused)


def observe(supplies: list[Watched[Supply]], code: str, meter: Meter, at_ns: int) -> frozenset[str]:
    """Take in what a `meter` of the home `code` shows, after its reading of `at_ns`.

    `supplies` are those that the home is on. Returns the homes that must be judged again,
    since an outage that excused them was none.
    """
    again = _NOBODY
    moves = moves_at(meter.chain, at_ns)
    for each in supplies:
        if each.state.observe(code, moves, at_ns):
            again |= each.state.codes()
    return again


def judged_supply(supply: Watched[Supply], reading: Reading, guard: Guard) -> Iterator[Finding]:
    """Yield what is to be said of a supply that is out or was, after `reading` of a home on it."""
    state = supply.state
    for watch in supply.watches:
        if watch.episode or state.outage:
            said = judged(watch, state, reading.at_ns, state.subject, reading)
            yield from guard(watch.rule, state.subject, said)


def _groups(
    registry: Registry, watched: set[str] | frozenset[str]
) -> Iterator[tuple[str, list[Unit]]]:
    """Yield the subject and homes of every supply with enough homes and somebody watched."""
    groups: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in registry.units():
        metered = any(bound.device.kind is Kind.WATER for bound in registry.home(unit.code))
        if metered and unit.bulk is None:
            building = f"{registry.site}/{unit.building}"
            groups[building].append(unit)
            if unit.riser is not None:
                groups[f"{building}/{unit.riser}"].append(unit)
    for subject in sorted(groups, key=lambda text: (text.count("/"), text)):
        units = groups[subject]
        if len(units) >= HOMES_MIN and any(unit.code in watched for unit in units):
            yield subject, units
