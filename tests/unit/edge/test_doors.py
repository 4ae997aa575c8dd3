"""Doors: forced, held open, denied again and again, used when nobody has business there."""

from typing import Any

import pytest

from edge.reading import FindingState, Kind, Reading, Tier, Timeliness
from edge.registry import Registry
from edge.settings import ConfigError
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
SECOND, MINUTE = 1 / 3600, 1 / 60
DOOR = {"id": "door-1", "kind": "door", "unit": "u01"}
READER = {"id": "reader-1", "kind": "door", "unit": "u01"}


def book(terms: Any = None, **changes: Any) -> Registry:
    door = DOOR | ({"door": terms} if terms else {}) | changes
    return registry(devices=(METER, READER, door))


def said(hour: float, channel: str, value: str, **changes: Any) -> Reading:
    return reading(hour, channel, value, **({"device": "door-1", "kind": Kind.DOOR} | changes))


def opened(hour: float, **changes: Any) -> Reading:
    return said(hour, "door.contact", "open", **changes)


def closed(hour: float, **changes: Any) -> Reading:
    return said(hour, "door.contact", "closed", **changes)


def granted(hour: float, **changes: Any) -> Reading:
    return said(hour, "door.access", "granted", **changes)


def denied(hour: float, **changes: Any) -> Reading:
    return said(hour, "door.access", "denied", **changes)


def guarded(**terms: Any) -> Site:
    site = Site(book({"reported": True, **terms}))
    site.hear(closed(0))
    return site


class TestForced:
    def test_an_opening_without_a_pass_is_told_when_no_pass_can_come_any_more(self) -> None:
        site = guarded()
        site.hear(opened(1))
        assert site.tick(1 + 19 * SECOND) == []
        (found,) = site.tick(1 + 20 * SECOND)
        assert (found.rule, found.category) == ("door_forced", "security")
        assert (found.tier, found.state) == (Tier.IMPORTANT, RAISED)
        assert (found.subject, found.since_ns) == ("s01/b01/u01/door-1", at(1))
        assert "09:00" in found.evidence.sentence_zh

    @pytest.mark.parametrize(
        ("channel", "value"),
        [("door.access", "granted"), ("door.method", "button"), ("door.method", "remote")],
    )
    def test_a_pass_shortly_before_makes_it_an_opening_like_any(
        self, channel: str, value: str
    ) -> None:
        site = guarded()
        site.hear(said(1, channel, value))
        site.hear(opened(1 + 5 * SECOND))
        site.tick(2)
        assert site.story("door_forced") == []

    def test_a_pass_long_before_does_not(self) -> None:
        site = guarded()
        site.hear(granted(1))
        site.hear(opened(1 + 20 * SECOND))
        site.tick(1.1)
        assert site.story("door_forced") == [RAISED]

    def test_the_readers_word_may_come_after_the_contacts(self) -> None:
        site = guarded()
        site.hear(opened(1))
        site.hear(granted(1 - SECOND, received_ns=at(1 + 10 * SECOND)))
        site.tick(1.1)
        assert site.story("door_forced") == []

    def test_just_after_the_link_was_lost_a_pass_may_have_been_lost_with_it(self) -> None:
        site = guarded()
        site.link(1, up=False)
        site.link(2, up=True)
        site.hear(opened(2 + 5 * SECOND))
        site.tick(2.1)
        assert site.story("door_forced") == []
        site.hear(closed(3))
        site.hear(opened(3.1))
        site.tick(3.2)
        assert site.story("door_forced") == [RAISED]

    def test_an_opening_that_the_broker_kept_is_judged_by_what_it_kept_with_it(self) -> None:
        site = guarded()
        site.link(1, up=False)
        site.link(2, up=True)
        site.hear(opened(1.5, received_ns=at(2 + SECOND)))
        site.tick(2.1)
        assert site.story("door_forced") == [RAISED]

    def test_a_door_that_bounces_as_it_closes_is_not_forced(self) -> None:
        site = guarded()
        site.hear(granted(1))
        site.hear(opened(1 + SECOND))
        site.hear(closed(1 + 20 * SECOND))
        site.hear(opened(1 + 21 * SECOND))
        site.hear(closed(1 + 21.2 * SECOND))
        site.tick(1.1)
        assert site.story("door_forced") == []

    def test_a_word_that_is_only_repeated_makes_no_bounce(self) -> None:
        site = guarded()
        site.hear(closed(1))
        site.hear(opened(1 + SECOND))
        site.tick(1.1)
        assert site.story("door_forced") == [RAISED]

    def test_a_denial_is_no_pass(self) -> None:
        site = guarded()
        site.hear(denied(1))
        site.hear(opened(1 + SECOND))
        site.tick(1.1)
        assert site.story("door_forced") == [RAISED]

    def test_without_the_promise_that_all_is_reported_nobody_can_know(self) -> None:
        site = Site(book({"held_open": "1 h"}))
        site.hear(closed(0))
        site.hear(opened(1))
        site.tick(1.1)
        assert site.story("door_forced") == []

    def test_a_reader_that_is_not_heard_leaves_it_unknown(self) -> None:
        site = guarded(reader="reader-1")
        site.hear(opened(1))
        site.tick(1.1)
        site.hear(granted(2, device="reader-1"))
        site.hear(closed(2))
        site.hear(opened(40))
        site.tick(40.1)
        assert site.story("door_forced") == []

    def test_a_reader_of_its_own_that_speaks_is_believed(self) -> None:
        site = guarded(reader="reader-1")
        site.hear(granted(1, device="reader-1"))
        site.hear(opened(2))
        site.tick(2.1)
        assert site.story("door_forced") == [RAISED]

    def test_it_ends_after_half_an_hour_and_the_next_is_another_one(self) -> None:
        site = guarded()
        for hour in (1, 2):
            site.hear(opened(hour))
            site.hear(closed(hour + MINUTE))
            site.tick(hour + 2 * MINUTE)
            site.tick(hour + 31 * MINUTE)
        assert site.story("door_forced") == [RAISED, CLEARED, RAISED, CLEARED]
        assert len({found.id for found in site.said}) == 2

    def test_a_first_word_that_the_door_is_open_tells_of_no_opening(self) -> None:
        site = Site(book({"reported": True}))
        site.hear(opened(1))
        site.tick(1.1)
        assert site.story("door_forced") == []

    def test_the_checkpoint_knows_what_waits(self) -> None:
        site = guarded()
        site.hear(opened(1))
        again = Site(book({"reported": True}))
        again.pipeline.restore(site.pipeline.dump())
        assert [found.id for found in again.tick(1.1)] == [found.id for found in site.tick(1.1)]
        assert site.story("door_forced") == [RAISED]


class TestHeldOpen:
    def site(self, **terms: Any) -> Site:
        return Site(book({"held_open": "5 min", **terms}))

    def test_a_door_that_stands_open_too_long_is_told_by_the_clock(self) -> None:
        site = self.site()
        site.hear(opened(1))
        due_ns = site.pipeline.due_ns()
        assert due_ns is not None
        assert due_ns <= at(1 + 5 * MINUTE)
        assert site.tick(1 + 4 * MINUTE) == []
        (found,) = site.tick(1 + 5 * MINUTE)
        assert (found.rule, found.tier, found.since_ns) == ("door_held_open", Tier.GENERAL, at(1))
        assert "5 分钟" in found.evidence.sentence_zh

    def test_closing_it_ends_that(self) -> None:
        site = self.site()
        site.hear(opened(1))
        site.tick(1.1)
        site.hear(opened(1.2))
        site.hear(closed(1.3))
        assert site.story("door_held_open") == [RAISED, CLEARED]

    def test_a_lost_link_does_not_close_a_door_that_was_told_of(self) -> None:
        site = self.site()
        site.hear(opened(1))
        site.tick(1.1)
        site.link(2, up=False)
        site.link(2.1, up=True)
        site.tick(2.11)
        site.tick(3)
        assert site.story("door_held_open") == [RAISED]
        site.hear(closed(4))
        assert site.story("door_held_open") == [RAISED, CLEARED]

    def test_a_restricted_door_is_more_urgent(self) -> None:
        site = self.site(hours="07:00-21:00")
        site.hear(opened(1))
        (found,) = site.tick(1.1)
        assert found.tier is Tier.IMPORTANT

    def test_what_it_said_before_a_break_raises_nothing_until_its_next_word(self) -> None:
        site = self.site()
        site.hear(opened(1))
        site.link(1.01, up=False)
        assert site.tick(2) == []
        site.link(3, up=True)
        assert site.tick(4) == []  # the closing may have been lost
        site.hear(opened(4))
        assert site.tick(4 + 4 * MINUTE) == []
        (found,) = site.tick(4 + 5 * MINUTE)
        assert (found.rule, found.since_ns) == ("door_held_open", at(4))

    def test_what_was_kept_through_a_break_and_comes_after_it_counts(self) -> None:
        site = self.site()
        site.link(1, up=False)
        site.link(3, up=True)
        site.hear(opened(3.01, at_ns=at(2)))
        assert site.tick(3 + 4 * MINUTE) == []
        (found,) = site.tick(3 + 5 * MINUTE)
        assert (found.rule, found.since_ns) == ("door_held_open", at(2))

    def test_a_door_that_opens_on_a_pass_while_open_was_closed_unheard(self) -> None:
        site = self.site()
        site.hear(opened(1))
        site.hear(granted(1 + 3 * MINUTE))
        site.hear(opened(1 + 3.1 * MINUTE))
        assert site.tick(1 + 6 * MINUTE) == []
        (found,) = site.tick(1 + 9 * MINUTE)
        assert found.since_ns == at(1 + 3.1 * MINUTE)

    def test_an_open_door_that_says_so_again_is_not_closed_by_it(self) -> None:
        site = self.site()
        for minute in range(5):
            site.hear(opened(1 + minute * MINUTE))
        (found,) = site.tick(1 + 5 * MINUTE)
        assert found.since_ns == at(1)

    def test_an_older_word_changes_nothing(self) -> None:
        site = self.site()
        site.hear(closed(2))
        site.hear(opened(2.01, at_ns=at(1.9)))
        site.tick(3)
        assert site.story("door_held_open") == []

    def test_words_that_nobody_knows_say_nothing(self) -> None:
        site = self.site()
        site.hear(said(1, "door.contact", "ajar"))
        site.tick(3)
        assert site.story("door_held_open") == []


class TestDenied:
    def test_five_denials_close_together_are_told(self) -> None:
        site = Site(book())
        for number in range(4):
            assert site.hear(denied(1 + number * MINUTE)) == []
        (found,) = site.hear(denied(1 + 4 * MINUTE))
        assert (found.rule, found.category, found.tier) == ("door_denied", "door", Tier.GENERAL)
        assert found.evidence.seen == {"denials": 5.0}

    def test_they_end_ten_minutes_after_the_last(self) -> None:
        site = Site(book())
        for number in range(7):
            site.hear(denied(1 + number * MINUTE))
        site.tick(1 + 15 * MINUTE)
        assert site.story("door_denied") == [RAISED]
        site.tick(1 + 16 * MINUTE)
        assert site.story("door_denied") == [RAISED, CLEARED]

    def test_denials_far_apart_are_the_life_of_a_door(self) -> None:
        site = Site(book())
        for number in range(20):
            site.hear(denied(1 + number / 5))
        assert site.story("door_denied") == []

    def test_a_backlog_is_told_as_late(self) -> None:
        site = Site(book())
        for number in range(5):
            site.hear(denied(1 + number * MINUTE, received_ns=at(9), historical=True))
        (found,) = site.said
        assert found.timeliness is Timeliness.LATE


class TestOddHours:
    @pytest.mark.parametrize(
        ("hours", "hour", "odd"),
        [
            ("07:00-21:00", 4, False),  # 12:00 there
            ("07:00-21:00", 13, True),  # 21:00 there
            ("07:00-21:00", 20, True),
            ("22:00-05:00", 20, False),
            ("22:00-05:00", 21, True),
        ],
    )
    def test_a_restricted_door_has_hours(self, hours: str, hour: float, odd: bool) -> None:
        site = Site(book({"hours": hours}))
        site.hear(closed(0))
        site.hear(opened(hour))
        assert site.story("door_odd_hours") == [RAISED] * odd

    def test_an_entry_outside_them_is_told_at_once_and_ends(self) -> None:
        site = Site(book({"hours": "07:00-21:00"}))
        (found,) = site.hear(granted(20))
        assert (found.rule, found.tier) == ("door_odd_hours", Tier.IMPORTANT)
        assert "07:00-21:00" in found.evidence.sentence_en
        site.tick(20.5)
        assert site.story("door_odd_hours") == [RAISED, CLEARED]


def test_a_reader_that_is_no_device_is_a_fault_of_the_registry() -> None:
    with pytest.raises(ConfigError, match="nobody"):
        book({"reported": True, "reader": "nobody"})


def test_tampering_with_any_device_is_told_at_once() -> None:
    site = Site(book())
    (found,) = site.hear(said(1, "device.tamper", "tampered"))
    assert (found.rule, found.category, found.tier) == (
        "device_tamper",
        "security",
        Tier.IMPORTANT,
    )
    site.hear(said(1.1, "device.tamper", "clear"))
    assert site.story("device_tamper") == [RAISED, CLEARED]
