"""Areas that a request may name: the site, a building of it, or a home."""

from edge.registry import Registry
from gateway.api.desk import Desk
from gateway.api.problem import Problem


def has_area(registry: Registry, area: str) -> bool:
    """Whether `area` is the site, or a building or home of it, by whole codes."""
    if area == registry.site:
        return True
    homes = (registry.subject(unit.code) for unit in registry.units())
    return any(area in {subject, subject.rpartition("/")[0]} for subject in homes)


def check_area(desk: Desk, area: str) -> None:
    """Return when `area` is one of this site.

    Raises:
        Problem: 422.
    """
    if not has_area(desk.homes.registry, area):
        raise Problem(422, "no_such_area", "There is no such area; write s01, s01/b01 or a home.")
