"""Learning how people live from the registers of real homes: expectation maximisation.

Nobody saw what the residents did; how likely each doing was in each hour follows from the hours
in which they used water, and from that follow the rates at which they change.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.chain import Curves, chances, kinds, start_curves
from edge.residents.states import CHANGES, HOME, Doing
from simulators.residents.hours import UNKNOWN, USED

_ROUNDS = 40
_PRIOR_HOURS = 60.0
"""For so many hours' worth, each clock hour of the pooled curves keeps to its first guess."""
_PRIOR_CHANGES = 10.0
"""A home's own pace counts as much as so many changes at the pace of all."""
_SHIFT_H_MAX = 3
_LEAST_USE = 1e-3
"""The chance that an empty home uses water."""

_FIRST_USES = np.array([0.03, 0.15, 0.65])

Observed = tuple[int, NDArray[np.int8]]
"""The first hour of a home, and what is known of that and each hour after it."""


class _Hours(NamedTuple):
    """By home and step: the sort of day, the clock hour, and whether water was used."""

    kind: NDArray[np.int64]
    clock: NDArray[np.int64]
    used: NDArray[np.int8]


class Learned(NamedTuple):
    """The rates of all homes by clock hour, and how each home differs from them.

    `paces` by home and change are factors on the rates; `uses` by home and state at home are
    the chances that an hour uses water; `shifts_h` say how much later a home's day is.
    """

    curves: Curves
    paces: NDArray[np.float64]
    uses: NDArray[np.float64]
    shifts_h: NDArray[np.int64]


def learn(homes: Sequence[Observed]) -> Learned:
    """What the hours of `homes` say; a minute or two for ten homes of a year."""
    shifts_h = _shifts(homes)
    hours = _aligned(homes, shifts_h)
    curves = start_curves()
    paces = np.ones((len(homes), len(CHANGES)))
    use = np.tile(_FIRST_USES, (len(homes), 1))
    for _ in range(_ROUNDS):
        matrices, seen = chances(curves, paces), _likely(hours.used, use)
        moved, told = _backward(hours, matrices, seen, _forward(hours, matrices, seen))
        curves, paces = _rates(*_changes(moved), paces)
        use = _uses(told)
    return Learned(curves, paces, use, shifts_h)


def _shifts(homes: Sequence[Observed]) -> NDArray[np.int64]:
    """How many hours later than the mean home's each home's day is."""
    profiles = np.stack([_profile(first_h, used) for first_h, used in homes])
    mean = profiles.mean(axis=0)
    tried = range(-_SHIFT_H_MAX, _SHIFT_H_MAX + 1)
    fits = np.array([[each @ np.roll(mean, shift) for shift in tried] for each in profiles])
    best: NDArray[np.int64] = fits.argmax(axis=1) - _SHIFT_H_MAX
    return best


def _profile(first_h: int, used: NDArray[np.int8]) -> NDArray[np.float64]:
    hour = (first_h + np.arange(len(used))) % 24
    known = np.bincount(hour[used != UNKNOWN], minlength=24)
    share = np.bincount(hour[used == USED], minlength=24) / np.maximum(1, known)
    profile: NDArray[np.float64] = (share - share.mean()) / share.std()
    return profile


def _aligned(homes: Sequence[Observed], shifts_h: NDArray[np.int64]) -> _Hours:
    """The hours of all homes side by side, each home's day moved to the mean home's."""
    steps = max(len(used) for _, used in homes)
    filled = [np.pad(used, (0, steps - len(used)), constant_values=UNKNOWN) for _, used in homes]
    firsts_h = np.array([first_h for first_h, _ in homes]) - shifts_h
    hour = firsts_h[:, None] + np.arange(steps)
    return _Hours(kinds(hour), hour % 24, np.stack(filled))


def _likely(used: NDArray[np.int8], use: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely what was seen is, by home, step and doing."""
    chance = np.full((len(used), len(Doing)), _LEAST_USE)
    chance[:, HOME] = use
    seen = np.where(used[..., None] == USED, chance[:, None], 1 - chance[:, None])
    seen[used == UNKNOWN] = 1.0
    return seen


def _forward(
    hours: _Hours, matrices: NDArray[np.float64], seen: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How probable each doing is by home and step, by all that was seen up to then."""
    every = np.arange(len(seen))
    before = np.empty_like(seen)
    state = np.full((len(seen), len(Doing)), 1 / len(Doing))
    for step in range(seen.shape[1]):
        state = state * seen[:, step]
        state /= state.sum(axis=1, keepdims=True)
        before[:, step] = state
        matrix = matrices[every, hours.kind[:, step], hours.clock[:, step]]
        state = np.einsum("hi,hij->hj", state, matrix)
    return before


def _backward(
    hours: _Hours,
    matrices: NDArray[np.float64],
    seen: NDArray[np.float64],
    before: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The steps made from doing to doing, by home, sort of day and clock hour, by all that is seen.

    Then, by home and doing at home, the hours with a use and those that are known.
    """
    every = np.arange(len(seen))
    moved = np.zeros((len(seen), 2, 24, len(Doing), len(Doing)))
    told = np.zeros((len(seen), len(HOME), 2))
    after = np.ones_like(before[:, 0])
    for step in range(seen.shape[1] - 1, 0, -1):
        used, now = hours.used[:, step], before[:, step] * after
        now = now[:, HOME] / now.sum(axis=1, keepdims=True)
        told[:, :, 0] += now * (used == USED)[:, None]
        told[:, :, 1] += now * (used != UNKNOWN)[:, None]
        ahead = seen[:, step] * after
        place = (every, hours.kind[:, step - 1], hours.clock[:, step - 1])
        both = before[:, step - 1, :, None] * matrices[place] * ahead[:, None, :]
        moved[place] += both / both.sum(axis=(1, 2), keepdims=True)
        after = np.einsum("hij,hj->hi", matrices[place], ahead)
        after /= after.sum(axis=1, keepdims=True)
    return moved, told


def _changes(moved: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Changes made, and hours in which they might have been: by home, change, kind and hour."""
    made = [moved[..., change.start, change.end].sum(axis=-1) for change in CHANGES]
    spent = [moved[..., change.start, :].sum(axis=(-1, -2)) for change in CHANGES]
    return np.stack(made, axis=1), np.stack(spent, axis=1)


def _rates(
    changed: NDArray[np.float64], spent: NDArray[np.float64], paces: NDArray[np.float64]
) -> tuple[Curves, NDArray[np.float64]]:
    first = start_curves()
    paced_h = np.einsum("hckt,hc->ckt", spent, paces)
    curves = (changed.sum(axis=0) + _PRIOR_HOURS * first) / (paced_h + _PRIOR_HOURS)
    due = np.einsum("hckt,ckt->hc", spent, curves)
    own = (changed.sum(axis=(2, 3)) + _PRIOR_CHANGES) / (due + _PRIOR_CHANGES)
    return curves, own


def _uses(told: NDArray[np.float64]) -> NDArray[np.float64]:
    share = (told[..., 0] + 1) / (told[..., 1] + 10)
    return np.clip(share, 0.002, 0.98)
