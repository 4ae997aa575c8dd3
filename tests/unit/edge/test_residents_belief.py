"""What is believed of a resident whose door tells who goes out."""

import numpy as np
import pytest

from edge.draw import Draw, drawn_between
from edge.outage import Outage
from edge.residents.bank import bank
from edge.residents.belief import begun, lived
from edge.residents.budget import odds_needed_h
from edge.residents.heard import hear
from edge.residents.passage import Passage
from edge.residents.remembered import Belief, passed
from edge.residents.states import IS_HOME, STATES
from edge.settings import ConfigError
from tests.unit.edge.worlds import UNIT, at, litres, metered, registry

DAY = range(8, 22)


def settled(days: int = 40) -> Belief:
    """A resident who uses water in every hour of the day, and goes out from 10 to 12."""
    belief = begun(at(0))
    for hour in range(1, 24 * days + 1):
        clock = (hour - 1) % 24
        if clock == 9:
            passed(belief, Passage.OUT, belief.until_ns)
        if clock == 12:
            passed(belief, Passage.IN, belief.until_ns)
        lived(belief, at(hour), 0, used=clock in DAY and clock not in (10, 11))
    return belief


def silent_h(belief: Belief, first: int, hours: int) -> list[float]:
    """The odds after each of so many hours without a sign of life."""
    found = []
    for hour in range(first, first + hours):
        lived(belief, at(hour + 1), 0, used=False)
        found.append(belief.odds_h)
    return found


def home_share(belief: Belief) -> float:
    weights = np.frombuffer(belief.weights, np.float32).reshape(-1, len(STATES))
    return float(weights[:, IS_HOME].sum())


def test_a_night_adds_little_and_a_morning_without_water_adds_much() -> None:
    odds_h = silent_h(settled(), 24 * 40, 14)
    assert odds_h == sorted(odds_h)
    assert odds_h[5] < 30 < 10 * odds_h[5] < odds_h[13]


def test_a_use_takes_all_odds_away() -> None:
    belief = settled()
    silent_h(belief, 24 * 40, 12)
    lived(belief, at(24 * 40 + 13), 0, used=True)
    assert belief.odds_h == 0.0


def test_who_was_seen_to_go_out_is_believed_to_be_out() -> None:
    belief = settled()
    lived(belief, at(24 * 40 + 9), 0, used=True)
    passed(belief, Passage.OUT, belief.until_ns)
    lived(belief, at(24 * 40 + 10), 0, used=True)
    assert belief.odds_h == 0.0
    lived(belief, at(24 * 40 + 11), 0, used=False)
    assert home_share(belief) < 0.05
    passed(belief, Passage.IN, belief.until_ns)
    lived(belief, at(24 * 40 + 12), 0, used=False)
    assert home_share(belief) > 0.95


def test_a_passage_takes_all_odds_away_at_once() -> None:
    belief = settled()
    silent_h(belief, 24 * 40, 12)
    passed(belief, Passage.IN, belief.until_ns)
    assert belief.odds_h == 0.0


def test_nobody_knows_what_a_hole_with_a_rise_held() -> None:
    belief = settled()
    silent_h(belief, 24 * 40, 9)
    lived(belief, at(24 * 40 + 15), 0, used=None)
    assert belief.odds_h == 0.0
    assert belief.until_ns == at(24 * 40 + 15)


def test_equal_registers_around_a_hole_say_what_hourly_ones_would() -> None:
    hourly, hole = settled(), settled()
    odds_h = silent_h(hourly, 24 * 40, 9)
    lived(hole, at(24 * 40 + 9), 0, used=False)
    assert hole.odds_h == pytest.approx(odds_h[-1], rel=1e-4)


def test_after_a_week_unheard_nothing_is_known() -> None:
    belief = settled()
    lived(belief, at(24 * 48), 0, used=True)
    assert (belief.weights, belief.odds_h) == (begun(0).weights, 0.0)


def test_a_home_without_water_by_day_is_less_suspect_where_it_used_little_before() -> None:
    """Of the same hours of silence, in a home that uses water in every other hour of the day."""
    seldom = begun(at(0))
    for hour in range(1, 24 * 40 + 1):
        clock = (hour - 1) % 24
        lived(seldom, at(hour), 0, used=clock in DAY and hour % 2 == 0)
    assert seldom.own_use[0] < 0 < settled().own_use[0]
    assert silent_h(seldom, 24 * 40, 14)[-1] < 0.5 * silent_h(settled(), 24 * 40, 14)[-1]


def test_an_hour_that_nobody_knows_says_nothing_of_a_home() -> None:
    belief = settled()
    before = belief.own_use
    lived(belief, at(24 * 40 + 1), 0, used=None)
    assert belief.own_use == before


def test_a_checkpoint_that_weighs_other_candidates_is_begun_anew() -> None:
    belief, fresh = settled(), begun(at(24 * 40))
    belief.weights = belief.weights[: 4 * len(STATES) * 20]
    fresh.own_use, fresh.own_paces = belief.own_use, belief.own_paces
    for each in (belief, fresh):
        lived(each, at(24 * 40 + 1), 0, used=True)
    assert belief.weights == fresh.weights


def test_many_passages_in_an_hour_are_as_many_as_are_kept() -> None:
    belief = begun(at(0))
    for _ in range(50):
        passed(belief, Passage.IN, belief.until_ns)
    assert len(belief.passages) == 8


def test_impossible_hours_leave_a_belief_that_adds_up() -> None:
    belief = begun(at(0))
    for hour in range(1, 100):
        passed(belief, Passage.OUT, belief.until_ns)
        lived(belief, at(hour), 0, used=hour % 2 == 0)
    weights = np.frombuffer(belief.weights, np.float32)
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1, rel=1e-3)


def test_an_hour_of_a_quick_meter_is_one_hour() -> None:
    meter, belief, heard = metered(100.0), begun(at(0)), []
    for quarter in range(1, 9):
        meter.observe(litres(quarter / 4, 100.0 + 3 * (quarter > 5)))
        hear(belief, meter, 0, never)
        heard.append(belief.until_ns)
    assert heard == [at(0)] * 3 + [at(1)] * 4 + [at(2)]


def test_a_meter_whose_clock_was_put_back_is_heard_again() -> None:
    meter, belief = metered(100.0, 100.0), begun(at(9_000))
    hear(belief, meter, 0, never)
    meter.observe(litres(2, 100.0))
    hear(belief, meter, 0, never)
    assert belief.until_ns == at(2)


def test_a_time_without_supply_says_nothing_of_the_resident() -> None:
    meter, belief = metered(100.0, 100.0), begun(at(0))
    hear(belief, meter, 0, Outage)
    assert belief.odds_h == 0.0
    assert drawn_between(meter.chain, 0, 1, 1_000) is Draw.NONE


def never(start_ns: int, end_ns: int) -> None:
    """No outage excuses any time."""


def test_fewer_alarms_need_more_odds() -> None:
    needed_h = [odds_needed_h(rate) for rate in (0.05, 0.1, 0.3, 1.0)]
    assert needed_h == sorted(needed_h, reverse=True)


def test_every_candidate_is_a_resident() -> None:
    known = bank()
    assert known.matrices.sum(axis=-1) == pytest.approx(1, rel=1e-5)
    assert -8 < known.use_odds_log.min() < known.use_odds_log.max() < 5


@pytest.mark.parametrize("rate", [0.01, 2.0])
def test_a_budget_with_a_door_beyond_what_was_measured_is_refused(rate: float) -> None:
    with pytest.raises(ConfigError, match="alarms_per_month_with_door"):
        registry([UNIT | {"routine": {"alarms_per_month_with_door": rate}}])
