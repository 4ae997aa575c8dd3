"""The chain of a resident's hours: by clock hour and sort of day, from each doing to the next."""

import numpy as np
from numpy.typing import NDArray

from edge.residents.states import CHANGES, Doing

Curves = NDArray[np.float64]
"""The chance of each change within an hour: by change, sort of day (week, weekend), clock hour."""
_WEEKDAY_OF_DAY_0 = 3  # a Thursday
_SATURDAY = 5
_MOST = 0.98
"""The chance of any change at all within an hour is never more."""


def kinds(hour: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sort of day of each hour since the epoch: 0 in the week, 1 on Saturday and Sunday."""
    weekday = (hour // 24 + _WEEKDAY_OF_DAY_0) % 7
    return (weekday >= _SATURDAY).astype(np.int64)


def chances(curves: Curves, paces: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrices of change, by home, sort of day and clock hour; rows add up to 1."""
    homes, size = len(paces), len(Doing)
    made = np.zeros((homes, 2, 24, size, size))
    for number, change in enumerate(CHANGES):
        made[..., change.start, change.end] += (paces[:, number, None, None] * curves[number])[
            ..., None
        ]
    leaving = made.sum(axis=-1, keepdims=True)
    made *= np.minimum(1.0, _MOST / np.maximum(leaving, 1e-12))
    own = np.arange(size)
    made[..., own, own] = 1 - made.sum(axis=-1)
    return made


def start_curves() -> Curves:
    """A first guess: a night from 23 to 7, an errand a day, a day out a week, a trip a month."""
    hour = np.arange(24)
    day = np.where(np.isin(hour, range(8, 20)), 1.0, 0.05)
    night = np.where(np.isin(hour, (22, 23, 0, 1, 2)), 1.0, 0.02)
    morning = np.where(np.isin(hour, range(5, 22)), 1.0, 0.05)
    shapes = {
        "wake": 0.35 * morning,
        "bed": 0.4 * night,
        "rest": np.full(24, 0.35),
        "stir": np.full(24, 0.3),
        "leave_errand": 0.08 * day,
        "leave_day": 0.01 * day,
        "leave_night": 0.003 * day,
        "leave_holiday": 0.0007 * day,
        "return_errand": np.full(24, 0.5),
        "return_day": 0.17 * np.maximum(day, 0.5),
        "return_night": 0.05 * day,
        "return_holiday": 0.01 * day,
    }
    return np.stack([np.tile(shapes[change.name], (2, 1)) for change in CHANGES])
