"""The rules that can be judged, by name: each is a registry, as an edge is given it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from edge.registry import Registry

UNIT, METER, DOOR = "home", "meter", "door"
"""The codes of the one home there is, and of its devices."""


class Rule(NamedTuple):
    """What the home's row of the registry says for it, and the name its findings bear.

    `beside` are the kinds of further devices, by id.
    """

    unit: Mapping[str, Any]
    finding: str
    beside: tuple[tuple[str, str], ...] = ()

    def registry(self) -> Registry:
        """A registry of one home with a meter and a door, under this rule."""
        return Registry.parse(
            {
                "version": 1,
                "site": "evaluation",
                "unit": [{"code": UNIT, "building": "b01", "care": ["alone"], **self.unit}],
                "device": [
                    {"id": METER, "kind": "water", "unit": UNIT},
                    {"id": DOOR, "kind": "door", "unit": UNIT},
                    *({"id": name, "kind": kind, "unit": UNIT} for name, kind in self.beside),
                ],
            },
            Path("evaluation"),
        )


def _under(threshold_l: float, window: str) -> Rule:
    return Rule({"welfare": {"window": window, "threshold_l": threshold_l}}, "welfare")


def routine(
    alarms_per_month: float, with_door: float = 0.1, beside: tuple[tuple[str, str], ...] = ()
) -> Rule:
    """The home's own routine, for so many alarms a month without a door and with one.

    The kinds of the devices `beside` are those whose signs it heeds.
    """
    terms = {
        "alarms_per_month": alarms_per_month,
        "alarms_per_month_with_door": with_door,
        "signs": [kind for _, kind in beside],
    }
    return Rule({"routine": terms}, "routine", beside)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "12h-10l": _under(10.0, "12 h"),
        "12h-1l": _under(1.0, "12 h"),
        "24h-10l": _under(10.0, "24 h"),
        "welfare": Rule({"routine": {}}, "routine"),  # as shipped: one alarm a home-month
        "welfare-2": routine(2.0),
    }
)


def named(text: str) -> dict[str, Rule]:
    """The rules of a comma-separated list; "all" is every rule.

    Raises:
        ValueError: a name is unknown, or there is none.
    """
    parts = [part.strip() for part in text.split(",")]
    names = tuple(RULES) if parts == ["all"] else tuple(parts)
    unknown = ", ".join(repr(name) for name in names if name not in RULES)
    if unknown:
        raise ValueError(f"--rules: no rule {unknown}; there are {', '.join(RULES)}, and all")
    return {name: RULES[name] for name in names}
