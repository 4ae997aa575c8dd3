"""在用率: which part of the time that a camera or lift should be up it is known to have been.

Expected is every minute in which the registry has the device hang somewhere. What no edge knows
is counted apart, and never as up; time that was planned to be down is not expected.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from edge.reading import MINUTE_NS, SECOND_NS, Kind
from edge.registry import Binding, Registry
from gateway.db.uptimes import DayRow

_MINUTE_MS = 60_000
WORST_MAX = 20


class Share(Struct, frozen=True):
    """So many `devices` in whole minutes; `share` is None where nothing was expected."""

    devices: int
    expected_min: int
    up_min: int
    down_min: int
    planned_min: int
    unknown_min: int
    downs: int
    share: float | None


class AreaDay(Struct, frozen=True):
    """One local day in one area: the site or a building, by its path."""

    day: str
    area: str
    share: Share


class Part(Struct, frozen=True):
    """A device on a day, in milliseconds; what is neither is unknown."""

    device: str
    expected_ms: int
    up_ms: int = 0
    down_ms: int = 0
    planned_ms: int = 0
    downs: int = 0


def day_of(at_ns: int, zone: tzinfo) -> int:
    """The local day since 1970 that it is at `at_ns`."""
    local = datetime.fromtimestamp(at_ns // SECOND_NS, zone)
    return (local.date() - _FIRST.date()).days


def day_name(day: int) -> str:
    """That day as ISO 8601 writes it."""
    return (_FIRST + timedelta(days=day)).date().isoformat()


def span_ns(day: int, zone: tzinfo) -> tuple[int, int]:
    """When that local day begins and ends."""
    begins, ends = ((_FIRST + timedelta(days=each)).replace(tzinfo=zone) for each in (day, day + 1))
    return round(begins.timestamp()) * SECOND_NS, round(ends.timestamp()) * SECOND_NS


def parts(
    registry: Registry, kind: Kind, rows: Iterable[DayRow], days: range, zone: tzinfo
) -> dict[tuple[int, str], list[Part]]:
    """What each device of that kind was on each of `days`, by day and area."""
    known = {(row.day, row.device): row for row in rows}
    found: defaultdict[tuple[int, str], list[Part]] = defaultdict(list)
    for name in registry.devices():
        bindings = [b for b in registry.bindings(name) if b.device.kind is kind]
        for day in days if bindings else ():
            spans_ms = {b: _overlap_ms(b, span_ns(day, zone)) for b in bindings}
            binding = max(spans_ms, key=spans_ms.__getitem__)
            if expected_ms := sum(spans_ms.values()):
                part = _part(name, expected_ms, known.get((day, name)))
                for area in (registry.site, f"{registry.site}/{binding.unit.building}"):
                    found[day, area].append(part)
    return dict(found)


def by_area_and_day(found: Mapping[tuple[int, str], list[Part]]) -> Iterator[AreaDay]:
    """Yield the share of each area and day, in order."""
    for (day, area), group in sorted(found.items()):
        yield AreaDay(day_name(day), area, total(group))


def by_area(found: Mapping[tuple[int, str], list[Part]]) -> dict[str, Share]:
    """The share of each area over all days."""
    groups: defaultdict[str, list[Part]] = defaultdict(list)
    for (_, area), group in found.items():
        groups[area] += group
    return {area: total(group) for area, group in sorted(groups.items())}


def worst(found: Mapping[tuple[int, str], list[Part]], site: str) -> list[tuple[str, Share]]:
    """The devices with the least share, at most 20 and none that was always up."""
    groups: defaultdict[str, list[Part]] = defaultdict(list)
    for (_, area), group in found.items():
        for part in group if area == site else ():
            groups[part.device].append(part)
    shares = [(device, total(group)) for device, group in groups.items()]
    poor = [each for each in shares if each[1].share is not None and each[1].share < 1.0]
    return sorted(poor, key=lambda each: (each[1].share, each[0]))[:WORST_MAX]


def total(group: Iterable[Part]) -> Share:
    """The sum of a group, to the minute."""
    listed = list(group)
    expected_ms, planned_ms = (
        sum(p.expected_ms for p in listed),
        sum(p.planned_ms for p in listed),
    )
    up_ms, down_ms = sum(p.up_ms for p in listed), sum(p.down_ms for p in listed)
    expected, up, down, planned = (
        round(each_ms / _MINUTE_MS) for each_ms in (expected_ms, up_ms, down_ms, planned_ms)
    )
    wanted_ms = expected_ms - planned_ms
    return Share(
        devices=len({part.device for part in listed}),
        expected_min=expected,
        up_min=up,
        down_min=down,
        planned_min=planned,
        unknown_min=max(0, expected - up - down - planned),
        downs=sum(part.downs for part in listed),
        share=up_ms / wanted_ms if wanted_ms > 0 else None,
    )


def _part(device: str, expected_ms: int, row: DayRow | None) -> Part:
    """What is known, but no more than was expected: a device that moved counts where it hung."""
    if row is None:
        return Part(device, expected_ms)
    left_ms, spans_ms = expected_ms, []
    for span_ms in (row.down_ms, row.planned_ms, row.up_ms):
        spans_ms.append(min(span_ms, left_ms))
        left_ms -= spans_ms[-1]
    down_ms, planned_ms, up_ms = spans_ms
    return Part(device, expected_ms, up_ms, down_ms, planned_ms, row.downs)


def _overlap_ms(binding: Binding, span: tuple[int, int]) -> int:
    from_ns, to_ns = max(binding.from_ns, span[0]), min(binding.to_ns, span[1])
    return max(0, to_ns - from_ns) * _MINUTE_MS // MINUTE_NS


_FIRST = datetime(1970, 1, 1)  # noqa: DTZ001  (a calendar day, in whatever zone)
