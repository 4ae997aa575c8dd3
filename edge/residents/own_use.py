"""How much more readily a home uses water than the residents that it is likened to: one number.

A tank, a garden, fewer visits to the kitchen: each shifts the odds of a use in every hour at home,
and no candidate need be kept for each degree of it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.remembered import OWN_USE_KNOWN_FIRST
from edge.residents.states import IS_HOME

_KEPT = 0.9995
"""In an hour: what was learned twelve weeks ago counts a third, since residents grow older."""
_OFFSET_MAX = 1.5
_SPREAD_MIN = 1e-4
"""No single hour, however strange, says more."""


class OwnUse(NamedTuple):
    """`offset` is added to the logarithm of the odds of a use; `known` is one over its variance."""

    offset: float
    known: float

    def chances(self, odds_log: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chance that an hour uses water, where `odds_log` are the candidates', by state.

        An empty home is no other than theirs.
        """
        shifted: NDArray[np.float32] = odds_log + np.float32(self.offset) * _AT_HOME
        chances: NDArray[np.float32] = np.reciprocal(1 + np.exp(-shifted))
        return chances

    def learned(
        self, chances: NDArray[np.float32], weights: NDArray[np.float32], *, used: bool
    ) -> "OwnUse":
        """What is known after an hour that held a use or none, of which `chances` were made.

        A step of Newton's towards the likeliest offset, smaller the more is known.
        """
        likely = weights * chances
        expected = float(likely.sum())
        slope = float((likely * (1 - chances) * _AT_HOME).sum())
        spread = max(expected * (1 - expected), _SPREAD_MIN)
        known = self.known * _KEPT + OWN_USE_KNOWN_FIRST * (1 - _KEPT) + slope * slope / spread
        pulled = self.offset * (1 - (1 - _KEPT) * OWN_USE_KNOWN_FIRST / known)
        offset = pulled + slope * (used - expected) / (spread * known)
        return OwnUse(min(_OFFSET_MAX, max(-_OFFSET_MAX, offset)), known)


_AT_HOME: NDArray[np.float32] = IS_HOME.astype(np.float32)
