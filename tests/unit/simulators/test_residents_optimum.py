"""What the optimum says of simulated homes, and how a rule is measured against it."""

import json
import math

import numpy as np
import pytest
from numpy.random import default_rng

from edge.residents.passage import Passage
from edge.residents.population import shipped
from edge.residents.states import IS_ALONE
from simulators.evaluate.rules import routine
from simulators.residents.command import main
from simulators.residents.falls import Fall, falls
from simulators.residents.lives import Lives, live
from simulators.residents.optimum import odds, peaks_h
from simulators.residents.regret import optimal_h, regret
from simulators.residents.story import hour_ns, passages, series
from simulators.residents.trial import Outcome, Plan, judged


@pytest.fixture(scope="module")
def lives() -> Lives:
    return live(shipped(), 5, range(6), 60)


def test_a_sign_of_life_takes_all_odds_away(lives: Lives) -> None:
    lived_h = odds(lives, ()).lived_h
    assert (lived_h[lives.used] == 0).all()
    assert (lived_h[lives.seen != Passage.NONE] == 0).all()
    assert lived_h.max() > 100


def test_the_odds_never_fall_while_nobody_stirs(lives: Lives) -> None:
    fallen_h = odds(lives, [Fall(0, 300, 0.5), Fall(3, 700, 0.1)]).fallen_h
    assert (np.diff(fallen_h, axis=1) >= 0).all()
    assert (fallen_h[:, -1] > 1_000).all()


def test_who_is_out_by_the_door_is_hardly_in_trouble_at_home(lives: Lives) -> None:
    lived_h = odds(lives, ()).lived_h
    away = ~np.isin(lives.states, np.flatnonzero(IS_ALONE)) & (lived_h > 0)
    assert np.median(lived_h[away]) < np.median(lived_h[~away & (lived_h > 0)])


def test_each_silence_has_one_peak() -> None:
    assert peaks_h(np.array([1.0, 2.0, 0.0, 0.0, 3.0, 5.0, 0.0])).tolist() == [2.0, 5.0]


def test_nobody_falls_but_alone_at_home(lives: Lives) -> None:
    drawn = falls(lives, 2, range(100, 900), 40, default_rng(1))
    assert len(drawn) == 40
    assert all(IS_ALONE[lives.states[2, [fall.hour - 1, fall.hour]]].all() for fall in drawn)
    assert all(100 <= fall.hour < 900 and 0 <= fall.into < 1 for fall in drawn)
    assert falls(lives, 2, range(100, 100), 40, default_rng(1)) == []


def test_a_life_is_told_as_an_edge_hears_it(lives: Lives) -> None:
    told, through = series(lives, 1), passages(lives, 1)
    assert told[-1].litres == lives.litres[1].sum()
    assert len(told) == 60 * 24
    assert len(through) == (lives.seen[1] != Passage.NONE).sum()
    first = int(np.flatnonzero(lives.seen[1] == Passage.OUT)[0])
    then = [each for each in through if hour_ns(first) < each.at_ns < hour_ns(first + 1)]
    assert then[-1].direction == "out"


def outcome(alarms: int, delays_h: tuple[float, ...], peaks_h: tuple[float, ...]) -> Outcome:
    odds_h = tuple((0.0, 1.0, 10.0, 100.0) for _ in delays_h)
    return Outcome(alarms, 1, delays_h, (0.5,) * len(delays_h), peaks_h, odds_h)


def test_the_optimum_has_no_more_false_alarms_than_the_rule_had() -> None:
    found = regret(Plan(1, 58, 1), [outcome(2, (5.0,), (50.0, 9.0, 7.0, 3.0))])
    assert found.fa_per_home_month == found.optimum_fa_per_home_month == 2.0
    assert (found.optimum_median_h, found.regret) == (1.5, round(5.0 / 1.5, 3))
    assert found.alerts_per_worker_day == round(40 * 2 / 30, 3)
    assert found.early_ratio == round(30 / 28 / 2, 2)


def test_a_fall_that_nothing_comes_of_has_no_delay() -> None:
    assert optimal_h(outcome(0, (math.inf,), ()), 1_000.0) == [math.inf]
    found = regret(Plan(1, 58, 1), [outcome(0, (math.inf,), (5.0,))])
    assert (found.never_found, found.delay_median_h, found.regret) == (1, None, None)


def test_a_home_comes_to_the_same_whichever_others_there_are() -> None:
    plan, rule = Plan(3, 60, 2), routine(1.0)
    together = judged(plan, rule, [0, 1, 2])
    (alone,) = judged(plan, rule, [1])
    assert (alone.alarms, alone.delays_h) == (together[1].alarms, together[1].delays_h)
    assert alone.peaks_h == pytest.approx(together[1].peaks_h)


def test_the_command_tells_the_seed_and_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--homes", "3", "--days", "58", "--falls", "2", "--seed", "9", "--jobs", "1"]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seed"], told["homes"], told["falls"]) == (9, 3, 6)
    assert told["optimum_fa_per_home_month"] <= told["fa_per_home_month"]
    assert main(asked) == 0
    assert "seed 9" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [["--homes", "0"], ["--days", "57"], ["--falls", "some"]])
def test_a_number_that_is_too_small_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(wrong)
