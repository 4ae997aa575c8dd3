"""From the readings of one device to hours, each with what was used in it.

A register says it exactly; power is held from one reading to the next, and is asked only of a
device that has no register. A hole is an hour of which nothing is known, never one without use.
"""

from typing import NamedTuple

from msgspec import Struct

from edge.reading import HOUR_NS, MINUTE_NS
from edge.signs.base import Source

_ABOUT_AN_HOUR_NS = 52 * MINUTE_NS
_HOLE_NS = 100 * MINUTE_NS
"""Readings further apart say nothing of the hours between: a fridge would fill them."""


class Hour(NamedTuple):
    """About an hour up to `end_ns`; `amount` an hour, in the sign's unit, None if nobody knows."""

    start_ns: int
    end_ns: int
    amount: float | None


class HoursState(Struct, array_like=True):
    """The hour under way, from `start_ns` and the level `first` on.

    `last` is the level at `last_ns`, which power makes as well, at the `rate` it last had.
    """

    start_ns: int = 0
    first: float = 0.0
    last_ns: int = 0
    last: float = 0.0
    rate: float = 0.0
    has_register: bool = False


def take(state: HoursState, at_ns: int, value: float, source: Source) -> Hour | None:
    """The hour that a value of `source` at `at_ns` completes, if it does.

    What comes late is not asked any more, since the hour that it belongs to is judged.
    """
    if source.is_rate and state.has_register:
        return None
    if not source.is_rate and not state.has_register:
        state.has_register, state.last_ns = True, 0
    if at_ns <= state.last_ns:
        return None
    span_ns, is_new = at_ns - state.last_ns, not state.last_ns
    amount = value * source.per_unit
    level = state.last + state.rate * span_ns / HOUR_NS if source.is_rate else amount
    broken = is_new or span_ns > _HOLE_NS or level < state.last
    start_ns, first = state.start_ns, state.first
    state.last_ns, state.last = at_ns, level
    state.rate = max(0.0, amount) if source.is_rate else 0.0
    if not broken and at_ns - start_ns < _ABOUT_AN_HOUR_NS:
        return None
    state.start_ns, state.first = at_ns, level
    if is_new:
        return None
    used = None if broken else (level - first) * HOUR_NS / (at_ns - start_ns)
    return Hour(start_ns, at_ns, used)
