"""One resident living alone, drawn from real homes, and what no register shows of the home.

A drawn resident is one of the homes that were learned from, somewhat other than it: so what goes
together in real homes goes together here, and nobody is there twice.
"""

from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.residents.population import Habits, Population
from edge.residents.states import CHANGES, HOME
from edge.residents.whole import matrices, uses

_APART = 0.15
"""By about so much does a drawn resident's pace differ from the home drawn."""
_SHIFT_H_MAX = 2
_DECLINING, _DECLINE_MOST = 0.1, 0.4
"""So many residents slowly do less, in the end by up to so much."""
_TANKS, _TANK_DRAWS = 0.05, 0.5
"""So many homes have a tank; its valve opens at so many of the uses."""
_DOOR_MISS_MOST = 0.01
"""Of the passages through a door, so many are missed at most."""
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
        matrices(population.curves, habits),
        uses(habits) * (_TANK_DRAWS if has_tank else 1.0),
        habits.litres,
        float(rng.uniform(0, _DECLINE_MOST)) if is_declining else 0.0,
        float(rng.uniform(0, _DOOR_MISS_MOST)),
        bool(has_tank),
        float(rng.uniform(*_STANDBY_W)),
        _FRIDGE_W,
    )


def drawn(population: Population, rng: Generator) -> Habits:
    """A resident like those of `population`."""
    like = population.homes[rng.integers(len(population.homes))]
    odds = like.uses / (1 - like.uses) * np.exp(_APART * rng.standard_normal(len(HOME)))
    mean, spread = like.litres
    return Habits(
        like.paces * np.exp(_APART * rng.standard_normal(len(CHANGES))),
        odds / (1 + odds),
        (mean + _APART * float(rng.standard_normal()), spread),
        like.shift_h + int(rng.integers(-_SHIFT_H_MAX, _SHIFT_H_MAX, endpoint=True)),
    )
