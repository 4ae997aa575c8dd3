"""Homes whose water of months fits neither an empty nor a usual home: a list for a visit.

Totals of a utility and nothing else: no faces, no doors, no names. Nobody is told by itself and
nothing follows by itself; a person goes and asks. What is not known is not on the list.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from statistics import median

from msgspec import Struct

VACANT_L = 300.0
"""In thirty days: less than a dripping tap, or ten litres a day, which nobody lives on."""
CROWDED_TIMES = 4.0
CROWDED_L = 25_000.0
"""In thirty days, and so many times the median of the site: more than eight usual people."""
HOMES_MIN = 5
"""Among fewer homes a median is somebody's own use, and is not told."""


class Reason(StrEnum):
    """Why somebody should go and ask."""

    VACANT = "vacant"
    CROWDED = "crowded"


class Visit(Struct, frozen=True):
    """A home to visit: its litres of each thirty days, the last first, beside the median's."""

    unit: str
    reason: Reason
    litres: tuple[float, ...]
    median_l: float | None


class Looked(Struct, frozen=True):
    """The list, the worst first; how many homes were known, and how many nobody knows."""

    visits: tuple[Visit, ...]
    known: int
    unknown: int
    away: int


def visits(
    litres: Mapping[str, Sequence[float | None]], away: frozenset[str], limit: int
) -> Looked:
    """At most `limit` homes to visit by their `litres` of thirty days each, None where unknown.

    Those who said that they are `away` are known to be empty, and left alone.
    """
    known = {unit: [v for v in values if v is not None] for unit, values in litres.items()}
    whole = {unit: found for unit, found in known.items() if len(found) == len(litres[unit])}
    usual_l = median(found[0] for found in whole.values()) if len(whole) >= HOMES_MIN else None
    found_visits = []
    for unit, found in whole.items():
        reason = _reason(found, usual_l)
        if reason is not None and not (reason is Reason.VACANT and unit in away):
            found_visits.append(Visit(unit, reason, tuple(found), usual_l))
    found_visits.sort(key=lambda each: (each.reason, -sum(each.litres), each.unit))
    unknown = len(litres) - len(whole)
    return Looked(tuple(found_visits[:limit]), len(whole), unknown, len(away & whole.keys()))


def _reason(litres: Sequence[float], usual_l: float | None) -> Reason | None:
    """What all of its months say; one month alone says nothing."""
    if litres and max(litres) <= VACANT_L:
        return Reason.VACANT
    if litres and usual_l is not None and min(litres) >= max(CROWDED_L, CROWDED_TIMES * usual_l):
        return Reason.CROWDED
    return None
