"""How one resident lives, whole: illness and visitors beside the chain of doings.

Registers show neither; what is assumed of them stands here.
"""

import numpy as np
from numpy.typing import NDArray

from edge.residents.chain import Curves, chances
from edge.residents.population import Habits
from edge.residents.states import AWAY, CHANGES, HOME, STATES, Doing, State

_HOURS_A_YEAR = 365 * 24
_VISITS_A_WEEK = 1.5
_VISIT_HOURS = range(9, 20)
_VISIT_ENDS = 0.4
"""The chance that a visitor leaves within an hour."""
_ILLNESSES_A_YEAR, _ILL_DAYS = 1.0, 7.0
_ILL_PACES = {"wake": 0.5, "stir": 0.5, "rest": 1.5, "bed": 1.5}
_ILL_USE = 0.7
_EMPTY_USE = 5e-4
"""The chance that an empty home uses water: a valve, somebody with a key."""


def uses(habits: Habits) -> NDArray[np.float64]:
    """The chance by state that an hour uses water."""
    ill = np.array([_ILL_USE if state.ill else 1.0 for state in STATES])
    doing = np.full(len(Doing), _EMPTY_USE)
    doing[list(HOME)] = habits.uses
    chance: NDArray[np.float64] = doing[[state.doing for state in STATES]] * ill
    return chance


def matrices(curves: Curves, habits: Habits) -> NDArray[np.float64]:
    """By sort of day and clock hour, from each state to the next; the home's day is shifted.

    Doing, illness and visitors change side by side.
    """
    curves = np.roll(curves, habits.shift_h, axis=-1)
    plain = {
        (ill, visited): chances(curves, _paces(habits, ill=ill, visited=visited)[None])[0]
        for ill in (False, True)
        for visited in (False, True)
    }
    made = np.zeros((2, 24, len(STATES), len(STATES)))
    for i, now in enumerate(STATES):
        for j, then in enumerate(STATES):
            doing = plain[now.ill, now.visited][..., now.doing, then.doing]
            made[..., i, j] = doing * _illness(now, then) * _visit(now, then)
    made /= made.sum(axis=-1, keepdims=True)
    return made


def _paces(habits: Habits, *, ill: bool, visited: bool) -> NDArray[np.float64]:
    """Nobody goes out ill or while a visitor is there, nor to bed then."""
    factors = np.ones(len(CHANGES))
    for number, change in enumerate(CHANGES):
        if ill:
            factors[number] *= _ILL_PACES.get(change.name, 1.0)
        if (ill or visited) and change.end in AWAY:
            factors[number] = 0.0
        if visited and change.end is Doing.ASLEEP:
            factors[number] = 0.0
    paces: NDArray[np.float64] = habits.paces * factors
    return paces


def _illness(now: State, then: State) -> float:
    if now.doing in AWAY or then.doing in AWAY:
        return float(not then.ill)
    falls_ill, is_over = _ILLNESSES_A_YEAR / _HOURS_A_YEAR, 1 / (24 * _ILL_DAYS)
    chance = 1 - is_over if now.ill else falls_ill
    return chance if then.ill else 1 - chance


def _visit(now: State, then: State) -> NDArray[np.float64]:
    """The chance by clock hour that a visitor is there in the next hour."""
    hour = np.arange(24)
    if now.visited:
        chance = np.where(np.isin(hour, _VISIT_HOURS), 1 - _VISIT_ENDS, 0.1)
    elif then.doing in (Doing.REST, Doing.BUSY) and now.doing in (Doing.REST, Doing.BUSY):
        comes = _VISITS_A_WEEK / (7 * len(_VISIT_HOURS))
        chance = np.where(np.isin(hour, _VISIT_HOURS), comes, 0.0)
    else:
        chance = np.zeros(24)
    return chance if then.visited else 1 - chance
