"""Cameras: down, slow, flapping, and blinded while somebody is at a restricted door."""

import pytest

from edge.reading import FindingState, Kind, Reading, Tier
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, at, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
MINUTE = 1 / 60
CAMERA = {"id": "cam-1", "kind": "cam", "unit": "u01"}
ROOF = {"id": "roof-1", "kind": "door", "unit": "u01", "door": {"hours": "00:00-23:59"}}
ENTRANCE = {"id": "entrance-1", "kind": "door", "unit": "u01"}


def site() -> Site:
    return Site(registry(devices=(METER, CAMERA, ROOF, ENTRANCE)))


def cam(hour: float, state: str) -> Reading:
    return reading(hour, "cam.state", state, device="cam-1", kind=Kind.CAM)


def fps(hour: float, value: float) -> Reading:
    return reading(hour, "cam.fps", value, device="cam-1", kind=Kind.CAM)


def door(hour: float, device: str = "roof-1") -> Reading:
    return reading(hour, "door.contact", "open", device=device, kind=Kind.DOOR)


def test_five_minutes_down_are_told_by_the_clock() -> None:
    home = site()
    home.hear(cam(1, "down"))
    assert home.tick(1 + 4 * MINUTE) == []
    (found,) = home.tick(1 + 5 * MINUTE)
    assert (found.rule, found.tier, found.since_ns) == ("camera_down", Tier.GENERAL, at(1))
    home.hear(cam(2, "up"))
    assert home.story("camera_down") == [RAISED, CLEARED]


@pytest.mark.parametrize("word", ["unknown", "whatever"])
def test_what_is_unknown_is_not_down(word: str) -> None:
    home = site()
    home.hear(cam(1, word))
    home.tick(2)
    assert home.story("camera_down") == []


def test_a_short_break_is_not_told() -> None:
    home = site()
    home.hear(cam(1, "down"))
    home.hear(cam(1 + 4 * MINUTE, "up"))
    home.tick(2)
    assert home.said == []


def test_while_the_edge_does_not_listen_a_camera_is_not_called_down() -> None:
    home = site()
    home.hear(cam(1, "down"))
    home.link(1 + MINUTE, up=False)
    home.tick(3)
    assert home.story("camera_down") == []


def test_a_lost_link_does_not_bring_a_camera_up_that_was_told_of() -> None:
    home = site()
    home.hear(cam(1, "down"))
    home.tick(2)
    home.link(3, up=False)
    home.link(3 + MINUTE, up=True)
    home.tick(3 + 2 * MINUTE)
    home.tick(4)
    assert home.story("camera_down") == [RAISED]


def test_four_times_down_is_flapping() -> None:
    home = site()
    for number in range(4):
        home.hear(cam(1 + number / 4, "down"))
        home.hear(cam(1 + number / 4 + MINUTE, "up"))
    assert home.story("camera_flapping") == [RAISED]
    home.tick(2.5)
    assert home.story("camera_flapping") == [RAISED, CLEARED]


def test_a_quarter_of_its_own_usual_rate_for_ten_minutes_is_slow() -> None:
    home = site()
    for minute in range(60):
        home.hear(fps(minute * MINUTE, 20))
    for minute in range(60, 69):
        home.hear(fps(minute * MINUTE, 3))
    assert home.said == []
    home.tick(10)
    assert home.story("camera_slow") == []
    home.hear(fps(70 * MINUTE, 3))
    assert home.story("camera_slow") == [RAISED]
    home.hear(fps(71 * MINUTE, 19))
    assert home.story("camera_slow") == [RAISED, CLEARED]


def test_a_camera_that_was_always_slow_is_not_slow() -> None:
    home = site()
    for minute in range(120):
        home.hear(fps(minute * MINUTE, 2))
    assert home.said == []


def test_hours_of_darkness_do_not_become_the_usual_rate() -> None:
    home = site()
    for minute in range(0, 12 * 60, 2):
        home.hear(fps(minute * MINUTE, 20))
    for minute in range(12 * 60, 18 * 60, 2):
        home.hear(fps(minute * MINUTE, 8))
    assert home.said == []
    for minute in range(18 * 60, 18 * 60 + 12, 2):
        home.hear(fps(minute * MINUTE, 3))
    assert home.story("camera_slow") == [RAISED]


def test_a_slow_camera_that_wavers_is_told_once() -> None:
    home = site()
    for minute in range(60):
        home.hear(fps(minute * MINUTE, 20))
    for minute in range(60, 90):
        home.hear(fps(minute * MINUTE, 4.5 if minute % 3 else 5.5))
    assert home.story("camera_slow") == [RAISED]
    home.hear(fps(91 * MINUTE, 8))
    assert home.story("camera_slow") == [RAISED, CLEARED]


def test_a_camera_that_goes_down_again_and_again_was_not_blinded_by_chance() -> None:
    home = site()
    home.hear(cam(1, "down"))
    home.hear(cam(1 + MINUTE, "up"))
    home.hear(door(1 + 20 * MINUTE))
    home.hear(cam(1 + 21 * MINUTE, "down"))
    assert home.story("camera_blinded") == []


@pytest.mark.parametrize("door_first", [True, False])
def test_down_about_when_a_restricted_door_opens_may_be_blinding(door_first: bool) -> None:
    home = site()
    events = [door(1), cam(1 + 2 * MINUTE, "down")]
    if not door_first:
        events = [cam(1, "down"), door(1 + 2 * MINUTE)]
    for event in events:
        home.hear(event)
    (found,) = home.said
    assert (found.rule, found.category, found.tier) == (
        "camera_blinded",
        "security",
        Tier.IMPORTANT,
    )
    assert found.subject == "s01/b01/u01/cam-1"


def test_a_busy_door_says_nothing_of_a_camera() -> None:
    home = site()
    home.hear(door(1, "entrance-1"))
    home.hear(cam(1 + MINUTE, "down"))
    assert home.said == []


def test_a_checkpoint_knows_the_camera() -> None:
    home, again = site(), site()
    home.hear(cam(1, "down"))
    again.pipeline.restore(home.pipeline.dump())
    assert [found.id for found in again.tick(2)] == [found.id for found in home.tick(2)]
    assert home.story("camera_down") == [RAISED]


def view(hour: float, channel: str, value: float | str) -> Reading:
    return reading(hour, channel, value, device="cam-1", kind=Kind.CAM)


class TestViews:
    RULE = "camera_view"

    @pytest.mark.parametrize("word", ["black", "frozen", "blurred", "covered", "moved"])
    def test_ten_minutes_of_a_useless_picture_are_told(self, word: str) -> None:
        home = site()
        home.hear(view(1, f"cam.{word}", word))
        assert home.tick(1 + 9 * MINUTE) == []
        (found,) = home.tick(1 + 10 * MINUTE)
        assert (found.rule, found.tier, found.since_ns) == (self.RULE, Tier.GENERAL, at(1))
        assert word in found.evidence.sentence_en
        assert "（）" not in found.evidence.sentence_zh
        home.hear(view(2, f"cam.{word}", "clear"))
        assert home.story(self.RULE) == [RAISED, CLEARED]

    def test_one_thing_that_is_mended_does_not_mend_another(self) -> None:
        home = site()
        home.hear(view(1, "cam.black", "black"))
        home.hear(view(1, "cam.blurred", "blurred"))
        home.hear(view(1.1, "cam.black", "clear"))
        home.tick(1.5)
        assert home.story(self.RULE) == [RAISED]

    def test_a_last_picture_of_a_minute_ago_is_a_frozen_one(self) -> None:
        home = site()
        for minute, age_s in ((0, 2.0), (5, 59.0), (10, 60.0), (15, 360.0), (20, 660.0)):
            home.hear(view(1 + minute * MINUTE, "cam.frame_age", age_s))
        assert home.story(self.RULE) == [RAISED]
        assert home.said[-1].evidence.seen["view"] == "frozen"
        home.hear(view(2, "cam.frame_age", 0.4))
        assert home.story(self.RULE) == [RAISED, CLEARED]

    def test_a_camera_that_is_down_is_only_down(self) -> None:
        home = site()
        home.hear(view(1, "cam.frozen", "frozen"))
        home.hear(cam(1 + 5 * MINUTE, "down"))
        home.tick(2)
        assert (home.story(self.RULE), home.story("camera_down")) == ([], [RAISED])

    def test_what_nobody_knows_and_what_is_old_say_nothing(self) -> None:
        home = site()
        home.hear(view(1, "cam.black", "clear"))
        home.hear(view(0.5, "cam.black", "black"))
        home.hear(view(1.2, "cam.frozen", "whatever"))
        home.tick(3)
        assert home.story(self.RULE) == []
