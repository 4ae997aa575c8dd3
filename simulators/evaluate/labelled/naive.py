"""What the field's rules have in common."""

from edge.reading import HOUR_NS
from simulators.evaluate.labelled.scenario import START_NS


def hour_of_day(at_ns: int) -> float:
    """The local time of day, in hours."""
    return (at_ns - START_NS) / HOUR_NS % 24
