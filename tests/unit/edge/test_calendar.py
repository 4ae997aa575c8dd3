"""Edges of the calendar: nothing in detection knows one, and nothing may be lost at any."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from edge import wire
from edge.completeness import Use, used
from edge.detectors.base import hhmm
from edge.entry import Admitted
from edge.pipeline import Pipeline
from edge.pipeline_settings import PipelineSettings
from edge.profiles.base import instant_ns
from edge.profiles.field import wall_clock
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Finding, Quality
from edge.registry import Registry
from tests.unit.edge.worlds import METER, UNIT, registry

TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
HIST = TOPIC.replace("/obs", "/hist")
CHINA_H = 8.0
EDGES = {
    "an ordinary night": "2026-05-17T00:00:00",
    "the end of a year": "2027-01-01T00:00:00",
    "29 February": "2028-02-29T00:00:00",
    "the day after it": "2028-03-01T00:00:00",
    "no 29 February": "2100-03-01T00:00:00",
    "the leap second of 2016": "2017-01-01T00:00:00",
    "the end of 31 bits": "2038-01-19T03:14:08",
    "summer time in Berlin": "2026-03-29T01:00:00",
    "winter time in Berlin": "2026-10-25T01:00:00",
    "summer time in China": "2026-04-12T02:00:00",
}
every_edge = pytest.mark.parametrize("moment", EDGES.values(), ids=EDGES.keys())


def ns(text: str) -> int:
    """The moment of a UTC text."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) * SECOND_NS


def told(
    pipeline: Pipeline, seq: int, at_ns: int, register_l: float, *, batch: int = 1
) -> list[Finding]:
    """What one message makes: `batch` hourly samples of one register, the newest at `at_ns`."""
    records = tuple(
        wire.Record(n="water.total", u="L", v=register_l, r=1.0, t=-3_600.0 * hour)
        for hour in reversed(range(batch))
    )
    message = wire.Message(dev="wm-1", seq=seq, t=at_ns / SECOND_NS, e=records)
    topic = HIST if batch > 1 else TOPIC
    admission = pipeline.gate.admit(topic, wire.encode(message), at_ns + SECOND_NS)
    assert admission.message is not None, admission.rejections
    assert admission.rejections == ()
    return list(pipeline.step(Admitted((admission.message,))))


@every_edge
def test_a_resident_who_stops_is_found_after_twelve_hours_at_every_edge(moment: str) -> None:
    pipeline, start_ns = Pipeline(registry()), ns(moment) - 6 * HOUR_NS
    for hour in range(-3, 1):
        assert told(pipeline, hour + 3, start_ns + hour * HOUR_NS, 103 + hour) == []
    found = [
        each
        for hour in range(1, 14)
        for each in told(pipeline, hour + 3, start_ns + hour * HOUR_NS, 103)
    ]
    assert [each.rule for each in found] == ["welfare"]
    assert found[0].at_ns - start_ns == 9 * HOUR_NS  # the 3 L of the evening are below 10 L


@every_edge
def test_a_resident_who_uses_water_raises_nothing_at_any_edge(moment: str) -> None:
    pipeline, start_ns = Pipeline(registry()), ns(moment) - DAY_NS
    for hour in range(48):
        assert told(pipeline, hour, start_ns + hour * HOUR_NS, 100 + 2 * hour) == []


@every_edge
def test_daily_batches_lose_no_sample_at_any_edge(moment: str) -> None:
    pipeline, midnight_ns = Pipeline(registry()), ns(moment)
    for day in range(3):
        told(pipeline, day, midnight_ns + (day - 1) * DAY_NS, 100 + 50 * day, batch=24)
    meter = pipeline._subjects.homes["u01"].state.named()[0][1]
    gaps_ns = {later - earlier for earlier, later in pairwise(meter.chain.times_ns)}
    assert (len(meter.chain.times_ns), gaps_ns) == (72, {HOUR_NS})
    window = (midnight_ns - 23 * HOUR_NS, midnight_ns)
    assert used([meter], *window, 10_000) is Use.NOT_USED


def test_a_leap_second_repeats_a_time_and_proves_nothing_else() -> None:
    """POSIX time shows 23:59:60 as the second after it: a register twice at one time."""
    pipeline, leap_ns = Pipeline(registry()), ns("2017-01-01T00:00:00")
    told(pipeline, 0, leap_ns - HOUR_NS, 100)
    told(pipeline, 1, leap_ns, 100)
    told(pipeline, 2, leap_ns, 101)
    told(pipeline, 3, leap_ns + HOUR_NS, 101)
    segment = pipeline._subjects.homes["u01"].state.named()[0][1].chain
    assert list(segment.volumes_ml) == [100_000, 101_000, 101_000]
    assert pipeline.counters()["breaks"] == 0


def test_a_clock_that_stands_for_a_leap_second_is_no_wrong_clock() -> None:
    pipeline, leap_ns = Pipeline(registry()), ns("2017-01-01T00:00:00")
    for second in range(-2, 3):
        told(pipeline, second + 2, leap_ns + min(second, 0) * SECOND_NS, 100)
    assert pipeline.clocks.offsets_s() == {}


@pytest.mark.parametrize(
    ("utc", "offset_h", "expected"),
    [
        ("2026-05-16T16:00:00", 8.0, "00:00"),
        ("2026-05-16T15:59:59", 8.0, "23:59"),
        ("2026-12-31T16:00:00", 8.0, "00:00"),
        ("2028-02-28T16:00:00", 8.0, "00:00"),
        ("2016-12-31T23:59:59", 8.0, "07:59"),
        ("2026-05-16T18:30:00", 5.5, "00:00"),
        ("2026-05-16T18:15:00", 5.75, "00:00"),
        ("2026-05-17T03:30:00", -3.5, "00:00"),
        ("2026-05-17T12:00:00", -12.0, "00:00"),
        ("2026-05-16T10:00:00", 14.0, "00:00"),
        ("1969-12-31T16:00:00", 8.0, "00:00"),
        ("2038-01-19T03:14:08", 8.0, "11:14"),
    ],
)
def test_a_sentence_shows_the_time_of_the_wall(utc: str, offset_h: float, expected: str) -> None:
    PipelineSettings(utc_offset_h=offset_h)
    assert hhmm(ns(utc), offset_h) == expected


def test_china_has_one_time_all_the_year_round_since_1992() -> None:
    """What makes a fixed offset enough; the zone data knows summer time there until 1991."""
    zone = ZoneInfo("Asia/Shanghai")
    for year in range(2015, 2037):
        for month in range(1, 13):
            at = datetime(year, month, 15, 12, tzinfo=zone)
            assert at.utcoffset() == timedelta(hours=CHINA_H)


@pytest.mark.parametrize(
    ("shown", "true", "quality"),
    [
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00", Quality.CLOCK_UNSET),
        ("2026-10-25 02:30:00", "2026-10-25T01:30:00", Quality.GOOD),
    ],
    ids=["the hour as it comes first", "the hour as it comes again"],
)
def test_an_hour_that_a_wall_clock_shows_twice_is_lost_by_neither(
    shown: str, true: str, quality: Quality
) -> None:
    """Berlin, read by the offset of its winter: summer is an hour ahead, and not believed."""
    received_ns = ns(true) + SECOND_NS
    at_ns, _, got = wall_clock(shown, "time", received_ns, utc_offset_h=1.0)
    assert got is quality
    assert at_ns in {ns(true), received_ns}


@pytest.mark.parametrize("text", ["2026-02-29T00:00:00", "2026-13-01T00:00:00", "2100-02-29T00:00"])
def test_a_day_that_is_none_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(wire.WireError) as caught:
        instant_ns(text, "time", utc_offset_h=8.0)
    assert caught.value.reason is wire.Reason.WRONG_TYPE


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2028-02-29 00:00:00", "2028-02-28T16:00:00"),
        ("2028-03-01 00:00:00", "2028-02-29T16:00:00"),
        ("2027-01-01 00:00:00", "2026-12-31T16:00:00"),
        ("2038-01-19 11:14:08", "2038-01-19T03:14:08"),
    ],
)
def test_a_local_time_without_zone_is_the_site_s(local: str, expected: str) -> None:
    assert instant_ns(local, "time", utc_offset_h=CHINA_H) == ns(expected)


def test_a_leap_second_written_out_is_refused_and_not_taken_for_another_time() -> None:
    with pytest.raises(wire.WireError):
        instant_ns("2016-12-31T23:59:60Z", "time")


def test_a_device_may_move_on_29_february() -> None:
    move = "2028-02-29T00:00:00+08:00"
    book: Registry = registry(
        (UNIT, UNIT | {"code": "u02"}),
        (METER | {"to": move}, METER | {"unit": "u02", "from": move}),
    )
    moved_ns = ns("2028-02-28T16:00:00")
    assert book.unit_at("wm-1", moved_ns - 1) == "u01"
    assert book.unit_at("wm-1", moved_ns) == "u02"


def test_a_clock_in_summer_time_is_off_by_an_hour_and_learned() -> None:
    """A device that writes local time as if it were UTC, and puts its clock on in spring."""
    pipeline, spring_ns = Pipeline(registry()), ns("2026-03-29T01:00:00")
    for hour in range(-12, 12):
        shown_ns = spring_ns + hour * HOUR_NS + (HOUR_NS if hour >= 0 else 0)
        records = (wire.Record(n="water.total", u="L", v=100.0 + hour, r=1.0),)
        message = wire.Message(dev="wm-1", seq=hour + 12, t=shown_ns / SECOND_NS, e=records)
        received_ns = spring_ns + hour * HOUR_NS + SECOND_NS
        admission = pipeline.gate.admit(TOPIC, wire.encode(message), received_ns)
        (reading,) = admission.readings
        assert reading.at_ns <= received_ns
        assert received_ns - reading.at_ns < MINUTE_NS
        assert admission.message is not None
        pipeline.step(Admitted((admission.message,)))
    assert pipeline.clocks.offsets_s() == {"wm-1": pytest.approx(-3_600, abs=2)}
