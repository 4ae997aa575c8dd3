"""What a resident may be doing in an hour, and what a door would show between two hours.

At home someone sleeps, rests or is up and about, well or ill, alone or with a visitor; away it
is an errand, a day, a night or a holiday. Several states with one memoryless stay each make
stays at home and away that are anything but memoryless.
"""

from enum import IntEnum
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.residents.passage import Passage


class Doing(IntEnum):
    """What a resident does; the last four are away from home."""

    ASLEEP = 0
    REST = 1
    BUSY = 2
    ERRAND = 3
    DAY = 4
    NIGHT = 5
    HOLIDAY = 6


HOME = (Doing.ASLEEP, Doing.REST, Doing.BUSY)
AWAY = (Doing.ERRAND, Doing.DAY, Doing.NIGHT, Doing.HOLIDAY)


class Change(NamedTuple):
    """One way in which an hour's doing becomes the next hour's."""

    name: str
    start: tuple[Doing, ...]
    end: Doing


CHANGES = (
    Change("wake", (Doing.ASLEEP,), Doing.BUSY),
    Change("bed", (Doing.REST, Doing.BUSY), Doing.ASLEEP),
    Change("rest", (Doing.BUSY,), Doing.REST),
    Change("stir", (Doing.REST,), Doing.BUSY),
    *(Change(f"leave_{each.name.lower()}", (Doing.REST, Doing.BUSY), each) for each in AWAY),
    *(Change(f"return_{each.name.lower()}", (each,), Doing.BUSY) for each in AWAY),
)
"""All others are impossible, but to go on as before."""


class State(NamedTuple):
    """The whole of what decides the next hour; the first states are those of the plain chain."""

    doing: Doing
    ill: bool = False
    visited: bool = False


STATES = (
    *(State(doing) for doing in Doing),
    *(State(doing, ill, visited) for ill, visited in product((False, True), repeat=2)
      if ill or visited for doing in HOME),
)  # fmt: skip
AT = {state: number for number, state in enumerate(STATES)}

IS_HOME = np.array([state.doing in HOME for state in STATES])
IS_ALONE = np.array([state.doing in HOME and not state.visited for state in STATES])
"""At home with nobody else: who comes to need help then is found by nobody."""


def _passage(before: State, after: State) -> Passage:
    home, then = before.doing in HOME, after.doing in HOME
    if home and then:
        return (Passage.NONE, Passage.IN, Passage.OUT)[(after.visited - before.visited) % 3]
    return Passage.NONE if home == then else Passage.OUT if home else Passage.IN


PASSAGES: NDArray[np.int64] = np.array(
    [[_passage(before, after) for after in STATES] for before in STATES]
)
"""Who goes through the door between two states, by the state before and after."""
