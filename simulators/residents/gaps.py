"""How long water is not used at a time, in real homes and in simulated ones, and how far apart.

Each home counts alike. A gap belongs to the night when it begins from 20 to 4 o'clock.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from simulators.residents.hours import gaps_h
from simulators.residents.learn import Observed
from simulators.residents.lives import FIRST_H, Lives

GAP_H_MAX = 200
_NIGHT = (20, 21, 22, 23, 0, 1, 2, 3)


class Part(StrEnum):
    """When gaps begin."""

    DAY = "day"
    NIGHT = "night"


Shares = NDArray[np.float64]
"""The shares of gaps of 0, 1, 2 ... hours; the last stands for all longer ones."""


def observed(lives: Lives) -> list[Observed]:
    """The hours of each home as a real home's register would give them."""
    return [(FIRST_H, used.astype(np.int8)) for used in lives.used]


def shares(homes: Sequence[Observed]) -> Mapping[Part, Shares]:
    """How the gaps of `homes` are shared out among their lengths, by day and by night."""
    return {part: _shares([_of(home, part) for home in homes]) for part in Part}


def distance(one: Shares, other: Shares) -> float:
    """The greatest difference in the share of gaps up to any length: Kolmogorov and Smirnov's."""
    return float(np.abs(one.cumsum() - other.cumsum()).max())


def length_h(found: Shares, share: float) -> int:
    """The length that so many of the gaps do not exceed."""
    return int(np.searchsorted(found.cumsum(), share))


def _of(home: Observed, part: Part) -> NDArray[np.int64]:
    hours, lengths = gaps_h(*home)
    begun: NDArray[np.int64] = lengths[np.isin(hours, _NIGHT) == (part is Part.NIGHT)]
    return begun


def _shares(homes: Sequence[NDArray[np.int64]]) -> Shares:
    counts = [np.bincount(each.clip(0, GAP_H_MAX), minlength=GAP_H_MAX + 1) for each in homes]
    each_alike = [count / count.sum() for count in counts if count.any()]
    mean: Shares = np.mean(each_alike, axis=0)
    return mean
