"""The residents that a home's own may be like: each home learned from, in five variants.

Whose hours are likely under one of them probably lives like it; that is how a new home is known
a little from its first day, and well after some weeks.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.passage import Passage
from edge.residents.population import shipped
from edge.residents.states import PASSAGES
from edge.residents.whole import matrices, uses

_SHIFTS_H = (-2, -1, 0, 1, 2)
_DOOR_MISS = 0.005
"""Of the passages through a door, so many are missed."""


class Bank(NamedTuple):
    """Candidates side by side.

    `matrices` are by candidate, sort of day, clock hour, state and next state; `use_odds_log` are
    the logarithms of the odds that an hour uses water, by candidate and state. `sights` are by
    what the door shows: how likely it shows that of each next state.
    """

    matrices: NDArray[np.float32]
    use_odds_log: NDArray[np.float32]
    sights: NDArray[np.float32]


@lru_cache(maxsize=1)
def bank() -> Bank:
    """The homes learned from, each with its day up to two hours earlier or later.

    Takes a fifth of a second when first asked for, and 3 MB.
    """
    population = shipped()
    every = [
        home._replace(shift_h=home.shift_h + shift_h)
        for home in population.homes
        for shift_h in _SHIFTS_H
    ]
    unseen = np.where(PASSAGES == Passage.NONE, 1.0, _DOOR_MISS)
    seen = [(passage == PASSAGES) * (1 - _DOOR_MISS) for passage in (Passage.IN, Passage.OUT)]
    return Bank(
        np.stack([matrices(population.curves, each) for each in every]).astype(np.float32),
        _odds_log(np.stack([uses(each) for each in every])).astype(np.float32),
        np.stack([unseen, *seen]).astype(np.float32),
    )


def _odds_log(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    odds_log: NDArray[np.float64] = np.log(chance / (1 - chance))
    return odds_log
