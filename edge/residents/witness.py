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
    belief: Belief, likely: Sequence[float], in_trouble: float, *, counts: bool
) -> tuple[float, ...]:
    """How probable it then is that the resident slept, rested, was busy or away.

    `likely` is how likely what was seen is in each of the four; of whoever is in trouble it is
    `in_trouble`. Where it `counts`, the belief and its odds become what they are by it.
    """
    weights = np.frombuffer(belief.weights, np.float32).reshape(-1, len(STATES))
    told = weights * np.asarray(likely, np.float32)[_GROUP]
    chance = max(_LEAST, float(told.sum()))
    told = told / chance
    if counts:
        belief.odds_h *= in_trouble / chance
        belief.weights = told.astype(np.float32).tobytes()
    states = told.sum(axis=0)
    return tuple(float(states[group == _GROUP].sum()) for group in range(_AWAY + 1))
