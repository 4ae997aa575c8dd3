"""How much more readily than its candidates a home uses water, as its hours tell."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.residents.bank import bank
from edge.residents.own_use import OwnUse
from edge.residents.remembered import OWN_USE_KNOWN_FIRST
from edge.residents.states import AT, IS_HOME, Doing, State

NOBODY_KNOWS = OwnUse(0.0, OWN_USE_KNOWN_FIRST)


def busy() -> NDArray[np.float32]:
    """Weights of candidates who are all up and about, with nobody else there."""
    weights = np.zeros_like(bank().use_odds_log)
    weights[:, AT[State(Doing.BUSY)]] = 1 / len(weights)
    return weights


def expected(own: OwnUse) -> float:
    """The chance of a use in a busy hour."""
    return float((busy() * own.chances(bank().use_odds_log)).sum())


def after(hours: int, share: float, own: OwnUse = NOBODY_KNOWS) -> OwnUse:
    """What is known after busy hours of which such a share used water."""
    for hour in range(hours):
        used = int((hour + 1) * share) > int(hour * share)
        own = own.learned(own.chances(bank().use_odds_log), busy(), used=used)
    return own


def test_a_home_nobody_knows_uses_water_as_its_candidates_do() -> None:
    chances = 1 / (1 + np.exp(-bank().use_odds_log))
    assert NOBODY_KNOWS.chances(bank().use_odds_log) == pytest.approx(chances)


@pytest.mark.parametrize("share", [0.7, 0.8, 0.9, 0.95])
def test_a_home_comes_to_be_expected_to_do_what_it_does(share: float) -> None:
    assert expected(after(1_000, share)) == pytest.approx(share, abs=0.05)


def test_the_more_is_known_the_less_does_an_hour_change() -> None:
    young, old = after(10, 0.6), after(1_000, 0.6)
    assert old.known > young.known
    assert abs(after(1, 0.0, old).offset - old.offset) < abs(
        after(1, 0.0, young).offset - young.offset
    )


def test_nobody_is_further_from_the_candidates_than_the_bounds() -> None:
    assert after(20_000, 0.0).offset == pytest.approx(-1.5)
    assert expected(after(20_000, 0.0)) > 0.3


def test_an_empty_home_uses_no_more_for_its_resident_using_more() -> None:
    empty = ~IS_HOME
    chances = OwnUse(1.0, 100.0).chances(bank().use_odds_log)
    assert chances[:, empty] == pytest.approx(NOBODY_KNOWS.chances(bank().use_odds_log)[:, empty])
    assert (chances[:, ~empty] > NOBODY_KNOWS.chances(bank().use_odds_log)[:, ~empty]).all()
