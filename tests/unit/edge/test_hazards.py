"""Gas, smoke, SOS, leaks and lifts go straight from the device's word to a finding."""

from typing import Any

import pytest

from edge.pipeline import Pipeline
from edge.reading import SECOND_NS, FindingState, Kind, Quality, Tier, Timeliness
from tests.unit.edge.test_pipeline import Site
from tests.unit.edge.worlds import METER, at, litres, reading, registry

RAISED, CLEARED = FindingState.RAISED, FindingState.CLEARED
BUTTON = {"id": "sos-1", "kind": "sos", "unit": "u01"}
ALARMS = [
    ("gas.alarm", "gas", "gas_alarm"),
    ("smoke", "smoke", "smoke_alarm"),
    ("sos", "pressed", "sos_pressed"),
    ("leak", "wet", "water_leak"),
    ("lift.trapped", "trapped", "lift_trapped"),
    ("lift.off_level", "off_level", "lift_off_level"),
]


def site() -> Site:
    return Site(registry(devices=(METER, BUTTON)))


def word(hour: float, channel: str, value: float | str, **changes: Any) -> Any:
    return reading(hour, channel, value, device="sos-1", kind=Kind.SOS, **changes)


@pytest.mark.parametrize(("channel", "said", "rule"), ALARMS)
def test_one_word_of_a_device_is_an_urgent_finding(channel: str, said: str, rule: str) -> None:
    (found,) = site().hear(word(1, channel, said))
    assert (found.rule, found.tier, found.state) == (rule, Tier.URGENT, RAISED)
    assert found.timeliness is Timeliness.LIVE
    assert found.subject == "s01/b01/u01/sos-1"
    assert found.since_ns == at(1)
    assert "09:00" in found.evidence.sentence_zh


@pytest.mark.parametrize(("channel", "said", "rule"), ALARMS)
def test_an_all_clear_of_the_device_ends_it(channel: str, said: str, rule: str) -> None:
    home = site()
    home.hear(word(1, channel, said))
    home.hear(word(1.01, channel, said))
    home.hear(word(1.02, channel, "dry" if channel == "leak" else "clear"))
    assert home.story(rule) == [RAISED, CLEARED]


@pytest.mark.parametrize("said", ["SMOKE", "alarm", "on", 1.0, "whatever"])
def test_a_word_that_nobody_knows_is_an_alarm(said: float | str) -> None:
    assert [found.state for found in site().hear(word(1, "smoke", said))] == [RAISED]


@pytest.mark.parametrize("said", ["clear", "test", "fault", 0.0, "OK", "low_battery"])
def test_what_a_detector_says_of_itself_is_none(said: float | str) -> None:
    assert site().hear(word(1, "smoke", said)) == []


def test_silence_is_no_all_clear() -> None:
    home = site()
    home.hear(word(1, "smoke", "smoke"))
    home.tick(100)
    assert home.story("smoke_alarm") == [RAISED]


def test_a_button_that_is_pressed_again_calls_again() -> None:
    home = site()
    home.hear(word(1, "sos", "pressed"))
    home.hear(word(1.01, "sos", "pressed"))  # 36 s later: the same call
    assert [found.state for found in home.hear(word(3, "sos", "pressed"))] == [CLEARED, RAISED]
    ids = [found.id for found in home.said if found.state is RAISED]
    assert len(set(ids)) == 2


def test_an_alarm_that_is_over_within_one_message_is_still_told() -> None:
    home = site()
    home.hear(word(1, "smoke", "smoke"), word(1.01, "smoke", "clear"))
    assert [(found.state, found.timeliness) for found in home.said] == [
        (RAISED, Timeliness.LIVE),
        (CLEARED, Timeliness.LIVE),
    ]


@pytest.mark.parametrize(
    ("age_h", "historical", "told"),
    [
        (0.1, False, Timeliness.LIVE),
        (1, False, Timeliness.LATE),
        (500, False, Timeliness.LATE),
        (30, True, Timeliness.LATE),
        (40, True, Timeliness.BACKFILL),
    ],
)
def test_only_what_the_device_calls_history_is_history(
    age_h: float, historical: bool, told: Timeliness
) -> None:
    late = word(600, "sos", "pressed", at_ns=at(600 - age_h), historical=historical)
    (found,) = site().hear(late)
    assert found.timeliness is told


def test_a_doubtful_clock_holds_up_no_alarm() -> None:
    home = site()
    home.hear(word(50, "sos", "pressed"))
    home.hear(word(51, "sos", "clear"))
    back = word(52, "sos", "pressed", at_ns=at(2), quality=Quality.SUSPECT)
    assert [found.state for found in home.hear(back)] == [RAISED]


def test_an_all_clear_from_before_the_alarm_is_none() -> None:
    home = site()
    home.hear(word(2, "smoke", "smoke"))
    home.hear(word(2.1, "smoke", "clear", at_ns=at(1.9)))
    assert home.story("smoke_alarm") == [RAISED]


def test_an_alarm_before_an_all_clear_that_came_first_is_told() -> None:
    home = site()
    home.hear(word(2, "smoke", "clear"))
    assert [found.state for found in home.hear(word(2.1, "smoke", "smoke", at_ns=at(1.9)))] == [
        RAISED
    ]


def test_any_device_may_ring_also_a_water_meter() -> None:
    home = site()
    (found,) = home.hear(litres(1, 100), reading(1, "leak", "wet"))
    assert (found.rule, found.subject) == ("water_leak", "s01/b01/u01/wm-1")


def test_what_rings_is_in_the_checkpoint() -> None:
    home = site()
    home.hear(word(1, "gas.alarm", "gas"))
    again = site()
    again.pipeline.restore(home.pipeline.dump())
    again.hear(word(1.1, "gas.alarm", "gas"))
    again.hear(word(1.2, "gas.alarm", "clear"))
    assert again.story("gas_alarm") == [CLEARED]
    assert {found.id for found in again.said} == {found.id for found in home.said}


def test_a_device_that_is_taken_away_rings_no_more() -> None:
    home = Site(registry(devices=(METER, BUTTON)))
    home.hear(word(1, "sos", "pressed"))
    dumped = home.pipeline.dump()
    without = Pipeline(registry())
    without.restore(dumped)
    assert without.counters()["readings"] == 1


def test_the_finding_says_that_it_waited_for_nothing() -> None:
    (found,) = site().hear(word(1, "sos", "pressed", received_ns=at(1) + 2 * SECOND_NS))
    assert (found.at_ns, found.evidence.delay_s_worst) == (at(1), 0)


def test_a_resident_who_called_once_is_watched_no_less() -> None:
    home = site()
    home.hear(word(1, "sos", "pressed"))
    home.hours(0, 30, 100)
    assert home.story() == [RAISED]


@pytest.mark.parametrize(
    ("channel", "said", "over", "rule"),
    [
        ("lift.state", "out_of_service", "normal", "lift_out_of_service"),
        ("battery.state", "low", "ok", "battery_low"),
    ],
)
def test_what_can_wait_is_work_for_the_day(channel: str, said: str, over: str, rule: str) -> None:
    home = site()
    (found,) = home.hear(word(1, channel, said))
    assert (found.rule, found.tier) == (rule, Tier.GENERAL)
    assert "请安排检修" in found.evidence.sentence_zh
    for day in range(1, 6):
        home.hear(word(1 + 24 * day, channel, said))
    home.hear(word(150, channel, over))
    assert home.story(rule) == [RAISED, CLEARED]


def test_a_lift_in_maintenance_is_not_out_of_service() -> None:
    assert site().hear(word(1, "lift.state", "maintenance")) == []
