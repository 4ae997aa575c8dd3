"""What another stream than water and door says of the hour that is believed in: one more witness.

It is heard after them and knows nothing of them but what the resident was doing.
"""

from collections.abc import Sequence

import numpy as np

from edge.residents.remembered import Belief
from edge.residents.states import HOME, STATES

_LEAST = 1e-6
_AWAY = len(HOME)
_GROUP = np.array([HOME.index(s.doing) if s.doing in HOME else _AWAY for s in STATES])
"""Of each state: asleep, at rest, busy, or away."""


def weighed(
    belief: Belief, likely: Sequence[float], in_trouble: float, *, trust: float
) -> tuple[float, ...]:
    """How probable it then is that the resident slept, rested, was busy or away.

    `likely` is how likely what was seen is in each of the four; of whoever is in trouble it is
    `in_trouble`. The belief and its odds become what they are by so much `trust` in it: by all of
    it at 1, by the square root of each chance at a half, and not at all at 0.
    """
    weights = np.frombuffer(belief.weights, np.float32).reshape(-1, len(STATES))
    by_state = np.asarray(likely, np.float32)[_GROUP]
    if trust:
        told = weights * by_state**trust
        chance = max(_LEAST, float(told.sum()))
        belief.odds_h *= in_trouble**trust / chance
        belief.weights = (told / chance).astype(np.float32).tobytes()
    states = (weights * by_state).sum(axis=0)
    states /= max(_LEAST, float(states.sum()))
    return tuple(float(states[group == _GROUP].sum()) for group in range(_AWAY + 1))
