"""For how long a camera was up: by an oracle that looks at every minute."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.entry import AdapterStatus, Link
from edge.pipeline import Pipeline
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Kind
from edge.uptime import DAYS_KEPT, Uptime
from edge.uptimes import UptimePage, turn
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, at, reading, registry

MINUTE = 1 / 60
CAMERA = {"id": "cam-1", "kind": "cam", "unit": "u01", "interval": "5 min", "adapter": "nvr-1"}
LIFT = {"id": "lift-1", "kind": "lift", "unit": "u01", "interval": "1 h"}
BOOK = registry(devices=(METER, CAMERA, LIFT), adapters=({"id": "nvr-1"},))
HOLD_MIN = 2 * 5 + 15


def site() -> Site:
    return Site(BOOK)


def say(home: Site, minute: float, word: str, device: str = "cam-1", **how: Any) -> None:
    kind, channel = (Kind.CAM, "cam.state") if device == "cam-1" else (Kind.LIFT, "lift.state")
    home.hear(reading(minute * MINUTE, channel, word, device=device, kind=kind, **how))


def day(home: Site, minute: float, device: str = "cam-1", ago: int = 0) -> list[float]:
    """Minutes up, down and planned, and the times it went down."""
    for page in home.pipeline.uptimes().pages("e01", at(minute * MINUTE), ago):
        told = msgspec.json.decode(page, type=UptimePage)
        if device in told.devices:
            up_s, down_s, planned_s, downs = told.devices[device]
            return [up_s / 60, down_s / 60, planned_s / 60, downs]
    return []


def test_what_it_said_holds_until_its_next_word() -> None:
    home = site()
    for minute, word in ((0, "up"), (10, "down"), (15, "up"), (20, "unknown"), (25, "up")):
        say(home, minute, word)
    assert day(home, 30) == [10 + 5 + 5, 5, 0, 1]


def test_a_camera_that_is_not_heard_any_more_is_unknown_and_not_up() -> None:
    home = site()
    say(home, 0, "up")
    assert day(home, 10) == [10, 0, 0, 0]
    assert day(home, 300) == [HOLD_MIN, 0, 0, 0]


def test_while_the_edge_cannot_hear_it_is_unknown_until_its_next_word() -> None:
    home = site()
    say(home, 0, "up")
    home.said += home.pipeline.step(Link(up=False, at_ns=at(10 * MINUTE), kept=True))
    home.said += home.pipeline.step(Link(up=True, at_ns=at(15 * MINUTE), kept=True))
    say(home, 20, "up")
    assert day(home, 22) == [12, 0, 0, 0]


def test_a_crash_of_the_edge_leaves_unknown_what_nothing_proves() -> None:
    home = site()
    say(home, 0, "up")
    say(home, 5, "up")
    home.link(20 * MINUTE, up=True)
    assert day(home, 24) == [5, 0, 0, 0]


def test_while_its_recorder_is_down_it_is_unknown_and_a_lift_beside_it_is_not() -> None:
    home = site()
    say(home, 0, "up")
    say(home, 0, "normal", "lift-1")
    home.said += home.pipeline.step(AdapterStatus("nvr-1", up=False, boot=1, at_ns=at(10 * MINUTE)))
    assert day(home, 20) == [10, 0, 0, 0]
    assert day(home, 20, "lift-1") == [20, 0, 0, 0]


def test_maintenance_of_a_lift_is_planned_and_a_fault_is_down() -> None:
    home = site()
    for minute, word in ((0, "normal"), (10, "maintenance"), (20, "out_of_service")):
        say(home, minute, word, "lift-1")
    assert day(home, 30, "lift-1") == [10, 10, 10, 1]


def test_words_that_come_late_change_nothing_behind_the_last_one() -> None:
    home = site()
    say(home, 10, "up")
    say(home, 5, "down", received_ns=at(12 * MINUTE))
    assert day(home, 20) == [10, 0, 0, 0]


def test_a_night_is_split_at_local_midnight() -> None:
    home = site()  # the start is 08:00 in China
    for minute in range(15 * 60, 17 * 60, 5):
        say(home, minute, "up")
    assert day(home, 17 * 60, ago=1) == [60, 0, 0, 0]
    assert day(home, 17 * 60) == [60, 0, 0, 0]


def test_only_some_days_are_kept_and_each_is_told_again_and_again() -> None:
    uptime = Uptime(0)
    for number in range(30):
        uptime.say("up", number * DAY_NS, HOUR_NS)
    assert sorted(uptime.state.days) == list(range(30 - DAYS_KEPT - 1, 29))
    told = [turn(number) for number in range(DAYS_KEPT - 1)]
    assert {ago for pair in told for ago in pair} == set(range(DAYS_KEPT))


def test_a_restart_changes_nothing() -> None:
    home, again = site(), Pipeline(BOOK)
    for minute, word in ((0, "up"), (10, "down"), (15, "up")):
        say(home, minute, word)
    again.restore(home.pipeline.dump())
    pages = [list(each.uptimes().pages("e01", at(0.5), 0)) for each in (home.pipeline, again)]
    assert pages[0] == pages[1] != []


EVENTS = st.sampled_from(["up", "down", "unknown", "", "", "", "cut", "back", "nvr", "nvr up"])


@settings(max_examples=60)
@given(st.lists(EVENTS, min_size=1, max_size=200))
def test_it_equals_what_looking_at_every_minute_gives(events: list[str]) -> None:
    """One event a minute at most; the oracle asks at each what is known just then."""
    home = site()
    known, said, hears, nvr = "", -1_000, True, True
    minutes = {"up": 0, "down": 0}
    for minute, event in enumerate(events):
        if event in {"up", "down", "unknown"} and hears and nvr:
            say(home, minute, event)
            known, said = event, minute
        elif event in {"cut", "back"} and hears is (event == "cut"):
            hears = event == "back"
            step = Link(up=hears, at_ns=at(minute * MINUTE), kept=True)
            home.said += home.pipeline.step(step)
            known = ""
        elif event.startswith("nvr") and nvr is (event == "nvr"):
            nvr = event != "nvr"
            step_ = AdapterStatus("nvr-1", up=nvr, boot=1, at_ns=at(minute * MINUTE))
            home.said += home.pipeline.step(step_)
            known = "" if not nvr else known
        if known in minutes and minute - said < HOLD_MIN:
            minutes[known] += 1
    told = day(home, len(events))
    assert (told or [0, 0])[:2] == [minutes["up"], minutes["down"]]
    assert at(MINUTE) - at(0) == MINUTE_NS
