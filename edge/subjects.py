"""Who is watched by which rules, as the registry says."""

from collections.abc import Iterator

from edge.adapters import Adapter, adapters
from edge.completeness import Home
from edge.detectors.base import adapter_detectors, device_detectors, home_detectors
from edge.presence import Presence
from edge.reading import SECOND_NS, Kind
from edge.registry import Registry
from edge.supplies import on_watched_supplies
from edge.watch import Watched


def watched_homes(registry: Registry, utc_offset_h: float) -> Iterator[tuple[str, Watched[Home]]]:
    """Yield every home that some rule watches, or whose supply one does, by its code."""
    rules_of = {
        unit.code: [rule for kind in home_detectors() for rule in kind.install(unit)]
        for unit in registry.units()
    }
    neighbours = on_watched_supplies(registry, (code for code, rules in rules_of.items() if rules))
    for unit in registry.units():
        rules = rules_of[unit.code]
        if rules or unit.code in neighbours:
            water = [b for b in registry.home(unit.code) if b.device.kind is Kind.WATER]
            yield unit.code, Watched(Home(water), rules, utc_offset_h)


def watched_devices(
    registry: Registry, utc_offset_h: float
) -> Iterator[tuple[str, Watched[Presence]]]:
    """Yield every device that some rule watches, by its id."""
    for name in registry.devices():
        bound = [binding.device for binding in registry.bindings(name)]
        rules = [rule for kind in device_detectors() for rule in kind.install(bound[0])]
        intervals_ns = [int(d.interval_s * SECOND_NS) for d in bound if d.interval_s]
        presence = Presence(expected_ns=next(iter(intervals_ns), None))
        if rules:
            yield name, Watched(presence, rules, utc_offset_h)


def watched_adapters(
    registry: Registry, utc_offset_h: float
) -> Iterator[tuple[str, Watched[Adapter]]]:
    """Yield every adapter of the site, by its id."""
    rules = [rule for kind in adapter_detectors() for rule in kind.install()]
    for name, adapter in adapters(registry).items():
        yield name, Watched(adapter, rules, utc_offset_h)
