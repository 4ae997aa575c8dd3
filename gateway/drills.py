"""What tells a drill from an alarm: it is found by no detector, and by no statistic."""

from edge.reading import Finding

RULE = "drill"
"""The rule of every drill; no detector is called so."""


def is_drill(rule: str) -> bool:
    """Whether incidents of `rule` are drills."""
    return rule == RULE


def marked(finding: Finding) -> bool:
    """Whether `finding` opens a drill."""
    return is_drill(finding.rule)
