"""What was learned from real homes of how people live, as it is shipped.

The file is `population.csv`; `README.md` beside it says whose homes they were.
"""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.chain import Curves
from edge.residents.states import CHANGES

SHIPPED = Path(__file__).with_name("population.csv")


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


def _habits(numbers: list[float]) -> Habits:
    paces, rest = np.array(numbers[: len(CHANGES)]), numbers[len(CHANGES) :]
    asleep, resting, busy, mean, spread, shift_h = rest
    return Habits(paces, np.array([asleep, resting, busy]), (mean, spread), int(shift_h))


def _short(number: float) -> str:
    return f"{number:.4g}"
