"""The names of all rules, and which of them may never be put into the shadow.

What a device says by itself of fire, gas or a call for help always goes to people.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from edge.completeness import Home
from edge.detectors.base import detectors, signal_detectors
from edge.leak_terms import LeakTerms
from edge.leeway import is_tunable
from edge.mode import IN, Mode, Modes
from edge.reading import Tier
from edge.registry import Unit
from edge.settings import Settings
from edge.topic import is_segment
from edge.welfare_terms import RoutineTerms, WelfareTerms


class RuleSettings(Settings):
    """What edge.toml says of one rule."""

    mode: Mode = Mode.LIVE


@lru_cache(maxsize=1)
def known_rules() -> frozenset[str]:
    """The name of every rule that there is."""
    home = Unit(
        code="any",
        building="any",
        care=("alone",),
        welfare=(WelfareTerms(),) * 4,
        routine=RoutineTerms(trial_alarms_per_month=2.0),
        leaks=LeakTerms(),
    )
    named = {name for kind in detectors() if (name := _own_name(kind))}
    at_home = {rule.rule for kind in detectors() for rule in _installed_at(kind, home)}
    return frozenset(named | at_home | life_safety() | _signals())


@lru_cache(maxsize=1)
def tunable_rules() -> Mapping[str, float]:
    """The rules that outcomes may move, each with the most that its scale may come to."""
    home = Unit(code="any", building="any", leaks=LeakTerms())
    kinds = [kind for kind in detectors() if hasattr(kind, "tunes")]
    at_home = [rule for kind in kinds for rule in _installed_at(kind, home) if is_tunable(rule)]
    told = {rule.rule: rule.tunes.most for rule in at_home}
    others = [kind for kind in kinds if kind.watches is not Home]
    return MappingProxyType(told | {str(_own_name(kind)): kind.tunes.most for kind in others})


@lru_cache(maxsize=1)
def life_safety() -> frozenset[str]:
    """The rules that pass on what a device says of an emergency."""
    return frozenset(rule for rule, tier in _alarms() if tier is Tier.URGENT)


def faults_of(modes: Modes) -> dict[str, str]:
    """What is wrong with `modes`, by name."""
    wrong: dict[str, str] = {}
    for name, mode in modes.items():
        rule, at, unit = name.partition(IN)
        if rule not in known_rules():
            wrong[name] = "there is no such rule"
        elif at and not is_segment(unit):
            wrong[name] = "names no home; write RULE@UNIT"
        elif rule in life_safety() and mode is not Mode.LIVE:
            wrong[name] = "passes on an emergency and can only be live"
    return wrong


def _signals() -> set[str]:
    return {rule for rule, _ in _alarms()}


def _alarms() -> list[tuple[str, Tier]]:
    return [
        (rule.rule, rule.tier)
        for kind in signal_detectors()
        for channel in kind.channels()
        for rule in kind.install(channel)
    ]


def _own_name(kind: Any) -> str | None:
    """The name that is the same for every rule of its class; None where it has several."""
    if isinstance(name := getattr(kind, "rule", None), str):
        return name
    defaults = [each.default for each in fields(kind) if each.name == "rule"]
    return next((str(each) for each in defaults if each is not MISSING), None)


def _installed_at(kind: Any, home: Unit) -> tuple[Any, ...]:
    return kind.install(home) if kind.watches is Home else ()
