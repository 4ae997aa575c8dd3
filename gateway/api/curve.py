"""A home's water by the hour, and honestly: what cannot be known is not drawn as zero.

A cumulative register is asked at both ends of an hour. It answers where two readings
stand close around that end, or where they are equal however far apart; else the hour is
unknown, and only the total over the whole unknown stretch is told.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import groupby

from msgspec import Struct

from edge.history import Span
from edge.reading import HOUR_NS
from gateway.api.register import Register


class Known(StrEnum):
    """How much of an hour the data tell."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # the data end within this hour: at least so much
    UNKNOWN = "unknown"


class Hour(Struct, frozen=True):
    """One hour from `start_ns`; `volume_l` is None exactly when it is unknown."""

    start_ns: int
    known: Known
    volume_l: float | None


class Gap(Struct, frozen=True):
    """A stretch of unknown hours; `volume_l` is the use within it as a whole, if known."""

    start_ns: int
    end_ns: int
    volume_l: float | None


class Curve(Struct, frozen=True):
    """The hours of `[start_ns, end_ns)`, both on the hour, and the gaps among them.

    `on_the_way` is when that was received which an edge holds and the history still lacks.
    """

    start_ns: int
    end_ns: int
    complete_until_ns: int | None
    hours: tuple[Hour, ...]
    gaps: tuple[Gap, ...]
    on_the_way: tuple[Span, ...] = ()


def draw(registers: Sequence[Register], start_ns: int, end_ns: int) -> Curve:
    """The curve of a home with these meters, widened to whole hours."""
    start_ns = start_ns // HOUR_NS * HOUR_NS
    end_ns = -(-end_ns // HOUR_NS) * HOUR_NS
    ends = [register.complete_until_ns for register in registers]
    until_ns = None if not ends or None in ends else min(end for end in ends if end is not None)
    hours = tuple(
        _hour(registers, hour_ns, until_ns) for hour_ns in range(start_ns, end_ns, HOUR_NS)
    )
    return Curve(start_ns, end_ns, until_ns, hours, tuple(_gaps(registers, hours)))


def _hour(registers: Sequence[Register], start_ns: int, until_ns: int | None) -> Hour:
    end_ns = start_ns + HOUR_NS
    if until_ns is None or until_ns <= start_ns:
        return Hour(start_ns, Known.UNKNOWN, None)
    volume_l = _sum_l(registers, start_ns, min(end_ns, until_ns))
    if volume_l is None:
        return Hour(start_ns, Known.UNKNOWN, None)
    return Hour(start_ns, Known.COMPLETE if end_ns <= until_ns else Known.PARTIAL, volume_l)


def _gaps(registers: Sequence[Register], hours: Sequence[Hour]) -> list[Gap]:
    gaps = []
    for unknown, run in groupby(hours, key=lambda hour: hour.known is Known.UNKNOWN):
        stretch = list(run)
        if unknown:
            start_ns, end_ns = stretch[0].start_ns, stretch[-1].start_ns + HOUR_NS
            gaps.append(Gap(start_ns, end_ns, _sum_l(registers, start_ns, end_ns)))
    return gaps


def _sum_l(registers: Sequence[Register], start_ns: int, end_ns: int) -> float | None:
    volumes = [register.used_l(start_ns, end_ns) for register in registers]
    known = [volume for volume in volumes if volume is not None]
    return sum(known) if known and len(known) == len(volumes) else None
