"""Simulated residents against real homes that they were not learned from."""

import numpy as np
import pytest

from edge.residents.population import shipped
from simulators.households import EXTRACT, read
from simulators.residents.gaps import Part, Shares, distance, length_h, observed, shares
from simulators.residents.hours import uses
from simulators.residents.lives import FIRST_H, Lives, live

HELD_OUT = ("home-002", "home-015", "home-025", "home-039", "home-048")
"""As in scripts/learn_residents.py."""
NEAR = {Part.DAY: 0.06, Part.NIGHT: 0.11}
"""Five homes of eight weeks lie so far from one another by chance."""


@pytest.fixture(scope="module")
def real() -> dict[Part, Shares]:
    return dict(shares([uses(series) for series in read(EXTRACT, HELD_OUT).values()]))


@pytest.fixture(scope="module")
def lives() -> Lives:
    return live(shipped(), 1, range(100), 180)


@pytest.mark.parametrize("part", Part)
def test_simulated_gaps_are_spread_like_those_of_homes_never_learned_from(
    part: Part, real: dict[Part, Shares], lives: Lives
) -> None:
    simulated = shares(observed(lives))[part]
    assert distance(real[part], simulated) <= NEAR[part]
    for share in (0.5, 0.75, 0.9, 0.95):
        ratio = (1 + length_h(simulated, share)) / (1 + length_h(real[part], share))
        assert 0.7 <= ratio <= 1.4, share


@pytest.mark.parametrize("part", Part)
def test_residents_who_use_water_at_random_are_told_from_real_ones(
    part: Part, real: dict[Part, Shares], lives: Lives
) -> None:
    """With the same use by clock hour in each home: what is missing is only the memory."""
    by_hour = lives.used.reshape(len(lives.used), -1, 24).mean(axis=1)
    rng = np.random.default_rng(1)
    drawn = rng.random((180, *by_hour.shape)) < by_hour
    forgetful = [(FIRST_H, drawn[:, home].astype(np.int8).ravel()) for home in range(len(by_hour))]
    assert distance(real[part], shares(forgetful)[part]) > NEAR[part]


def test_residents_who_never_go_away_are_told_from_real_ones(real: dict[Part, Shares]) -> None:
    curves = shipped().curves.copy()
    curves[4:8] = 0.0
    homebodies = shares(observed(live(shipped()._replace(curves=curves), 1, range(100), 180)))
    assert distance(real[Part.DAY], homebodies[Part.DAY]) > NEAR[Part.DAY]
