import pytest
from msgspec import msgpack, structs

from edge.device_time import Clocks
from edge.fields import Fields
from edge.offset import DELAY_NS_MAX, SLACK_NS, shift_ns
from edge.pipeline import Pipeline
from edge.presence import Presence
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Quality, Reading, TimeSource
from edge.wire import Reason
from tests.unit.edge import worlds
from tests.unit.edge.clock_world import UNSET_H, Site
from tests.unit.edge.worlds import at, registry

AHEAD_H, BEHIND_H = 72, -5
WRONG = pytest.mark.parametrize("off_h", [AHEAD_H, 0.5, -24 * 400, UNSET_H])


@pytest.mark.parametrize(
    ("offset_ns", "late_ns", "expected"),
    [
        (0, 0, 0),
        (0, -SLACK_NS, 0),
        (0, -SLACK_NS - 1, None),
        (0, 5 * HOUR_NS, 0),
        (0, DELAY_NS_MAX, 0),
        (0, DELAY_NS_MAX + 1, None),
        (-DAY_NS, -DAY_NS, -DAY_NS),
        (-DAY_NS, -DAY_NS + 3 * HOUR_NS, -DAY_NS),
        (-DAY_NS, -DAY_NS - MINUTE_NS, -DAY_NS - MINUTE_NS),
        (-DAY_NS, -2 * DAY_NS, None),
        (-DAY_NS, 0, None),
        (-DAY_NS, 2 * DAY_NS, -DAY_NS),
        (DAY_NS, DAY_NS, DAY_NS),
        (DAY_NS, DAY_NS - MINUTE_NS, DAY_NS - MINUTE_NS),
        (DAY_NS, 0, 0),
        (DAY_NS, HOUR_NS, 0),
        (DAY_NS, -HOUR_NS, None),
        (DAY_NS, 2 * DAY_NS, DAY_NS),
    ],
)
def test_a_shift_keeps_what_can_be_believed(
    offset_ns: int, late_ns: int, expected: int | None
) -> None:
    assert shift_ns(offset_ns, late_ns) == expected


def test_a_right_clock_leaves_no_trace() -> None:
    site = Site()
    heard = site.hours(0, 5)
    assert [reading.offset_ns for reading in heard] == [0] * 5
    assert site.pipeline.clocks.state() == {}


@WRONG
def test_a_clock_that_cannot_be_right_puts_its_readings_at_their_receipt_and_in_doubt(
    off_h: float,
) -> None:
    site = Site()
    reading = site.hear(3, off_h=off_h)
    assert (reading.at_ns, reading.quality) == (at(3), Quality.SUSPECT)
    assert reading.at_ns - reading.offset_ns == at(3 + off_h)
    assert site.meter().counts.unusable == 1
    assert site.off_h() == pytest.approx(-off_h)


@WRONG
def test_after_four_messages_its_readings_are_right_and_of_use(off_h: float) -> None:
    site = Site()
    site.hours(0, 4, off_h=off_h)
    reading = site.hear(4, off_h=off_h)
    assert (reading.at_ns, reading.quality) == (at(4), Quality.GOOD)
    assert site.meter().watermark_ns == at(4)


@WRONG
def test_a_resident_who_stops_is_found_by_a_meter_whose_clock_was_learned(off_h: float) -> None:
    site = Site()
    site.hours(0, 4, off_h=off_h)
    site.hours(4, 17, off_h=off_h)
    assert site.rules() == ["welfare"]
    assert (site.said[0].since_ns, site.said[0].at_ns) == (at(4), at(16))


def test_readings_of_one_message_in_doubt_keep_their_distance() -> None:
    site = Site()
    admission = site.admit(6, off_h=AHEAD_H, back_h=(0, 1, 2))
    assert [reading.at_ns for reading in admission.readings] == [at(6), at(5), at(4)]
    assert {reading.quality for reading in admission.readings} == {Quality.SUSPECT}


def test_a_clock_that_is_behind_is_taken_for_a_delay_until_it_is_learned() -> None:
    site = Site()
    heard = site.hours(0, 4, off_h=BEHIND_H)
    assert [reading.at_ns for reading in heard] == [at(hour + BEHIND_H) for hour in range(4)]
    reading = site.hear(4, off_h=BEHIND_H)
    assert (reading.at_ns, reading.offset_ns) == (at(4), -BEHIND_H * HOUR_NS)


def test_what_was_taken_for_delayed_proves_nothing_once_the_clock_is_learned() -> None:
    site = Site()
    site.hours(0, 4, off_h=-20)
    site.hours(4, 16, off_h=-20)
    assert site.rules() == []
    site.hear(16, off_h=-20)
    assert (site.said[0].since_ns, site.said[0].at_ns) == (at(4), at(16))


def test_messages_admitted_with_the_one_that_taught_are_not_used() -> None:
    site = Site()
    site.hours(0, 3, off_h=-20)
    site.step(*[site.admit(hour, off_h=-20) for hour in range(3, 8)])
    assert site.meter().watermark_ns is None
    assert site.pipeline.counters()["clock_outdated"] == 5
    site.hear(8, off_h=-20)
    assert site.meter().watermark_ns == at(8)


def test_a_backlog_is_no_wrong_clock() -> None:
    site = Site()
    site.hours(0, 2)
    for hour in range(2, 16):
        site.hear(hour, delay_h=16 - hour + hour / 1_000)
    assert site.off_h() == 0
    assert site.rules() == ["welfare"]
    assert (site.said[0].since_ns, site.said[0].at_ns) == (at(0), at(12))


def test_a_burst_that_is_late_all_alike_is_no_wrong_clock() -> None:
    site = Site()
    for minute in range(9):
        site.hear(minute / 60, delay_h=5)
    assert site.off_h() == 0


def test_a_clock_that_stands_is_never_learned() -> None:
    site = Site()
    for hour in range(8):
        reading = site.hear(hour, off_h=AHEAD_H - hour)
    assert reading.quality is Quality.SUSPECT


@pytest.mark.parametrize("off_h", [AHEAD_H, BEHIND_H])
def test_a_mended_clock_is_believed_again(off_h: float) -> None:
    site = Site()
    site.hours(0, 6, off_h=off_h)
    site.hours(6, 8)
    reading = site.hear(8)
    assert (reading.at_ns, reading.offset_ns, reading.quality) == (at(8), 0, Quality.GOOD)
    assert site.pipeline.clocks.state() == {}


def test_an_offset_that_would_lead_into_the_future_is_dropped_at_once() -> None:
    site = Site()
    site.hours(0, 6, off_h=BEHIND_H)
    reading = site.hear(6)
    assert (reading.at_ns, reading.quality) == (at(6), Quality.GOOD)


def test_a_step_ahead_neither_makes_a_finding_nor_loses_one() -> None:
    site = Site()
    site.hours(0, 6)
    site.hours(6, 12, off_h=AHEAD_H)
    assert site.rules() == []
    site.hear(12, off_h=AHEAD_H)
    assert (site.said[0].since_ns, site.said[0].at_ns) == (at(0), at(12))


@pytest.mark.parametrize("messages", [1, 2, 3])
def test_a_clock_that_woke_with_an_old_time_and_was_then_set_proves_nothing(messages: int) -> None:
    site = Site()
    site.hear(0)
    site.hours(24, 24 + messages, 300, off_h=-23.5)
    site.hours(24 + messages, 35, 300)
    assert site.rules() == []
    site.hours(35, 25 + messages + 12, 300)
    assert site.rules() == ["welfare"]


@pytest.mark.parametrize(
    "offs_h", [(-30, -5), (-30, -5, 0), (-30, -24, -18, -12, -6, 0), (-40, AHEAD_H, -5, 0)]
)
def test_a_clock_that_is_set_in_steps_proves_nothing_by_its_leaps(offs_h: tuple[int, ...]) -> None:
    site = Site()
    for hour, off_h in enumerate(offs_h):
        site.hear(hour, off_h=off_h)
    assert site.rules() == []
    assert site.pipeline.counters()["clock_steps"] >= 1


def test_a_silence_does_not_excuse_a_step_back_of_a_clock_that_was_learned() -> None:
    site = Site()
    site.hours(0, 6, off_h=-20)
    site.hear(40, 400, off_h=-30)
    site.hours(41, 43, 400, off_h=-20)
    assert site.rules() == []


def test_a_clock_that_comes_closer_does_not_put_its_readings_before_the_right_ones() -> None:
    site = Site()
    site.hours(0, 5, off_h=-14)
    site.hear(5, off_h=-13)
    assert site.meter().chain.times_ns[0] == at(4)


def test_what_came_by_another_clock_of_the_device_proves_nothing_either() -> None:
    site = Site()
    site.hear(0, off_h=-30, tsrc=TimeSource.METER)
    site.hear(1, tsrc=TimeSource.NETWORK)
    assert site.rules() == []
    assert list(site.meter().chain.times_ns) == [at(1)]


def test_a_backlog_proves_what_it_tells_while_it_is_still_late() -> None:
    site = Site()
    site.hours(0, 2)
    for hour in range(2, 15):
        site.hear(hour, delay_h=24 - hour + hour / 1_000)
    assert site.rules() == ["welfare"]
    assert "clock_steps" not in site.pipeline.counters()


def test_a_drifting_clock_is_followed() -> None:
    site = Site()
    for hour in range(400):
        drift_h = 2e-4 * hour
        reading = site.hear(hour, 100 + hour, off_h=AHEAD_H + drift_h)
        if hour > 4:
            assert at(hour) - SLACK_NS <= reading.at_ns <= at(hour)
    assert site.pipeline.counters().get("clock_steps", 0) == 0


def test_historical_messages_are_corrected_by_what_live_ones_taught() -> None:
    site = Site()
    site.hours(0, 4, off_h=AHEAD_H)
    admission = site.admit(5, off_h=AHEAD_H, back_h=(0, 4, 8), h=True)
    assert [reading.at_ns for reading in admission.readings] == [at(5), at(1), at(-3)]
    assert {reading.quality for reading in admission.readings} == {Quality.GOOD}


@pytest.mark.parametrize(
    ("off_h", "reason"),
    [
        (AHEAD_H, Reason.TIME_IN_FUTURE),
        (1.1, Reason.TIME_IN_FUTURE),
        (UNSET_H, Reason.TIME_TOO_OLD),
    ],
)
def test_a_historical_message_out_of_all_time_is_refused(off_h: float, reason: Reason) -> None:
    admission = Site().admit(5, off_h=off_h, h=True)
    assert admission.message is None
    assert [each.reason for each in admission.rejections] == [reason]


def test_historical_messages_teach_nothing() -> None:
    site = Site()
    for hour in range(8):
        site.step(site.admit(hour, off_h=-20, h=True))
    assert site.pipeline.clocks.state() == {}


def test_a_clock_that_was_never_set_but_runs_is_learned_though_it_says_so_itself() -> None:
    site = Site()
    for hour in range(6):
        reading = site.hear(hour, off_h=UNSET_H, tsrc=TimeSource.UNSET)
    assert (reading.at_ns, site.meter().watermark_ns) == (at(5), at(5))


def test_each_source_of_a_device_s_times_has_a_clock_of_its_own() -> None:
    site = Site()
    for hour in range(5):
        site.hear(hour, off_h=AHEAD_H, tsrc=TimeSource.METER)
        reading = site.hear(hour + 0.5, tsrc=TimeSource.NETWORK)
        assert (reading.at_ns, reading.quality) == (at(hour + 0.5), Quality.GOOD)
    assert site.hear(5, off_h=AHEAD_H, tsrc=TimeSource.METER).at_ns == at(5)


def test_what_was_learned_outlives_a_restart() -> None:
    site, again = Site(), Pipeline(registry())
    site.hours(0, 5, off_h=AHEAD_H)
    again.restore(site.pipeline.dump())
    assert again.clocks.offsets_s() == {"wm-1": -AHEAD_H * 3_600}
    site.pipeline = again
    assert site.hear(5, off_h=AHEAD_H).at_ns == at(5)


def test_what_is_done_about_a_clock_is_counted() -> None:
    site = Site()
    counted = []
    for hour in range(5):
        admission = site.admit(hour, off_h=AHEAD_H)
        site.step(admission)
        counted.append(admission.clocks)
    assert counted == [("clock_doubted",)] * 4 + [("clock_corrected",)]
    assert site.admit(6).clocks == ("clock_doubted",)


def test_entries_and_checkpoints_of_before_have_no_offset() -> None:
    site = Site()
    heard = site.hear(0)
    before = msgpack.encode(structs.astuple(heard)[:-1])
    assert msgpack.decode(before, type=Reading) == heard
    version, state = msgpack.decode(site.pipeline.dump())
    Pipeline(registry()).restore(msgpack.encode([version, state[:-1]]))


def test_twenty_of_the_worst_clocks_are_named() -> None:
    clocks = Clocks()
    for i in range(30):
        device, at_ns = f"wm-{i}", at(24 * (i + 1))
        said = worlds.reading(0, "power", 1.0, device=device, at_ns=at_ns, received_ns=at(0))
        clocks.hear((Fields(said),), Presence())
    named = clocks.offsets_s()
    assert list(named.items())[:2] == [("wm-29", -30 * 86_400), ("wm-28", -29 * 86_400)]
    assert len(named) == 20
