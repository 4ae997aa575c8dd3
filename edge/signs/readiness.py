"""How readily a resident who sleeps, rests or is busy shows in a stream: learned hour by hour.

What they did in an hour is only believed, so each hour counts for each of the three by its share;
and of what the hour shows, as much is theirs as nobody makes.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from edge.signs.nobody import HALF_LIFE_DAYS
from edge.signs.rises import Shares, part_of, together

_FIRST = (
    (19.6, 0.2, 0.1, 0.1),
    (17.0, 2.0, 0.6, 0.4),
    (12.0, 4.0, 2.5, 1.5),
)
"""Asleep, at rest and busy: hours' worth by step before any is seen, as in simulated homes."""
_KEPT_H = 1e-3


class ReadinessState(Struct, array_like=True):
    """The hours asleep, at rest and busy, by what the resident made of them, as faded by `day`.

    `shown` are all rises that there ever were, whosever.
    """

    hours: list[list[float]] = field(default_factory=lambda: [list(each) for each in _FIRST])
    day: int = 0
    shown: int = 0


def likely(state: ReadinessState, nobodys: Shares, step: int) -> list[float]:
    """How likely an hour rises by `step`: asleep, at rest, busy, and with nobody there."""
    made = [together(_shares(hours), nobodys)[step] for hours in state.hours]
    return [*made, nobodys[step]]


def learn(
    state: ReadinessState, day: int, believed: Sequence[float], nobodys: Shares, step: int
) -> None:
    """An hour of `day` rose by `step`, and the resident was what is `believed` of the three."""
    share = 0.5 ** (max(0, day - state.day) / HALF_LIFE_DAYS) if state.day else 1.0
    parts = [part_of(_shares(hours), nobodys, step) for hours in state.hours]
    state.hours = [
        [max(_KEPT_H, share * old) + weight * part for old, part in zip(hours, own, strict=True)]
        for hours, own, weight in zip(state.hours, parts, believed, strict=True)
    ]
    state.day, state.shown = max(day, state.day), state.shown + (step > 0)


def _shares(hours: Sequence[float]) -> list[float]:
    total = sum(hours)
    return [each / total for each in hours]
