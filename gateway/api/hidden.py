"""Which homes nobody can judge now, and why: no water supply, no adapter, no edge.

Such a home is unknown on every screen, whatever its last readings said.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import sqlalchemy as sa

from edge.registry import Registry, Unit
from gateway.db.engine import reading
from gateway.db.registry_tables import device_seen
from gateway.db.tables import edge_status, incident

_RULES = ("supply_outage", "adapter_down", "edge_down")
_CONDITIONS_MAX = 1_000


class Hidden:
    """Asks the conditions that are known to hold, be their incidents closed or not."""

    def __init__(self, database: sa.Engine, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    def go_by(self, registry: Registry) -> None:
        """Say which homes are behind what by `registry` from now on."""
        self._registry = registry

    def homes(self, now_ns: int) -> dict[str, str]:
        """The rule that hides a home, by the home's code; a short indexed read."""
        with reading(self._database) as connection:
            query = (
                sa.select(incident.c.rule, incident.c.subject)
                .where(incident.c.rule.in_(_RULES), incident.c.condition_active)
                .limit(_CONDITIONS_MAX)
            )
            rows = [(row.rule, row.subject) for row in connection.execute(query)]
            edges = connection.execute(sa.select(sa.func.count()).select_from(edge_status))
            down = {subject.split("/")[-1] for rule, subject in rows if rule == "edge_down"}
            heard = None if len(down) >= edges.scalar_one() else _heard_by(connection, down)
        found: dict[str, str] = {}
        for rule, subject in rows:
            for unit in self._behind(rule, subject, now_ns, heard):
                found.setdefault(unit.code, rule)
        return found

    def _behind(
        self, rule: str, subject: str, now_ns: int, heard: Mapping[str, AbstractSet[str]] | None
    ) -> Iterator[Unit]:
        """Yield the homes: of an edge those whose devices it `heard` last, or all (None)."""
        _, *rest = subject.split("/")
        for unit in self._registry.units():
            hides = {
                "supply_outage": rest in ([unit.building], [unit.building, unit.riser]),
                "adapter_down": self._hangs_on(unit, rest[-1], now_ns),
                "edge_down": heard is None
                or self._has_any_of(unit, heard.get(rest[-1], frozenset()), now_ns),
            }
            if hides[rule]:
                yield unit

    def _has_any_of(self, unit: Unit, devices: AbstractSet[str], now_ns: int) -> bool:
        return bool(devices) and any(
            binding.device.id in devices and binding.covers(now_ns)
            for binding in self._registry.home(unit.code)
        )

    def _hangs_on(self, unit: Unit, adapter: str, now_ns: int) -> bool:
        return any(
            binding.device.adapter == adapter and binding.covers(now_ns)
            for binding in self._registry.home(unit.code)
        )


def _heard_by(connection: sa.Connection, edges: AbstractSet[str]) -> Mapping[str, AbstractSet[str]]:
    """The devices that each of `edges` was the last to hear, where edges tell of devices."""
    query = sa.select(device_seen.c.edge, device_seen.c.device)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query.where(device_seen.c.edge.in_(edges))) if edges else ():
        found[row.edge].add(row.device)
    return found
