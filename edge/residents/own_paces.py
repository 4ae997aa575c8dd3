"""By how much faster or slower than its candidates a home's resident changes from doing to doing.

Nobody sees them wake or lie down; how probable each change was in an hour follows from what the
door and the water showed, and is held against how probable it was to be.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.states import CHANGES, STATES

Joint = NDArray[np.float32]
"""By candidate, state and next state."""
_FIRST_KNOWN = 44.0
"""Residents differ from the home they are like by 15 of 100 or so in each pace."""
_KEPT = 0.9999
"""In an hour: what was learned a year ago counts for less than half."""
_LOG_MAX = 1.0
_MOST = 0.98
"""The chance of any change at all within an hour is never more."""
_LEAST = 1e-9


class OwnPaces(NamedTuple):
    """By change, the logarithm of the home's factor on its rate, and one over its variance."""

    logs: NDArray[np.float32]
    known: NDArray[np.float32]

    def matrices(self, candidates: Joint) -> Joint:
        """What the `candidates`' matrices of an hour are at these paces; rows add up as before."""
        factors = np.append(np.exp(self.logs), np.float32(0))[_CHANGE]
        own: Joint = candidates * factors
        leaving = _by_state(own)
        if leaving.max() > _MOST:
            own *= np.minimum(1, _MOST / np.maximum(leaving, _LEAST))[:, :, None]
            leaving = _by_state(own)
        stays = candidates * _IS_STAY
        own += stays * ((1 - leaving) / np.maximum(_by_state(stays), _LEAST))[:, :, None]
        return own

    def learned(self, matrices: Joint, joint: Joint) -> "OwnPaces":
        """What is known after an hour; `joint` is in proportion to how probable each step was.

        A step towards the paces that make the hour likeliest, smaller the more is known.
        """
        due = np.einsum("ci,cij->ij", _by_state(joint), matrices)
        missed = _by_change(joint.sum(axis=0) - due) / max(float(due.sum()), _LEAST)
        known = self.known * _KEPT + _FIRST_KNOWN * (1 - _KEPT) + missed * missed
        pulled = self.logs * (1 - (1 - _KEPT) * _FIRST_KNOWN / known)
        logs = np.clip(pulled + missed / known, -_LOG_MAX, _LOG_MAX)
        return OwnPaces(logs.astype(np.float32), known.astype(np.float32))

    def packed(self) -> bytes:
        """The bytes from which `unpacked` makes these again."""
        return np.concatenate(self).astype(np.float32).tobytes()


def unpacked(packed: bytes) -> OwnPaces:
    """The paces in `packed`; those of the candidates where it is empty."""
    if not packed:
        ones = np.ones(len(CHANGES), np.float32)
        return OwnPaces(0 * ones, _FIRST_KNOWN * ones)
    logs, known = np.frombuffer(packed, np.float32).reshape(2, -1)
    return OwnPaces(logs, known)


def _by_state(steps: Joint) -> NDArray[np.float32]:
    """The sum over next states, by candidate and state; six times as quick as numpy's own."""
    sums: NDArray[np.float32] = steps.reshape(-1, len(STATES)) @ _ONES
    return sums.reshape(steps.shape[:2])


def _by_change(steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """How probable each change is, of a sum over steps by state and next state."""
    sums = np.bincount(_CHANGE.ravel(), steps.ravel(), len(CHANGES) + 1)
    return np.asarray(sums[:-1], np.float64)


def _changes() -> NDArray[np.int64]:
    """Which change each step from state to state is; the number after the last where it is none."""
    numbers = np.full((len(STATES), len(STATES)), len(CHANGES))
    for number, change in enumerate(CHANGES):
        for i, now in enumerate(STATES):
            for j, then in enumerate(STATES):
                if now.doing in change.start and then.doing is change.end:
                    numbers[i, j] = number
    return numbers


_ONES = np.ones(len(STATES), np.float32)
_CHANGE = _changes()
_IS_STAY = np.equal(_CHANGE, len(CHANGES)).astype(np.float32)
"""Health and company may change, the doing does not."""
