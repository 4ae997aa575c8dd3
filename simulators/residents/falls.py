"""Moments at which a resident at home alone comes to need help."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.residents.passage import Passage
from edge.residents.states import IS_ALONE
from simulators.residents.lives import Lives


class Fall(NamedTuple):
    """In the life of the home in this row of lives, so far `into` the hour of this number."""

    row: int
    hour: int
    into: float


def falls(lives: Lives, row: int, within: range, count: int, rng: Generator) -> list[Fall]:
    """`count` moments by time, drawn evenly over the hours `within` that were spent alone at home.

    Fewer where there are not so many such hours. Nobody goes through the door in them.
    """
    alone = IS_ALONE[lives.states[row]]
    unseen = lives.seen[row] == Passage.NONE
    possible = alone[1:-1] & alone[:-2] & unseen[: len(alone) - 2] & unseen[1 : len(alone) - 1]
    hours = 1 + np.flatnonzero(possible)
    hours = hours[(hours >= within.start) & (hours < within.stop)]
    chosen = np.sort(rng.choice(hours, min(count, len(hours)), replace=False))
    return [Fall(row, int(hour), float(rng.random())) for hour in chosen]


def as_columns(
    every: Sequence[Fall],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Rows, hours and shares of the hour."""
    return (
        np.array([each.row for each in every], np.int64),
        np.array([each.hour for each in every], np.int64),
        np.array([each.into for each in every], np.float64),
    )
