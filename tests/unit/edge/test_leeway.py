"""The contract of every rule that outcomes may move, found unasked."""

from typing import Any

import pytest

from edge.completeness import Home
from edge.detectors.base import detectors
from edge.detectors.water_running import WaterRunning
from edge.door_terms import DoorTerms
from edge.leak_terms import LeakTerms
from edge.leeway import at_scale, is_tunable
from edge.presence import Presence
from edge.reading import Kind, Tier
from edge.registry import Device, Unit
from edge.rule_names import life_safety, tunable_rules

_TERMS = {
    "Home": Unit(code="u01", building="b01", leaks=LeakTerms()),
    "Presence": Device(id="d1", kind=Kind.WATER, unit="u01"),
    "Door": DoorTerms(held_open="10 min"),
}


def _installed(kind: Any) -> tuple[Any, ...]:
    terms = _TERMS.get(kind.watches.__name__)
    installed: tuple[Any, ...] = kind.install(terms) if terms else kind.install()
    return installed


TUNABLE = [
    rule
    for kind in detectors()
    if hasattr(kind, "tunes")
    for rule in _installed(kind)
    if is_tunable(rule)
]


@pytest.mark.parametrize("rule", TUNABLE, ids=lambda rule: rule.rule)
class TestEveryRuleWithLeeway:
    def test_it_may_be_named_in_the_settings(self, rule: Any) -> None:
        assert tunable_rules()[rule.rule] == rule.tunes.most

    def test_its_bound_is_a_small_number_above_what_was_agreed(self, rule: Any) -> None:
        assert 1.0 < rule.tunes.most <= 3.0

    def test_it_is_never_about_an_emergency(self, rule: Any) -> None:
        assert rule.tier is not Tier.URGENT
        assert rule.rule not in life_safety()

    def test_what_was_agreed_is_itself(self, rule: Any) -> None:
        assert at_scale(rule, 1.0) is rule
        assert at_scale(rule, 0.5) is rule

    def test_it_is_another_rule_within_its_bound_and_none_beyond(self, rule: Any) -> None:
        most = rule.tunes.most
        assert at_scale(rule, 1.2) != rule
        assert at_scale(rule, 1.2) != at_scale(rule, most)
        assert at_scale(rule, 100.0) == at_scale(rule, most)

    def test_it_keeps_its_name_its_tier_and_its_version(self, rule: Any) -> None:
        other = at_scale(rule, 1.5)
        assert (other.rule, other.tier, other.version) == (rule.rule, rule.tier, rule.version)
        assert type(other) is type(rule)


def test_the_folder_is_searched() -> None:
    assert {rule.rule for rule in TUNABLE} == set(tunable_rules())
    assert {rule.watches for rule in TUNABLE} >= {Home, Presence}


def test_what_is_urgent_has_no_leeway() -> None:
    alone = Unit(code="u01", building="b01", care=("alone",), leaks=LeakTerms())
    running, burst = WaterRunning.install(alone)
    assert at_scale(running, 2.0) is running
    assert at_scale(burst, 2.0) is burst
