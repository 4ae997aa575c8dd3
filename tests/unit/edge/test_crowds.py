"""Gatherings at public places, from counts alone."""

from typing import Any

import pytest

from edge.crowd import BANDS, CrowdState, at_least, fewer_than
from edge.crowd_terms import FEW
from edge.reading import FindingState, Kind, Reading, Tier
from edge.settings import ConfigError
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, UNIT, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
RULE = "gathering"
SQUARE = {"code": "square", "building": "b01"}
MIDNIGHT = 16.0
"""Local midnight before Friday, in hours after the start."""
STEP = 5 / 60
NOON = MIDNIGHT + 24 * 14 + 12
"""Of a Friday, when two weeks are known."""


def square(kind: str = "cam", unit: str = "square", **terms: Any) -> Site:
    device = {"id": "cam-1", "kind": kind, "unit": unit, "crowd": terms}
    return Site(registry((UNIT, SQUARE), (METER, device)))


def count(hour: float, people: float) -> Reading:
    own = {"device": "cam-1", "unit": "square", "kind": Kind.CAM, "resolution": 0.0}
    return reading(hour, "crowd.count", people, **own)


def usual(hour: float) -> int:
    """Nobody by night, some by day, many on Saturday and Sunday mornings."""
    day, of_day = divmod(hour - MIDNIGHT, 24)
    if (int(day) + 4) % 7 >= 5 and 8 <= of_day < 12:
        return 60
    return 8 if 7 <= of_day < 21 else 0


def lived(site: Site, days: int = 14) -> Site:
    """The site after so many usual days."""
    steps = round(24 * days / STEP)
    for step in range(steps):
        hour = MIDNIGHT + step * STEP
        site.hear(count(hour, usual(hour) + step % 3))
    return site


def crowd(site: Site, start: float, people: int, minutes: int) -> float:
    """So many for so long, and then the usual for an hour; the hour after that."""
    for step in range(minutes // 5 + 1):
        site.hear(count(start + step * STEP, people + step % 4))
    after = start + minutes / 60
    for step in range(1, 13):
        site.hear(count(after + step * STEP, usual(after)))
    return after + 1


def test_many_more_than_usual_for_a_while_are_told_as_a_range_and_end() -> None:
    site = lived(square())
    assert site.story(RULE) == []
    crowd(site, NOON, 34, 40)
    raised, cleared = [each for each in site.said if each.rule == RULE]
    assert (raised.tier, raised.category) == (Tier.IMPORTANT, "gathering")
    assert raised.subject == "s01/b01/square/cam-1"
    assert raised.evidence.seen == {"people_min": 20.0}
    assert raised.evidence.usual == {"usual_below": 20.0}
    assert cleared.state is CLEARED


@pytest.mark.parametrize(
    ("people", "minutes"),
    [
        pytest.param(19, 120, id="fewer than are agreed"),
        pytest.param(60, 10, id="not for long enough"),
        pytest.param(4, 600, id="four are nobody"),
    ],
)
def test_fewer_or_shorter_is_no_gathering(people: int, minutes: int) -> None:
    site = lived(square())
    crowd(site, NOON, people, minutes)
    assert site.story(RULE) == []


def test_the_weekend_has_its_own_usual() -> None:
    site = lived(square())
    saturday = NOON + 24 - 2
    crowd(site, saturday, 70, 60)
    assert site.story(RULE) == []
    monday = saturday + 48
    crowd(site, monday, 70, 60)
    assert site.story(RULE) == [RAISED, CLEARED]


def test_within_the_first_week_nobody_can_know() -> None:
    site = lived(square(), days=5)
    crowd(site, MIDNIGHT + 24 * 5 + 12, 200, 60)
    assert site.story(RULE) == []


def test_what_was_told_does_not_become_usual() -> None:
    site = lived(square())
    for day in range(0, 28, 7):
        crowd(site, NOON + 24 * day, 40, 90)
    assert site.story(RULE) == [RAISED, CLEARED] * 4


def test_a_gap_proves_nothing() -> None:
    site = lived(square())
    site.hear(count(NOON, 50))
    site.hear(count(NOON + 2, 50))
    assert site.story(RULE) == []


def test_what_arrives_out_of_order_changes_nothing() -> None:
    site = lived(square())
    crowd(site, NOON, 50, 30)
    before = list(site.said)
    site.hear(count(NOON - 3, 500))
    assert site.said == before


def test_the_terms_say_how_many_and_for_how_long() -> None:
    site = lived(square(at_least=100, lasts="1 h"))
    crowd(site, NOON, 90, 120)
    assert site.story(RULE) == []
    crowd(site, NOON + 24 * 3, 150, 120)
    (raised, _) = [each for each in site.said if each.rule == RULE]
    assert raised.evidence.seen == {"people_min": 100.0}
    assert raised.evidence.delay_s_worst == 3_600


def test_without_terms_counts_are_not_looked_at() -> None:
    device = {"id": "cam-1", "kind": "cam", "unit": "square"}
    site = lived(Site(registry((UNIT, SQUARE), (METER, device))))
    crowd(site, NOON, 500, 60)
    assert site.story(RULE) == []


@pytest.mark.parametrize(
    ("unit", "kind", "terms", "problem"),
    [
        ("u01", "cam", {}, "counts the people of a home"),
        ("square", "door", {}, "is for kinds cam and env"),
        ("square", "cam", {"at_least": FEW - 1}, "at_least"),
    ],
)
def test_no_home_is_counted_and_nothing_below_five(
    unit: str, kind: str, terms: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        square(kind, unit, **terms)
    assert problem in str(refused.value)


def test_of_fewer_than_five_nothing_is_kept() -> None:
    few, none = square(), square()
    for step in range(600):
        few.hear(count(MIDNIGHT + step * STEP, step % FEW))
        none.hear(count(MIDNIGHT + step * STEP, 0))
    kept, of_none = (each.pipeline.dump() for each in (few, none))
    states = [site.pipeline._subjects.points.by_name["cam-1 Crowd"].state.state
              for site in (few, none)]  # fmt: skip
    assert isinstance(states[0], CrowdState)
    assert states[0] == states[1]
    assert kept == of_none


def test_the_evidence_is_a_range_and_no_person() -> None:
    site = lived(square())
    crowd(site, NOON, 37, 60)
    for found in [each for each in site.said if each.rule == RULE]:
        numbers = [*found.evidence.seen.values(), *found.evidence.usual.values()]
        assert set(numbers) <= {0.0, *BANDS}
        assert "37" not in found.evidence.sentence_zh + found.evidence.sentence_en


def test_a_restart_changes_nothing() -> None:
    whole, parted = lived(square()), lived(square())
    blob = parted.pipeline.dump()
    parted.pipeline = square().pipeline
    parted.pipeline.restore(blob)
    for site in (whole, parted):
        crowd(site, NOON, 40, 60)
    assert [each.id for each in parted.said] == [each.id for each in whole.said]
    assert whole.story(RULE) == [RAISED, CLEARED]


@pytest.mark.parametrize(
    ("people", "least", "below"), [(3, 0, 5), (5, 5, 10), (19, 10, 20), (20, 20, 50)]
)
def test_bands(people: int, least: int, below: int) -> None:
    assert (at_least(people), fewer_than(people)) == (least, below)
