"""How far outcomes may move what a rule asks for, as the rule's own file declares it.

A detector with leeway has `tunes`, its `Bounds`, and `scaled(scale)`, which is the same rule asking
for that many times what it does: a longer wait, a longer row. What is urgent has no leeway at all.
"""

from typing import Any, NamedTuple

from edge.reading import Tier


class Bounds(NamedTuple):
    """The scale goes from 1.0, which was agreed, up to `most`."""

    most: float


def is_tunable(rule: Any) -> bool:
    """Whether outcomes may move it: it declares bounds, and is not urgent."""
    return hasattr(rule, "tunes") and rule.tier is not Tier.URGENT


def at_scale(rule: Any, scale: float) -> Any:
    """`rule` at `scale`, as far as its bounds allow; itself where it has no leeway."""
    if not is_tunable(rule):
        return rule
    within = min(max(scale, 1.0), rule.tunes.most)
    return rule if within == 1.0 else rule.scaled(within)
