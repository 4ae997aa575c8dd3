"""When a home's resident is away, in its row of the registry: declared, and back again. Pure.

The latest word holds: an absence that is declared takes the place of whatever reaches into it.
"""

from collections.abc import Mapping
from typing import Any

from edge.reading import DAY_NS, SECOND_NS
from edge.welfare_terms import AWAYS_MAX
from gateway.registry.card import Impossible, iso, read_ns

LONGEST_NS = 61 * DAY_NS
KEPT_NS = 30 * DAY_NS
"""What is over for so long is forgotten."""

Span = tuple[int, int]


def spans(unit: Mapping[str, Any]) -> list[Span]:
    """The absences of a home, in order: from when until when."""
    rows = [(read_ns(each["from"]), read_ns(each["to"])) for each in unit.get("away", [])]
    return sorted((start, end) for start, end in rows if start is not None and end is not None)


def declared(unit: Mapping[str, Any], span: Span, now_ns: int) -> dict[str, Any]:
    """The home with its resident away in `span`.

    Raises:
        Impossible: it ends before it begins or is over, or is longer than two months.
    """
    start_ns, end_ns = span
    if end_ns <= max(start_ns, now_ns):
        raise Impossible("over", "The absence must end later than it begins, and later than now.")
    if end_ns - start_ns > LONGEST_NS:
        raise Impossible("too_long", "An absence is for 60 days at most; declare it again then.")
    return _with(unit, [*_cut(unit, start_ns), span], now_ns)


def back(unit: Mapping[str, Any], now_ns: int) -> dict[str, Any]:
    """The home with its resident there from now on.

    Raises:
        Impossible: nobody was said to be away.
    """
    if all(end_ns <= now_ns for _, end_ns in spans(unit)):
        raise Impossible("not_away", "No absence is declared for that home.")
    return _with(unit, _cut(unit, now_ns), now_ns)


def _cut(unit: Mapping[str, Any], at_ns: int) -> list[Span]:
    """What is left of the absences before `at_ns`."""
    return [(start, min(end, at_ns)) for start, end in spans(unit) if start < at_ns]


def _with(unit: Mapping[str, Any], found: list[Span], now_ns: int) -> dict[str, Any]:
    kept = [span for span in found if span[1] > now_ns - KEPT_NS][-AWAYS_MAX:]
    rows = [{"from": _to_the_second(start), "to": _to_the_second(end)} for start, end in kept]
    rest = {key: value for key, value in unit.items() if key != "away"}
    return rest | ({"away": rows} if rows else {})


def _to_the_second(at_ns: int) -> str:
    return iso(at_ns // SECOND_NS * SECOND_NS)
