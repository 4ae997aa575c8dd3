"""Which homes each bulk meter feeds: all of its building, or all of its riser."""

from edge.reading import Kind
from edge.registry import Registry, Unit


def fed_by(registry: Registry, bulk: Unit) -> tuple[str, ...]:
    """The codes of the homes with a water meter behind `bulk`, where all are said to have one."""
    if bulk.bulk is None or not bulk.bulk.complete:
        return ()
    return tuple(
        unit.code
        for unit in registry.units()
        if unit.bulk is None
        and unit.building == bulk.building
        and bulk.riser in {None, unit.riser}
        and any(bound.device.kind is Kind.WATER for bound in registry.home(unit.code))
    )


def fed_by_any(registry: Registry) -> frozenset[str]:
    """The homes behind any bulk meter."""
    return frozenset(code for unit in registry.units() for code in fed_by(registry, unit))
