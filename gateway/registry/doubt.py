"""What speaks against a replacement of a meter, given what was heard of both registers.

Pure, and for a person to correct or confirm: the edge keeps the row either way, and does not
believe numbers that contradict its readings.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from edge.reading import HOUR_NS
from gateway.registry.card import Replacement, iso

_FIRST_M3_USUAL = 1.0
_TICKS_M3 = 0.02
"""Two ticks of a coarse register."""
_LITRES_A_M3 = 1_000.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a register showed at a time."""

    m3: float
    at_ns: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The `old` register as last heard, and the `new` one as first heard; None: not heard.

    After `new_until_ns` so much was heard of the new one that it cannot be put on later.
    """

    old: Shown | None = None
    new: Shown | None = None
    new_until_ns: int = 0


def doubts(told: Replacement, heard: Heard, q_max_m3h: float) -> tuple[str, ...]:
    """Everything that speaks against `told`, each with the name of what to look at again."""
    return (
        *_of_time(told, heard),
        *_of_old(told, heard.old, q_max_m3h),
        *_of_new(told, heard.new, q_max_m3h),
    )


def _of_time(told: Replacement, heard: Heard) -> Iterator[str]:
    old, new = heard.old, heard.new
    if old and told.at_ns <= old.at_ns:
        yield f"at: the old register was still heard at {iso(old.at_ns)}"
    if new and told.at_ns > heard.new_until_ns:
        yield f"at: the new register was heard from {iso(new.at_ns)} on"


def _of_old(told: Replacement, old: Shown | None, q_max_m3h: float) -> Iterator[str]:
    if old is None:
        return
    when = f"{old.m3:g} m3 at {iso(old.at_ns)}"
    most_m3 = old.m3 + _possible_m3(told.at_ns - old.at_ns, q_max_m3h)
    if told.last_m3 < old.m3 - _TICKS_M3:
        yield f"last_m3: {told.last_m3:g} is less than what was last heard, {when}"
    elif told.last_m3 > most_m3:
        yield f"last_m3: at most {most_m3:.3f} m3 is possible after {when}"
    if _in_litres(told.last_m3, old.m3):
        yield "last_m3: is it in litres? write cubic metres"


def _of_new(told: Replacement, new: Shown | None, q_max_m3h: float) -> Iterator[str]:
    if new is None:
        if told.first_m3 > _FIRST_M3_USUAL:
            yield f"first_m3: a new meter usually shows 0 to 1 m3, not {told.first_m3:g}"
        return
    when = f"{new.m3:g} m3 at {iso(new.at_ns)}"
    least_m3 = new.m3 - _possible_m3(new.at_ns - told.at_ns, q_max_m3h)
    if told.first_m3 > new.m3 + _TICKS_M3:
        yield f"first_m3: {told.first_m3:g} is more than what was first heard, {when}"
    elif told.first_m3 < least_m3:
        yield f"first_m3: at least {least_m3:.3f} m3 is needed for {when}"
    if _in_litres(told.first_m3, new.m3):
        yield "first_m3: is it in litres? write cubic metres"


def _possible_m3(span_ns: int, q_max_m3h: float) -> float:
    return q_max_m3h * max(0, span_ns) / HOUR_NS + _TICKS_M3


def _in_litres(told_m3: float, heard_m3: float) -> bool:
    return told_m3 > 1.0 and heard_m3 > 0 and told_m3 / heard_m3 > _LITRES_A_M3 / 2
