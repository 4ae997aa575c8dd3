"""Loud nights where several homes hear them, from levels alone."""

from typing import Any

import pytest

from edge.noise_terms import NIGHT_DB
from edge.reading import FindingState, Kind, Tier
from edge.settings import ConfigError
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "noise_at_night"
STAIR = {"code": "stair-1", "building": "b01"}
EVENING = 14.0
"""Ten o'clock in the evening, local time, in hours after the start."""
STEP = 10 / 60


def stair(kind: str = "env", unit: str = "stair-1", **terms: Any) -> Site:
    device = {"id": "ws-1", "kind": kind, "unit": unit, "interval": "10 min",
              "noise": {"homes": 12, **terms}}  # fmt: skip
    return Site(registry((UNIT, STAIR), (METER, device)))


def level(site: Site, hour: float, level_db: float) -> None:
    own = {"device": "ws-1", "unit": "stair-1", "kind": Kind.ENV, "resolution": 0.0}
    site.hear(reading(hour, "noise.level", level_db, **own))


def night(site: Site, number: int, loud_min: int = 0, level_db: float = 58.0) -> None:
    """A whole day from ten in the evening on, loud for so long from eleven on."""
    for step in range(6 * 24):
        hour = 24 * number + EVENING + step * STEP
        loud = 6 < step <= 6 + loud_min / 10
        level(site, hour, level_db if loud else 62.0 if step > 60 else 38.0)


def test_three_loud_nights_of_fourteen_are_told_once_for_a_mediator() -> None:
    site = stair()
    for number, loud_min in enumerate((60, 0, 0, 60, 0, 40, 60)):
        night(site, number, loud_min)
    (found,) = [each for each in site.said if each.rule == RULE]
    assert (found.tier, found.category, found.state) == (Tier.GENERAL, "dispute", RAISED)
    assert found.subject == "s01/b01/stair-1/ws-1"
    assert found.evidence.seen == {"nights": 3.0, "level_db": 55.0, "homes": 12.0}
    assert found.evidence.usual["limit_db"] == 45.0


@pytest.mark.parametrize(
    "nights",
    [
        pytest.param([60, 60] + [0] * 20, id="a feast of two nights"),
        pytest.param([20] * 20, id="twenty minutes of each night"),
        pytest.param(([60] + [0] * 6) * 3, id="once a week"),
    ],
)
def test_what_does_not_come_again_and_again_is_no_quarrel(nights: list[int]) -> None:
    site = stair()
    for number, loud_min in enumerate(nights):
        night(site, number, loud_min)
    assert site.story(RULE) == []


def test_it_is_over_after_seven_quiet_nights() -> None:
    site = stair()
    for number, loud_min in enumerate([60] * 3 + [0] * 8):
        night(site, number, loud_min)
    assert site.story(RULE) == [RAISED, CLEARED]


def test_nights_of_which_nothing_was_heard_are_not_quiet() -> None:
    site = stair()
    for number in range(3):
        night(site, number, 60)
    for hour in range(24 * 3, 24 * 20, 12):
        level(site, hour + 2, 38.0)
    assert site.story(RULE) == [RAISED]


@pytest.mark.parametrize(("area", "limit_db"), NIGHT_DB.items())
def test_the_limit_is_that_of_the_area(area: int, limit_db: float) -> None:
    at_limit, above = stair(area=area), stair(area=area)
    for number in range(3):
        night(at_limit, number, 60, limit_db)
        night(above, number, 60, limit_db + 1)
    assert (at_limit.story(RULE), above.story(RULE)) == ([], [RAISED])


def test_a_gap_in_the_night_counts_for_nothing() -> None:
    site = stair()
    for number in range(5):
        for hour in (0.0, 1.0, 2.0, 3.0):
            level(site, 24 * number + EVENING + hour, 70.0)
    assert site.story(RULE) == []


@pytest.mark.parametrize(
    ("unit", "kind", "terms", "problem"),
    [
        ("u01", "env", {}, "listens to a home"),
        ("stair-1", "cam", {}, "is for kind env"),
        ("stair-1", "env", {"homes": 4}, "homes"),
    ],
)
def test_no_home_is_listened_to_and_no_four_of_them(
    unit: str, kind: str, terms: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        stair(kind, unit, **terms)
    assert problem in str(refused.value)


def test_a_restart_changes_nothing() -> None:
    site = stair()
    for number in range(2):
        night(site, number, 60)
    blob = site.pipeline.dump()
    site.pipeline = stair().pipeline
    site.pipeline.restore(blob)
    night(site, 2, 60)
    assert site.story(RULE) == [RAISED]
