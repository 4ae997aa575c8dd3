"""What was learned of how people live, as it is shipped, and residents drawn from it.

A drawn resident is one of the homes that were learned from, somewhat other than it: so what goes
together in real homes goes together here, and nobody is there twice.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from simulators.residents.chain import Curves
from simulators.residents.states import CHANGES, HOME

SHIPPED = Path(__file__).with_name("population.csv")
_APART = 0.15
"""By about so much does a drawn resident's pace differ from the home drawn."""
_SHIFT_H_MAX = 2


class Habits(NamedTuple):
    """How one home differs from the curves of all.

    `paces` are factors on its changes; `uses` the chances that an hour asleep, resting and busy
    uses water; a use is of `litres` (the mean and spread of the logarithm); its day is
    `shift_h` hours later.
    """

    paces: NDArray[np.float64]
    uses: NDArray[np.float64]
    litres: tuple[float, float]
    shift_h: int


class Population(NamedTuple):
    """The curves of all homes, and each home."""

    curves: Curves
    homes: tuple[Habits, ...]


@lru_cache(maxsize=1)
def shipped() -> Population:
    """The population in `population.csv`."""
    curves = np.zeros((len(CHANGES), 2, 24))
    homes = []
    names = [change.name for change in CHANGES]
    with SHIPPED.open(encoding="ascii", newline="") as text:
        for sort, *cells in csv.reader(text):
            if sort == "home":
                homes.append(_habits([float(cell) for cell in cells]))
            else:
                curves[names.index(sort), int(cells[0])] = [float(cell) for cell in cells[1:]]
    return Population(curves, tuple(homes))


def as_csv(population: Population) -> str:
    """The text from which `shipped` reads `population`, to four digits."""
    rows: list[list[object]] = []
    for change, curve in zip(CHANGES, population.curves, strict=True):
        rows += [[change.name, kind, *map(_short, hours)] for kind, hours in enumerate(curve)]
    for each in population.homes:
        numbers = [*each.paces, *each.uses, *each.litres, each.shift_h]
        rows.append(["home", *map(_short, numbers)])
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def drawn(population: Population, rng: Generator) -> Habits:
    """A resident like those of `population`."""
    like = population.homes[rng.integers(len(population.homes))]
    odds = like.uses / (1 - like.uses) * np.exp(_APART * rng.standard_normal(len(HOME)))
    mean, spread = like.litres
    return Habits(
        like.paces * np.exp(_APART * rng.standard_normal(len(CHANGES))),
        odds / (1 + odds),
        (mean + _APART * float(rng.standard_normal()), spread),
        like.shift_h + int(rng.integers(-_SHIFT_H_MAX, _SHIFT_H_MAX, endpoint=True)),
    )


def _habits(numbers: list[float]) -> Habits:
    paces, rest = np.array(numbers[: len(CHANGES)]), numbers[len(CHANGES) :]
    asleep, resting, busy, mean, spread, shift_h = rest
    return Habits(paces, np.array([asleep, resting, busy]), (mean, spread), int(shift_h))


def _short(number: float) -> str:
    return f"{number:.4g}"
