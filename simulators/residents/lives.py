"""How residents live, hour by hour: where they are, what they use, and what their doors show.

All homes go through the hours side by side. A home's life depends on the seed and its number
alone, never on how many homes there are.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from edge.residents.chain import kinds
from edge.residents.passage import Passage
from edge.residents.population import Population
from edge.residents.states import AT, PASSAGES, STATES, Doing, State
from simulators.residents.hours import USE_L
from simulators.residents.resident import Resident, resident

FIRST_H = 24 * 20_454
"""A Thursday, the first of January 2026, in local hours since the epoch."""
_RISES_W = {Doing.ASLEEP: 5.0, Doing.REST: 90.0, Doing.BUSY: 250.0}
_LITRES_MAX = 1_000


class Lives(NamedTuple):
    """By home and hour from `FIRST_H` on; `passages` are those between that hour and the next.

    `litres` are what the register shows, 0 or two and more; `seen` is what the door shows of the
    `passages`. `watts` is the mean power, and `minutes` is when within the hour water was used.
    """

    residents: tuple[Resident, ...]
    states: NDArray[np.int8]
    litres: NDArray[np.int64]
    minutes: NDArray[np.int8]
    seen: NDArray[np.int8]
    watts: NDArray[np.float32]

    @property
    def used(self) -> NDArray[np.bool_]:
        """Whether water was used, by home and hour."""
        return self.litres > 0


def live(population: Population, seed: int, homes: Sequence[int], days: int) -> Lives:
    """The lives of the homes of these numbers; a second or two for a hundred of half a year."""
    rngs = [default_rng([seed, home]) for home in homes]
    residents = tuple(resident(population, rng) for rng in rngs)
    draws = np.stack([rng.random((5, days * 24), np.float32) for rng in rngs])
    bells = np.stack([rng.standard_normal(days * 24, np.float32) for rng in rngs])
    states = _states(residents, draws[:, 0])
    litres = _litres(residents, states[:, :-1], draws[:, 1], bells)
    minutes = (20 + 20 * draws[:, 2]).astype(np.int8)  # after who came in, before who goes out
    seen = _seen(residents, states, draws[:, 3])
    watts = _watts(residents, states[:, :-1], draws[:, 4])
    return Lives(residents, states[:, :-1], litres, minutes, seen, watts)


def _states(residents: Sequence[Resident], draws: NDArray[np.float32]) -> NDArray[np.int8]:
    """The state in each hour, and in the one after the last; everybody sleeps at first."""
    homes, hours = draws.shape
    ladders = np.stack([each.matrices for each in residents]).cumsum(axis=-1)
    clock = FIRST_H + np.arange(hours)
    states = np.full((homes, hours + 1), AT[State(Doing.ASLEEP)], np.int8)
    every = np.arange(homes)
    for step, (kind, hour) in enumerate(zip(kinds(clock), clock % 24, strict=True)):
        ladder = ladders[every, kind, hour, states[:, step]]
        then = (ladder < draws[:, step, None]).sum(axis=1)
        states[:, step + 1] = np.minimum(then, len(STATES) - 1)
    return states


def _litres(
    residents: Sequence[Resident],
    states: NDArray[np.int8],
    draws: NDArray[np.float32],
    bells: NDArray[np.float32],
) -> NDArray[np.int64]:
    """What each hour's register rises by."""
    days = states.shape[1] // 24
    falls = np.array([[each.declined(day / days) for day in range(days)] for each in residents])
    uses = np.stack([each.uses for each in residents])
    chance = np.take_along_axis(uses, states.astype(np.int64), axis=1) * falls.repeat(24, axis=1)
    mean, spread = np.array([each.litres for each in residents]).T
    amounts = np.exp(mean[:, None] + spread[:, None] * bells)
    whole: NDArray[np.int64] = amounts.clip(USE_L, _LITRES_MAX).astype(np.int64)
    return np.where(draws < chance, whole, 0)


def _seen(
    residents: Sequence[Resident], states: NDArray[np.int8], draws: NDArray[np.float32]
) -> NDArray[np.int8]:
    misses = np.array([each.door_miss for each in residents])[:, None]
    passages = PASSAGES[states[:, :-1], states[:, 1:]]
    return np.where(draws < misses, Passage.NONE, passages).astype(np.int8)


def _watts(
    residents: Sequence[Resident], states: NDArray[np.int8], draws: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Standby always, a fridge that comes and goes, and what whoever is at home switches on."""
    rises = np.array([_RISES_W.get(state.doing, 0.0) for state in STATES], np.float32)
    steady = np.array([each.standby_w for each in residents], np.float32)[:, None]
    fridge = np.array([each.fridge_w for each in residents], np.float32)[:, None]
    wave = fridge * (0.7 + 0.6 * draws)
    watts: NDArray[np.float32] = steady + wave + rises[states] * (0.3 + 1.4 * draws)
    return watts
