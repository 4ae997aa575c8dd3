"""The residents that a home's own may be like: each home learned from, in six variants.

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

_SHIFTS_H = (-2, 0, 2)
_USE_ODDS = (0.75, 1.33)
_DOOR_MISS = 0.005
"""Of the passages through a door, so many are missed."""


class Bank(NamedTuple):
    """Candidates side by side.

    `matrices` are by candidate, sort of day, clock hour, state and next state; `uses` by candidate
    and state. `sights` are by what the door shows: how likely it shows that of each next state.
    """

    matrices: NDArray[np.float32]
    uses: NDArray[np.float32]
    sights: NDArray[np.float32]


@lru_cache(maxsize=1)
def bank() -> Bank:
    """The homes learned from, early, usual or late, each using water more or less often.

    Takes a fifth of a second when first asked for, and 3 MB.
    """
    population = shipped()
    every = [
        home._replace(shift_h=home.shift_h + shift_h, uses=_at_odds(home.uses, odds))
        for home in population.homes
        for shift_h in _SHIFTS_H
        for odds in _USE_ODDS
    ]
    unseen = np.where(PASSAGES == Passage.NONE, 1.0, _DOOR_MISS)
    seen = [(passage == PASSAGES) * (1 - _DOOR_MISS) for passage in (Passage.IN, Passage.OUT)]
    return Bank(
        np.stack([matrices(population.curves, each) for each in every]).astype(np.float32),
        np.stack([uses(each) for each in every]).astype(np.float32),
        np.stack([unseen, *seen]).astype(np.float32),
    )


def _at_odds(chance: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """The chance whose odds are so many times those of `chance`."""
    return factor * chance / (1 - chance + factor * chance)
