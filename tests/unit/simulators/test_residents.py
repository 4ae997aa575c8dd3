"""Simulated residents: what must hold in every life that is drawn."""

import numpy as np
import pytest

from edge.residents.chain import chances
from edge.residents.passage import Passage
from edge.residents.population import as_csv, shipped
from edge.residents.states import IS_ALONE, IS_HOME, PASSAGES, STATES, Doing
from simulators.residents.lives import Lives, live
from simulators.residents.resident import resident


@pytest.fixture(scope="module")
def lives() -> Lives:
    return live(shipped(), 7, range(40), 90)


def test_a_home_is_the_same_whatever_other_homes_there_are(lives: Lives) -> None:
    alone = live(shipped(), 7, [31], 90)
    assert (alone.states[0] == lives.states[31]).all()
    assert (alone.litres[0] == lives.litres[31]).all()
    assert (alone.seen[0] == lives.seen[31]).all()


def test_another_seed_is_another_life(lives: Lives) -> None:
    assert (live(shipped(), 8, range(40), 90).states != lives.states).any()


def test_every_change_of_a_resident_adds_up_to_certainty() -> None:
    person = resident(shipped(), np.random.default_rng(3))
    assert person.matrices.min() >= 0
    assert person.matrices.sum(axis=-1) == pytest.approx(1)
    plain = chances(shipped().curves, np.full((1, 12), 50.0))
    assert plain.min() >= 0
    assert plain.sum(axis=-1) == pytest.approx(1)


def test_the_shipped_population_is_written_as_it_is_read() -> None:
    population = shipped()
    text = as_csv(population)
    assert len(text.splitlines()) == 2 * len(population.curves) + len(population.homes)
    assert f"{population.homes[0].paces[0]:.4g}" in text


def test_somebody_goes_out_before_they_are_away_and_comes_in_after(lives: Lives) -> None:
    home = IS_HOME[lives.states]
    leaves, returns = home[:, :-1] & ~home[:, 1:], ~home[:, :-1] & home[:, 1:]
    seen = lives.seen[:, :-1]
    assert set(np.unique(seen[leaves])) <= {Passage.OUT, Passage.NONE}
    assert set(np.unique(seen[returns])) <= {Passage.IN, Passage.NONE}
    assert 0.97 < (seen[leaves] == Passage.OUT).mean() < 1.0
    assert 0.1 < leaves.mean() * 24 < 3


def test_a_visitor_comes_in_and_goes_out_while_the_resident_stays() -> None:
    alone = [i for i, state in enumerate(STATES) if state.visited is False and IS_HOME[i]]
    visited = [i for i, state in enumerate(STATES) if state.visited]
    assert (PASSAGES[np.ix_(alone, visited)] == Passage.IN).all()
    assert (PASSAGES[np.ix_(visited, alone)] == Passage.OUT).all()
    assert not IS_ALONE[visited].any()


def test_everything_that_may_happen_to_a_resident_happens(lives: Lives) -> None:
    lived = {STATES[number] for number in np.unique(lives.states)}
    never = {state for state in STATES if state.visited and state.doing is Doing.ASLEEP}
    assert lived == set(STATES) - never
    many = live(shipped(), 7, range(40, 140), 2).residents
    assert any(each.has_tank for each in many)
    assert any(each.decline for each in many)


def test_whoever_is_away_leaves_standby_and_fridge_behind(lives: Lives) -> None:
    home = IS_HOME[lives.states]
    assert lives.watts[~home].mean() < 150 < lives.watts[home].mean() + 50
    assert lives.watts.min() > 20
    assert lives.used[~home].mean() < 0.005 < lives.used[home].mean()
