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


Modes = Mapping[str, Mode]
"""Of the rules that were given one."""


def mode_of(rule: str, modes: Modes) -> Mode:
    """The mode of `rule`: live where nothing else was said, and the shadow for what is on trial."""
    return modes.get(rule, Mode.SHADOW if rule.endswith(TRIAL) else Mode.LIVE)
