"""Whom a resident is like, what they are doing, and how an hour of theirs changes what is believed.

Door and water are heard here, and what else the home has after them, in `witness.py`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.bank import bank
from edge.residents.chain import kinds
from edge.residents.own_paces import Joint, OwnPaces
from edge.residents.own_use import OwnUse
from edge.residents.passage import Passage
from edge.residents.states import STATES

STRAY = 1e-10
"""That a state is there, whatever the candidates say: nobody lives quite like one of them."""
_FORGOTTEN = 5e-4
"""In an hour: a home may come to live like another candidate."""

Weights = NDArray[np.float32]


class Likeness(NamedTuple):
    """The weights by candidate and state, and how the home differs from every candidate."""

    weights: Weights
    use: OwnUse
    paces: OwnPaces

    def after(
        self, before: int, through: tuple[Passage, ...], used: bool | None
    ) -> tuple["Likeness", float]:
        """What is believed an hour after the hour `before`, and how likely what it showed was.

        Who went `through` the door did so before water was `used`, or was not; None if unknown.
        """
        known = bank()
        matrices = self.paces.matrices(
            known.matrices[:, int(kinds(np.array([before]))[0]), before % 24]
        )
        *earlier, last = through or (Passage.NONE,)
        weights, chance = self.weights, 1.0
        for passage in earlier:
            weights, likely = _shared(_arrived(_steps(weights, matrices, passage)))
            chance *= likely
        steps = _steps(weights, matrices, last)
        weights, likely = _shared(_arrived(steps))
        chance *= likely
        use, paces = self.use, self.paces
        if used is not None:
            uses = use.chances(known.use_odds_log)
            told = uses if used else 1 - uses
            use = use.learned(uses, weights, used=used)
            weights, likely = _shared(weights * told)
            chance *= likely
            steps *= told[:, None, :]
        if not earlier:  # else the steps are less than an hour apart
            paces = paces.learned(matrices, steps)
        return Likeness(_open_minded(weights), use, paces), chance


def anybody() -> Weights:
    """Any candidate, doing anything."""
    candidates = len(bank().use_odds_log)
    return np.full((candidates, len(STATES)), 1 / (candidates * len(STATES)), np.float32)


def _steps(weights: Weights, matrices: Joint, passage: Passage) -> Joint:
    """How probable each step is that the door would show as `passage`."""
    steps: Joint = weights[:, :, None] * matrices * bank().sights[passage]
    return steps


def _arrived(steps: Joint) -> Weights:
    arrived: Weights = np.einsum("cij->cj", steps) + STRAY
    return arrived


def _shared(weights: Weights) -> tuple[Weights, float]:
    """The weights such that they add up to 1, and what they added up to."""
    likely = float(weights.sum())
    return (weights / likely).astype(np.float32), likely


def _open_minded(weights: Weights) -> Weights:
    """A little of each candidate always, doing what it is believed to do."""
    shares = weights.sum(axis=1, keepdims=True)
    mixed: Weights = weights * (1 - _FORGOTTEN + _FORGOTTEN / len(weights) / shares)
    return mixed
