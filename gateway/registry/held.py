"""A site's registry as the gateway holds it: cards, homes and the rest, in TOML's shape.

What this code does not know it keeps: keys of a later day pass through to the edges as they
came from the file.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.registry import Registry
from gateway.registry.card import Card, Row, read_ns

_PLACE = frozenset({"id", "unit", "from", "to"})
_FIRST_NS = -(2**63)


@dataclass(frozen=True, slots=True)
class Held:
    """One version: `units` by code, `cards` by device, `sections` is every other key."""

    version: int
    sections: Mapping[str, Any]
    units: Mapping[str, Mapping[str, Any]]
    cards: Mapping[str, Card]

    def table(self) -> dict[str, Any]:
        """It in the form of registry.toml; in order, so that equal versions are equal bytes."""
        return {
            **self.sections,
            "unit": [dict(self.units[code]) for code in sorted(self.units)],
            "device": [row for name in sorted(self.cards) for row in self.cards[name].table()],
        }

    def registry(self) -> Registry:
        """It as the edges will read it.

        Raises:
            ConfigError: they would refuse it.
        """
        return Registry.parse(self.table(), Path("registry"))

    def with_card(self, card: Card, version: int) -> "Held":
        """The next version, in which `card` stands for its device."""
        return replace(self, version=version, cards={**self.cards, card.device: card})

    def with_unit(self, unit: Mapping[str, Any], version: int) -> "Held":
        """The next version, in which `unit` is the row of its home."""
        return replace(self, version=version, units={**self.units, unit["code"]: unit})

    def with_section(self, name: str, value: Any, version: int) -> "Held":
        """The next version, in which that section is `value`; None takes it away."""
        rest = {key: each for key, each in self.sections.items() if key != name}
        sections = rest if value is None else {**rest, name: value}
        return replace(self, version=version, sections=dict(sorted(sections.items())))


def held(table: Mapping[str, Any], version: int) -> Held:
    """A sound table as `version`."""
    plain = _plain(table)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for each in plain.get("device", []):
        terms = {key: value for key, value in each.items() if key not in _PLACE}
        span = read_ns(each.get("from")), read_ns(each.get("to"))
        rows[each["id"]].append(Row(each["unit"], *span, terms))
    found = {name: Card(name, tuple(sorted(group, key=_begin))) for name, group in rows.items()}
    units = {unit["code"]: unit for unit in plain.get("unit", [])}
    sections = {key: value for key, value in plain.items() if key not in {"unit", "device"}}
    return Held(version, sections, units, found)


def _begin(row: Row) -> int:
    return _FIRST_NS if row.from_ns is None else row.from_ns


def _plain(value: Any) -> Any:
    """`value` with its times as texts, so that TOML and JSON say the same."""
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
