"""One resident living alone: habits drawn from real homes, and what no register shows of them.

Registers say nothing of doors, visitors, illness or tanks; what is assumed of them stands here.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulators.residents.chain import Curves, chances
from simulators.residents.population import Habits, Population, drawn
from simulators.residents.states import AWAY, CHANGES, HOME, STATES, Doing, State

_HOURS_A_YEAR = 365 * 24
_VISITS_A_WEEK = 1.5
_VISIT_HOURS = range(9, 20)
_VISIT_ENDS = 0.4
"""The chance that a visitor leaves within an hour."""
_ILLNESSES_A_YEAR, _ILL_DAYS = 1.0, 7.0
_ILL_PACES = {"wake": 0.5, "stir": 0.5, "rest": 1.5, "bed": 1.5}
_ILL_USE = 0.7
_DECLINING, _DECLINE_MOST = 0.1, 0.4
"""So many residents slowly do less, in the end by up to so much."""
_TANKS, _TANK_DRAWS = 0.05, 0.5
"""So many homes have a tank; its valve opens at so many of the uses."""
_DOOR_MISS_MOST = 0.01
"""Of the passages through a door, so many are missed at most."""
_EMPTY_USE = 5e-4
"""The chance that an empty home uses water: a valve, somebody with a key."""
_STANDBY_W = (20.0, 90.0)
_FRIDGE_W = 40.0


class Resident(NamedTuple):
    """Everything that decides how this resident lives; the optimum knows all of it.

    `matrices` are by sort of day, clock hour, state and next state; `uses` are by state; the
    uses on day `d` of `days` are `declined(d)` times as likely.
    """

    matrices: NDArray[np.float64]
    uses: NDArray[np.float64]
    litres: tuple[float, float]
    decline: float
    door_miss: float
    has_tank: bool
    standby_w: float
    fridge_w: float

    def declined(self, share: float) -> float:
        """How likely uses are when this `share` of the time has passed, against its beginning."""
        return 1 - self.decline * share


def resident(population: Population, rng: Generator) -> Resident:
    """A resident drawn from `population`."""
    habits = drawn(population, rng)
    is_declining, has_tank = rng.random(2) < (_DECLINING, _TANKS)
    return Resident(
        _matrices(np.roll(population.curves, habits.shift_h, axis=-1), habits),
        _uses(habits) * (_TANK_DRAWS if has_tank else 1.0),
        habits.litres,
        float(rng.uniform(0, _DECLINE_MOST)) if is_declining else 0.0,
        float(rng.uniform(0, _DOOR_MISS_MOST)),
        bool(has_tank),
        float(rng.uniform(*_STANDBY_W)),
        _FRIDGE_W,
    )


def _uses(habits: Habits) -> NDArray[np.float64]:
    ill = np.array([_ILL_USE if state.ill else 1.0 for state in STATES])
    doing = np.full(len(Doing), _EMPTY_USE)
    doing[list(HOME)] = habits.uses
    uses: NDArray[np.float64] = doing[[state.doing for state in STATES]] * ill
    return uses


def _matrices(curves: Curves, habits: Habits) -> NDArray[np.float64]:
    """From each whole state to the next: the doing, illness and visitors change side by side."""
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
