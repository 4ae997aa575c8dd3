"""A cistern that leaks and fills itself again, told from a drip and from people."""

import pytest

from edge.reading import FindingState, Tier
from tests.unit.edge.test_leaks import HOME
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, litres, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED


def life(
    days: range,
    refill_min: float = 0,
    refill_l: float = 4,
    night_draws: tuple[float, ...] = (),
) -> list[tuple[float, float]]:
    """Hours and litres of a home that is awake from 06:00 to 23:00, with refills all day long."""
    draws: list[tuple[float, float]] = []
    for day in days:
        draws += [(24 * day + hour + 0.1, 25.0) for hour in (6, 7, 12, 18, 19, 21, 22)]
        draws += [(24 * day + hour, 7.0) for hour in night_draws]
    if refill_min:
        count = round((days.stop - days.start) * 1440 / refill_min)
        draws += [(24 * days.start + i * refill_min / 60, refill_l) for i in range(count)]
    return sorted(draws)


def home(draws: list[tuple[float, float]], days: range, minutes: int = 15, tick_l: int = 1) -> Site:
    site = Site(registry(units=(HOME,), devices=(METER | {"interval": f"{minutes} min"},)))
    tell(site, draws, days, minutes, tick_l)
    return site


def tell(
    site: Site, draws: list[tuple[float, float]], days: range, minutes: int = 15, tick_l: int = 1
) -> None:
    for slot in range(days.start * 1440 // minutes, days.stop * 1440 // minutes):
        hour = slot * minutes / 60
        total_l = sum(litre for at_hour, litre in draws if at_hour < hour)
        site.hear(litres(hour, total_l // tick_l * tick_l, resolution=tick_l / 1_000))


def test_even_refills_on_two_days_are_told() -> None:
    site = home(life(range(3), refill_min=50), range(3))
    (found,) = site.said
    assert (found.rule, found.category, found.tier) == ("toilet_runs", "water", Tier.GENERAL)
    assert found.evidence.seen["refill_l"] == pytest.approx(4, abs=0.5)
    assert found.evidence.seen["refill_min"] == pytest.approx(50, abs=5)


def test_refills_that_leave_no_pause_are_a_slow_leak() -> None:
    site = home(life(range(3), refill_min=12, refill_l=2), range(3))
    assert {found.rule for found in site.said} == {"leak_slow"}


@pytest.mark.parametrize(
    "night_draws",
    [(), (1.5, 3.8), (0.2, 1.4, 2.9, 3.3, 4.9), (2.0,)],
    ids=["sleeps", "up twice", "up five times", "up once"],
)
def test_people_are_not_told(night_draws: tuple[float, ...]) -> None:
    draws = life(range(6), night_draws=night_draws)
    assert home(draws, range(6)).story("toilet_runs") == []


def test_who_gets_up_at_night_does_not_hide_a_cistern() -> None:
    draws = sorted(
        [*life(range(4), refill_min=70, refill_l=3), *((24 * d + 2.5, 9) for d in range(4))]
    )
    assert home(draws, range(4)).story("toilet_runs") == [RAISED]


def test_a_drip_that_moves_the_register_by_single_litres_is_no_toilet() -> None:
    draws = [(slot / 4, 0.25) for slot in range(4 * 24 * 4)]
    assert home(draws, range(4)).story("toilet_runs") == []


@pytest.mark.parametrize(("minutes", "tick_l"), [(60, 1), (15, 10)])
def test_a_slow_or_coarse_meter_cannot_tell(minutes: int, tick_l: int) -> None:
    draws = life(range(4), refill_min=50)
    assert home(draws, range(4), minutes, tick_l).story("toilet_runs") == []


def test_it_ends_a_day_after_the_last_row() -> None:
    draws = life(range(3), refill_min=50) + life(range(3, 6))
    assert home(draws, range(6)).story("toilet_runs") == [RAISED, CLEARED]


def test_a_silent_meter_ends_nothing() -> None:
    draws = life(range(6), refill_min=50)
    site = home(draws, range(3))
    site.tick(24 * 6)
    tell(site, draws, range(5, 6))
    assert site.story("toilet_runs") == [RAISED]
