"""What a stream of the home does with nobody there: how often it rises by itself, by clock hour.

Learned in hours in which nobody did anything: the resident is out, sleeps, or has drawn no water
for a day. A heater that keeps its tank warm, a timer, a boiler in winter all show themselves then,
and no more is made of a rise than they leave.
"""

from array import array

from msgspec import Struct

from edge.signs.rises import STEPS

HALF_LIFE_DAYS = 60
"""So old an hour counts half: winter's boiler is forgotten by summer."""
_CLOCKS = 24
_FIRST_H = 50.0
_FIRST = (0.94, 0.03, 0.02, 0.01)
"""So many hours' worth is believed of any stream before anything is seen."""
_ANY_CLOCK_H = 8.0
"""A clock hour is likened to all others by so many hours' worth."""


class NobodyState(Struct, array_like=True):
    """By clock hour and step, the hours seen with nobody there, as faded by `day`; 400 bytes."""

    hours: bytes = bytes(4 * _CLOCKS * STEPS)
    day: int = 0


def shares(state: NobodyState, clock: int) -> list[float]:
    """How likely each step is in the hour `clock`, with nobody there or somebody in trouble."""
    hours = array("f", state.hours)
    every = [sum(hours[step::STEPS]) + _FIRST_H * _FIRST[step] for step in range(STEPS)]
    known = sum(every)
    mine = [hours[clock * STEPS + step] + _ANY_CLOCK_H * every[step] / known
            for step in range(STEPS)]  # fmt: skip
    return [each / sum(mine) for each in mine]


def wrong_a_month(state: NobodyState) -> float:
    """So often in a month it rises with nobody there, as far as this home has shown."""
    hours = array("f", state.hours)
    calm = sum(hours[::STEPS]) + _FIRST_H * _FIRST[0]
    return 720.0 * (1 - calm / (sum(hours) + _FIRST_H))


def learn(state: NobodyState, day: int, clock: int, step: int) -> None:
    """Nobody was there in the hour `clock` of `day`, and it rose by `step`."""
    hours = array("f", state.hours)
    if day > state.day:
        share = 0.5 ** ((day - state.day) / HALF_LIFE_DAYS)
        hours, state.day = array("f", [share * each for each in hours]), day
    hours[clock * STEPS + step] += 1
    state.hours = hours.tobytes()
