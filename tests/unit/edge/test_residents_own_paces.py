"""By how much faster than its candidates a home's resident changes, as doors and water tell."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.residents.bank import bank
from edge.residents.own_paces import OwnPaces, unpacked
from edge.residents.states import AT, CHANGES, Doing, State

NOBODY_KNOWS = unpacked(b"")
NAMES = [change.name for change in CHANGES]
WAKE = NAMES.index("wake")
ASLEEP, BUSY = AT[State(Doing.ASLEEP)], AT[State(Doing.BUSY)]
MORNING = bank().matrices[:, 0, 7]


def step(then: int) -> NDArray[np.float32]:
    """Somebody asleep, whichever candidate, who is seen in the state `then` an hour later."""
    joint = np.zeros_like(MORNING)
    joint[:, ASLEEP, then] = 1 / len(joint)
    return joint


def paced(change: str, factor: float) -> OwnPaces:
    logs = np.zeros(len(CHANGES), np.float32)
    logs[NAMES.index(change)] = np.log(factor)
    return OwnPaces(logs, NOBODY_KNOWS.known)


def mornings(days: int, wakes_every: int) -> OwnPaces:
    """What is known after so many hours from seven to eight, in some of which they woke."""
    paces = NOBODY_KNOWS
    for day in range(days):
        joint = step(BUSY if day % wakes_every == 0 else ASLEEP)
        paces = paces.learned(paces.matrices(MORNING), joint)
    return paces


def waking(paces: OwnPaces) -> float:
    return float(paces.matrices(MORNING)[:, ASLEEP, BUSY].mean())


def test_a_home_nobody_knows_lives_at_its_candidates_paces() -> None:
    assert NOBODY_KNOWS.matrices(MORNING) == pytest.approx(MORNING, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [0.4, 2.7])
def test_at_any_pace_the_next_hour_is_certain_to_be_spent_somehow(name: str, factor: float) -> None:
    made = paced(name, factor).matrices(MORNING)
    assert made.min() >= 0
    assert made.sum(axis=2) == pytest.approx(1, abs=1e-5)


def test_a_slower_pace_is_that_change_less_often_and_no_other() -> None:
    made = paced("wake", 0.8).matrices(MORNING)
    assert made[:, ASLEEP, BUSY] == pytest.approx(0.8 * MORNING[:, ASLEEP, BUSY], rel=1e-4)
    assert made[:, BUSY] == pytest.approx(MORNING[:, BUSY], rel=1e-4)


@pytest.mark.parametrize("wakes_every", [2, 5])
def test_a_home_comes_to_be_expected_to_change_as_it_does(wakes_every: int) -> None:
    assert waking(mornings(2_000, wakes_every)) == pytest.approx(1 / wakes_every, abs=0.05)


def test_who_was_not_asleep_says_nothing_of_waking() -> None:
    joint = np.zeros_like(MORNING)
    joint[:, BUSY, BUSY] = 1.0
    learned = NOBODY_KNOWS.learned(MORNING, joint)
    assert learned.logs[WAKE] == 0
    assert learned.logs[NAMES.index("leave_errand")] < 0


def test_no_pace_leaves_its_bounds() -> None:
    logs = mornings(20_000, 20_000).logs
    assert logs[WAKE] == -1
    assert logs.max() <= 1


def test_paces_are_the_same_from_a_checkpoint() -> None:
    paces = mornings(50, 3)
    again = unpacked(paces.packed())
    assert (again.logs == paces.logs).all()
    assert (again.known == paces.known).all()
    assert len(paces.packed()) < 128
