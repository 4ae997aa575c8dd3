"""When a resident said that they would be away, as spans of time that prove nothing about them.

Pure. A span holds from its start until before its end, by event time.
"""

from typing import NamedTuple

from edge.registry import Unit
from edge.settings import nanoseconds


class Span(NamedTuple):
    """Away from `start_ns` until `end_ns`."""

    start_ns: int
    end_ns: int


Spans = tuple[Span, ...]
"""In order of their starts; they may overlap."""


def spans(unit: Unit) -> Spans:
    """The absences that were declared for a home."""
    told = ((nanoseconds(each.start), nanoseconds(each.end)) for each in unit.away)
    return tuple(Span(*each) for each in sorted(told))


def within(away: Spans, start_ns: int, end_ns: int) -> Span | None:
    """The first absence of which some lies between two times; None where none does."""
    return next((each for each in away if each.start_ns < end_ns and start_ns < each.end_ns), None)


def home_since_ns(away: Spans, since_ns: int, until_ns: int) -> int:
    """`since_ns`, or the last end of an absence after it, up to `until_ns`."""
    return max((e.end_ns for e in away if since_ns < e.end_ns <= until_ns), default=since_ns)
