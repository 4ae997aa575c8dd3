"""Whether a rule speaks to people, or only writes down what it would have said.

A mode changes no judgement: a rule in the shadow lives through the same readings with the same
memory.
"""

from collections.abc import Mapping
from enum import StrEnum

TRIAL = "-trial"
"""How the names of rules end that hold terms on trial."""


class Mode(StrEnum):
    """Where what a rule says goes to."""

    LIVE = "live"
    SHADOW = "shadow"


IN = "@"
"""Stands between a rule and the one home in which it is meant: leak_slow@u0101."""
Modes = Mapping[str, Mode]
"""Of the rules, and of rules in one home, that were given one."""


def mode_of(name: str, modes: Modes) -> Mode:
    """The mode of a rule, or of a rule in one home, where that was given none of its own.

    Live where nothing else was said, and the shadow for what is on trial.
    """
    rule = rule_in(name)
    usual = Mode.SHADOW if rule.endswith(TRIAL) else Mode.LIVE
    return modes.get(name) or modes.get(rule) or usual


def rule_in(name: str) -> str:
    """The rule of a name that may be that of a rule in one home."""
    return name.partition(IN)[0]


def name_at(rule: str, subject: str) -> str:
    """The name of `rule` in the home of `subject`; the rule's own where it is about no home."""
    unit = subject.split("/")[2:3]
    return f"{rule}{IN}{unit[0]}" if unit else rule
