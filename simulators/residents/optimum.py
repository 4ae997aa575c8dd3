"""The best that could be done: the odds of trouble, by somebody who knows how the resident lives.

It sees what the edge sees, an hour at a time: whether water was used, and who went through the
door. It knows every chance by which the resident was made, and so how likely each silence is.

Whoever is in trouble gives no sign any more. If trouble begins in any hour alone at home alike,
the odds of trouble grow by the chance of being at home alone, and are divided by the chance that
somebody well would have been as silent; a sign of life sets them back to nothing. Odds are in
hours: times the rate of trouble an hour, they are odds.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.chain import kinds
from edge.residents.passage import Passage
from edge.residents.states import AT, IS_ALONE, PASSAGES, STATES, Doing, State
from simulators.residents.falls import Fall, as_columns
from simulators.residents.lives import FIRST_H, Lives

_LEAST = 1e-300


AHEAD_H = 120
"""For so many hours of silence after a fall the odds are worked out."""


class Belief(NamedTuple):
    """By home: how probable each state of the coming hour is if all is well, and the odds."""

    states: NDArray[np.float64]
    odds_h: NDArray[np.float64]


class Optimum:
    """The odds for homes side by side, hour by hour."""

    def __init__(self, lives: Lives) -> None:
        residents, days = lives.residents, lives.litres.shape[1] / 24
        self._matrices = np.stack([each.matrices for each in residents])
        self._uses = np.stack([each.uses for each in residents])
        self._misses = np.array([each.door_miss for each in residents])
        self._decline = np.array([each.decline for each in residents]) / days

    def begin(self) -> Belief:
        """What is believed before the first hour: that everybody sleeps."""
        states = np.zeros((len(self._misses), len(STATES)))
        states[:, AT[State(Doing.ASLEEP)]] = 1.0
        return Belief(states, np.zeros(len(states)))

    def hour(
        self,
        belief: Belief,
        homes: NDArray[np.int64],
        hour: NDArray[np.int64],
        used: NDArray[np.bool_],
        seen: NDArray[np.int8],
    ) -> Belief:
        """What is believed after the hours numbered `hour` from the first on, each of its home.

        Water was `used` in them or not, and the door has `seen` who went through after them.
        """
        now = FIRST_H + hour
        falls = 1 - self._decline[homes] * (hour // 24)
        use = self._uses[homes] * falls[:, None]
        alone = belief.states @ IS_ALONE
        told = belief.states * np.where(used[:, None], use, 1 - use)
        miss = self._misses[homes][:, None, None]
        sight = np.where(PASSAGES == Passage.NONE, 1.0, miss)
        sight = np.where(seen[:, None, None] == Passage.NONE, sight, (1 - miss) * _is(seen))
        then = np.einsum("hi,hij->hj", told, self._matrices[homes, kinds(now), now % 24] * sight)
        chance = np.maximum(then.sum(axis=1), _LEAST)
        silent = ~used & (seen == Passage.NONE)
        odds_h = np.where(silent, (belief.odds_h + alone) / chance, 0.0)
        return Belief(then / chance[:, None], odds_h)


class Odds(NamedTuple):
    """By home, the odds at the end of every hour; by fall, at its beginning and hours after it."""

    lived_h: NDArray[np.float64]
    fallen_h: NDArray[np.float64]


def odds(lives: Lives, every: Sequence[Fall]) -> Odds:
    """The odds in these lives, and what they would become if nobody stirred after each fall."""
    optimum = Optimum(lives)
    rows, hours, _ = as_columns(every)
    everybody = np.arange(len(lives.residents))
    belief, lived_h = optimum.begin(), np.zeros(lives.litres.shape)
    states, known_h = np.zeros((len(every), len(STATES))), np.zeros(len(every))
    for hour in range(lives.litres.shape[1]):
        now = hours == hour
        states[now], known_h[now] = belief.states[rows[now]], belief.odds_h[rows[now]]
        at = np.full(len(everybody), hour)
        belief = optimum.hour(belief, everybody, at, lives.used[:, hour], lives.seen[:, hour])
        lived_h[:, hour] = belief.odds_h
    belief, fallen_h = Belief(states, known_h), [known_h]
    used, seen = np.zeros(len(every), np.bool_), np.zeros(len(every), np.int8)
    for ahead in range(AHEAD_H):
        belief = optimum.hour(belief, rows, hours + ahead, used, seen)
        fallen_h.append(belief.odds_h)
    return Odds(lived_h, np.stack(fallen_h, axis=1))


def peaks_h(lived_h: NDArray[np.float64]) -> NDArray[np.float64]:
    """The greatest odds of each silence in one home's hours."""
    alive = np.flatnonzero(lived_h == 0)
    silences = np.split(lived_h, alive)
    return np.array([each.max() for each in silences if each.any()])


def _is(seen: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which changes of state are what each door has seen."""
    same: NDArray[np.bool_] = PASSAGES[None] == seen[:, None, None]
    return same
