"""More through a door than were let through: counted for a day, nobody named."""

from typing import Any

from edge.reading import FindingState, Kind, Tier
from tests.unit.edge.test_doors import book, closed, granted, guarded, opened, said
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import at

SECOND = 1 / 3600
RULE = "door_tailgating"
RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED


def let_through(site: Site, hour: float, openings: int) -> None:
    """One pass, and so many openings on it."""
    site.hear(granted(hour))
    for number in range(openings):
        site.hear(opened(hour + (2 + 5 * number) * SECOND))
        site.hear(closed(hour + (4 + 5 * number) * SECOND))


def passed(hour: float, total: float, **changes: Any) -> Any:
    return said(hour, "door.passes", total, **changes)  # type: ignore[arg-type]


def test_six_openings_on_passes_that_were_used_before_are_told_once_for_the_day() -> None:
    site = guarded()
    for minute in range(6):
        assert site.story(RULE) == []
        let_through(site, 1 + minute / 60, openings=2)
    let_through(site, 2, openings=2)
    (found,) = [each for each in site.said if each.rule == RULE]
    assert (found.tier, found.category) == (Tier.GENERAL, "door")
    assert found.evidence.seen == {"granted": 6.0, "extra": 6.0}
    site.tick(15.9)  # five to midnight in China
    assert site.story(RULE) == [RAISED]
    site.tick(16)
    assert site.story(RULE) == [RAISED, CLEARED]


def test_one_opening_for_each_pass_is_as_it_should_be() -> None:
    site = guarded()
    for minute in range(60):
        let_through(site, 1 + minute / 60, openings=1)
    assert site.story(RULE) == []


def test_the_readers_word_may_come_after_the_first_opening() -> None:
    site = guarded()
    for minute in range(10):
        hour = 1 + minute / 60
        site.hear(opened(hour + SECOND))
        site.hear(granted(hour, received_ns=at(hour + 2 * SECOND)))
        site.hear(closed(hour + 4 * SECOND))
        site.hear(opened(hour + 8 * SECOND))
        site.hear(closed(hour + 9 * SECOND))
    assert site.story(RULE) == [RAISED]


def test_few_among_many_are_parcels() -> None:
    site = guarded()
    for minute in range(120):
        let_through(site, 1 + minute / 60, openings=2 if minute % 12 == 0 else 1)
    assert site.story(RULE) == []


def test_who_catches_the_closing_door_follows_and_a_bounce_does_not() -> None:
    site = guarded()
    for minute in range(6):
        hour = 1 + minute / 60
        site.hear(granted(hour), opened(hour + SECOND), closed(hour + 4 * SECOND))
        site.hear(opened(hour + 4.5 * SECOND), closed(hour + 4.8 * SECOND))
    assert site.story(RULE) == []
    for minute in range(6):
        hour = 2 + minute / 60
        site.hear(granted(hour), opened(hour + SECOND), closed(hour + 4 * SECOND))
        site.hear(opened(hour + 5.5 * SECOND), closed(hour + 8 * SECOND))
    assert site.story(RULE) == [RAISED]


def test_a_counter_shows_who_slips_in_on_one_opening() -> None:
    site = guarded()
    site.hear(passed(1, 500))
    for minute in range(30):
        site.hear(granted(1 + minute / 60))
    site.hear(passed(2, 535))
    assert site.story(RULE) == []
    site.hear(passed(2.1, 536))
    assert site.story(RULE) == [RAISED]


def test_a_counter_that_begins_anew_or_jumps_proves_nothing() -> None:
    site = guarded()
    for hour, total in ((1.0, 500.0), (2.0, 3.0), (3.0, 90_000.0), (4.0, 90_005.0)):
        site.hear(passed(hour, total))
    assert site.story(RULE) == []


def test_a_pass_that_is_reported_by_two_words_is_one() -> None:
    site = guarded()
    site.hear(passed(1, 0))
    for minute in range(20):
        hour = 1 + minute / 60
        site.hear(granted(hour), said(hour, "door.method", "remote"))
    site.hear(passed(2, 30))
    assert site.story(RULE) == [RAISED]


def test_what_comes_late_from_a_day_that_is_over_is_not_counted_today() -> None:
    site = guarded()
    site.hear(passed(30, 0))
    for minute in range(20):
        site.hear(granted(1 + minute / 60, received_ns=at(30)))
    site.hear(passed(30.5, 10))
    assert site.story(RULE) == [RAISED]


def test_where_not_every_way_through_is_reported_nothing_is_counted() -> None:
    site = Site(book({"held_open": "1 h"}))
    site.hear(closed(0))
    for minute in range(20):
        let_through(site, 1 + minute / 60, openings=2)
    assert site.story(RULE) == []
    assert {each.kind for each in [granted(1)]} == {Kind.DOOR}
