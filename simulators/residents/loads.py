"""What a simulated home uses of electricity and gas, hour by hour, and who made it.

Beside what the resident switches on runs what runs by itself: standby and fridge, heaters that
keep a tank warm, timers and chargers, air conditioning, a boiler in winter, a dispenser of hot
water; and after a cut of the supply everything comes back at once. None of it was measured: the
sizes are those of the appliances' labels, the shares are guesses, and they stand here.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.residents.states import HOME, STATES, Doing
from simulators.residents.lives import FIRST_H, Lives

Amounts = NDArray[np.float64]
_OF_LOADS = 2
"""A home's loads are drawn apart from its life."""
_DOING = np.array([state.doing for state in STATES])
_IS_HOME = np.isin(_DOING, HOME)
_WARM_DAYS = (120, 240)
_COLD_DAYS = ((0, 75), (320, 366))
_HEATERS, _TIMERS, _ROBOTS, _CHARGERS, _COOLERS, _BOILERS, _DISPENSERS = (
    0.4, 0.3, 0.3, 0.2, 0.6, 0.3, 0.5,
)  # fmt: skip
_HEARD = 0.98
"""So many of the hourly readings arrive."""


class Load(NamedTuple):
    """What one meter shows: in each hour `used`; `alone` is what of it nobody switched on.

    What lies on a floor leaves `left` on, by the hour in which they fell. `heard` are the hours
    whose reading arrives.
    """

    used: Amounts
    alone: Amounts
    left: Amounts
    heard: NDArray[np.bool_]


def loads(lives: Lives, row: int, seed: list[int]) -> Mapping[str, Load]:
    """By sign, what the meters of the home in this row of `lives` show."""
    rng = np.random.default_rng([*seed, _OF_LOADS])
    doing = _DOING[lives.states[row]]
    clock = FIRST_H + np.arange(len(doing))
    home = _IS_HOME[lives.states[row]]
    cut = _cuts(len(doing), rng)
    electricity = _load(_people_wh(doing, rng), _left_wh(doing, rng), rng)
    alone = _appliances_wh(clock, home, rng)
    return {
        "elec": _cut_off(_with(electricity, alone), cut),
        "gas": _with(
            _load(_cooking_l(doing, rng), np.zeros(len(doing)), rng), _boiler_l(clock, rng)
        ),
        "plug": _cut_off(_with(_load(_kettle_wh(doing, rng), np.zeros(len(doing)), rng),
                               _dispenser_wh(len(doing), rng)), cut),
    }  # fmt: skip


def _load(made: Amounts, left: Amounts, rng: Generator) -> Load:
    return Load(made, np.zeros(len(made)), left, rng.random(len(made)) < _HEARD)


def _with(load: Load, alone: Amounts) -> Load:
    return load._replace(used=load.used + load.left + alone, alone=alone)


def _cuts(hours: int, rng: Generator) -> NDArray[np.bool_]:
    """The hours without supply, about once in two months."""
    cut = np.zeros(hours, np.bool_)
    for at in np.flatnonzero(rng.random(hours) < 1 / (60 * 24)):
        cut[at : at + int(rng.integers(1, 4))] = True
    return cut


def _cut_off(load: Load, cut: NDArray[np.bool_]) -> Load:
    """Nothing runs while it is cut, and everything makes up for it in the hour after."""
    back = np.roll(cut, 1) & ~cut
    more = 100.0 * back * (load.alone.mean() > 1)
    alone = np.where(cut, 0.0, load.alone * (1 + 0.5 * back) + more)
    return load._replace(used=np.where(cut, 0.0, load.used - load.alone + alone), alone=alone)


def _people_wh(doing: NDArray[np.int_], rng: Generator) -> Amounts:
    """Stove, kettle, iron: three of four busy hours, and a lamp at rest now and then."""
    busy = (doing == Doing.BUSY) & (rng.random(len(doing)) < 0.75)
    lamp = (doing == Doing.ASLEEP) & (rng.random(len(doing)) < 0.1)
    amounts: Amounts = busy * rng.uniform(60, 700, len(doing)) + lamp * 5.0
    return amounts


def _left_wh(doing: NDArray[np.int_], rng: Generator) -> Amounts:
    """Television and lamps, which go on evenly if nobody switches them off."""
    screen, lamps = rng.uniform(60, 160), rng.uniform(10, 60)
    return np.where(doing == Doing.REST, screen, np.where(doing == Doing.BUSY, lamps, 0.0))


def _appliances_wh(clock: NDArray[np.int_], home: NDArray[np.bool_], rng: Generator) -> Amounts:
    """What nobody switches on in the hour in which it runs."""
    hours, has = len(clock), rng.random(5) < (_HEATERS, _TIMERS, _ROBOTS, _CHARGERS, _COOLERS)
    wh = rng.uniform(20, 90) + 40 * rng.uniform(0.7, 1.3, hours)
    if has[0]:  # keeps its tank warm, and heats it when somebody has washed
        wh += (rng.random(hours) < 1 / 7) * rng.uniform(150, 400, hours)
    if has[1]:  # an aquarium, a pump: every day at the same hours
        first, length = int(rng.integers(24)), int(rng.integers(1, 10))
        wh += ((clock - first) % 24 < length) * rng.uniform(60, 250)
    if has[2]:  # a robot, on some days of the week
        days = rng.choice(7, 3, replace=False)
        wh += (clock % 24 == int(rng.integers(8, 18))) * np.isin(clock // 24 % 7, days) * 80.0
    if has[3]:  # plugged in by day, and full some hours later
        begins = np.flatnonzero(home & (clock % 24 == 20) & (rng.random(hours) < 0.3))
        for at in begins:
            wh[at : at + 5] += 250.0
    if has[4]:
        wh += _cooling_wh(clock, home, rng)
    return wh


def _cooling_wh(clock: NDArray[np.int_], home: NDArray[np.bool_], rng: Generator) -> Amounts:
    """By a thermostat, in the warm months, whenever somebody is home and on some days anyhow."""
    day = (clock - FIRST_H) // 24
    warm = (day >= _WARM_DAYS[0]) & (day < _WARM_DAYS[1])
    hot = rng.random(day[-1] + 1)[day] < 0.6
    forgotten = rng.random(day[-1] + 1)[day] < 0.1
    sun = 0.6 + 0.4 * np.cos((clock % 24 - 15) / 24 * 2 * np.pi)
    amounts: Amounts = 500 * sun * rng.uniform(0.4, 1.3, len(clock))
    return np.where(warm & hot & (home | forgotten), amounts, 0.0)


def _cooking_l(doing: NDArray[np.int_], rng: Generator) -> Amounts:
    busy = (doing == Doing.BUSY) & (rng.random(len(doing)) < 0.35)
    amounts: Amounts = busy * rng.uniform(30, 200, len(doing))
    return amounts


def _boiler_l(clock: NDArray[np.int_], rng: Generator) -> Amounts:
    """Heats by itself in winter, more by night than by day; else its pilot flame burns."""
    if rng.random() >= _BOILERS:
        return np.zeros(len(clock))
    day = (clock - FIRST_H) // 24 % 365
    cold = np.logical_or.reduce([(day >= first) & (day < last) for first, last in _COLD_DAYS])
    return np.where(cold, rng.uniform(100, 500, len(clock)), 8.0)


def _kettle_wh(doing: NDArray[np.int_], rng: Generator) -> Amounts:
    busy = (doing == Doing.BUSY) & (rng.random(len(doing)) < 0.4)
    amounts: Amounts = busy * rng.uniform(50, 150, len(doing))
    return amounts


def _dispenser_wh(hours: int, rng: Generator) -> Amounts:
    """Half of the plugs have a dispenser behind them, which keeps its water hot day and night."""
    if rng.random() >= _DISPENSERS:
        return np.full(hours, 1.0)
    return (rng.random(hours) < 0.5) * rng.uniform(20, 60, hours)
