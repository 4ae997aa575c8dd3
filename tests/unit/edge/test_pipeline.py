from typing import Any

import pytest
from msgspec import structs

from edge import wire
from edge.batch_names import BatchNames
from edge.checkpoint import CheckpointError, decode, encode
from edge.entry import Admitted, Link, Message, Tick
from edge.pipeline import Pipeline
from edge.reading import (
    MINUTE_NS,
    SECOND_NS,
    Finding,
    FindingState,
    Quality,
    Reading,
    Tier,
    Timeliness,
)
from edge.registry import Registry
from edge.wire import Reason
from tests.unit.edge.worlds import METER, UNIT, at, fault, litres, reading, registry

TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
RAISED, UPDATED, CLEARED = FindingState.RAISED, FindingState.UPDATED, FindingState.CLEARED


class Site:
    """A pipeline with its link up, fed by the hour."""

    def __init__(self, book: Registry | None = None) -> None:
        self.pipeline = Pipeline(book or registry())
        self.said: list[Finding] = []
        self.seq = 0
        self.link(0, up=True)

    def link(self, hour: float, *, up: bool) -> None:
        self.said += self.pipeline.step(Link(up, at(hour)))

    def hear(self, *readings: Reading) -> list[Finding]:
        self.seq += 1
        device, digest = readings[0].device, self.seq.to_bytes(8, "big")
        message = Message(device, 0, self.seq, digest, readings)
        found = self.pipeline.step(Admitted((message,)))
        self.said += found
        return list(found)

    def hours(self, start: int, stop: int, register_l: float, **changes: Any) -> None:
        """The same register every hour."""
        for hour in range(start, stop):
            self.hear(litres(hour, register_l, **changes))

    def tick(self, hour: float) -> list[Finding]:
        found = self.pipeline.step(Tick(at(hour)))
        self.said += found
        return list(found)

    def story(self, rule: str = "welfare") -> list[FindingState]:
        return [found.state for found in self.said if found.rule == rule]


def payload(seq: int = 1, register_l: float = 100, device: str = "wm-1", **keys: Any) -> bytes:
    record = wire.Record(n="water.total", u="L", v=register_l)
    return wire.encode(wire.Message(dev=device, seq=seq, t=at(0) / SECOND_NS, e=(record,), **keys))


def test_a_home_whose_register_stands_still_for_twelve_hours_raises_one_finding() -> None:
    site = Site()
    site.hours(0, 30, 100)
    (found,) = site.said
    assert (found.rule, found.category, found.tier) == ("welfare", "welfare", Tier.URGENT)
    assert (found.subject, found.revision) == ("s01/b01/u01", 0)
    assert (found.state, found.timeliness) == (RAISED, Timeliness.LIVE)
    assert (found.since_ns, found.at_ns) == (at(0), at(12))
    assert found.evidence.complete_until_ns == at(12)
    assert found.evidence.delay_s_worst == 14 * 3600
    assert found.evidence.sentence_zh.startswith(
        "12.0 小时内用水 0 升（阈值 10 升），数据完整至 20:00"
    )


def test_use_of_the_threshold_clears_it_and_the_next_quiet_spell_is_another_finding() -> None:
    site = Site()
    site.hours(0, 14, 100)
    site.hours(14, 16, 105)
    assert site.story() == [RAISED]
    site.hours(16, 29, 120)
    assert site.story() == [RAISED, CLEARED, RAISED]
    first, cleared, second = site.said
    assert (cleared.id, cleared.revision) == (first.id, 1)
    assert second.id != first.id


def test_missing_data_raise_nothing_but_the_silence_of_the_meter() -> None:
    site = Site()
    site.hours(0, 6, 100)
    site.tick(40)
    assert [found.rule for found in site.said] == ["device_silent"]


def test_nothing_is_raised_before_a_whole_window_was_seen() -> None:
    site = Site()
    site.hours(0, 12, 100)
    assert site.said == []


def test_equal_registers_around_a_gap_raise_it_when_the_data_are_back() -> None:
    site = Site()
    site.hours(0, 2, 100)
    site.hear(litres(20, 100))
    assert site.story() == [RAISED]


def test_a_faulty_meter_raises_nothing() -> None:
    site = Site()
    site.hear(fault(1, "dry"))
    site.hours(0, 30, 100)
    assert site.story() == []


def test_estimated_readings_raise_nothing() -> None:
    site = Site()
    site.hear(litres(0, 100))
    site.hours(1, 30, 100, quality=Quality.ESTIMATED)
    assert site.story() == []


def test_a_replaced_meter_keeps_what_was_raised_until_use_is_proven() -> None:
    site = Site()
    site.hours(0, 14, 50_000)
    site.hours(14, 40, 0)
    assert site.story() == [RAISED]
    site.hear(litres(40, 10))
    assert site.story() == [RAISED, CLEARED]


def test_a_home_without_the_care_flag_is_not_watched() -> None:
    site = Site(registry(units=[{"code": "u01", "building": "b01"}]))
    site.hours(0, 30, 100)
    assert site.said == []


def test_a_home_with_two_meters_is_unknown_while_one_is_unknown() -> None:
    site = Site(registry(devices=[METER, METER | {"id": "wm-2"}]))
    site.hours(0, 30, 100)
    assert site.story() == []
    for hour in range(30):
        site.hear(litres(hour, 7, device="wm-2"))
    assert site.story() == [RAISED]


def test_each_of_several_terms_is_a_finding_of_its_own() -> None:
    terms = [{}, {"window": "24 h", "threshold_l": 10.0}]
    site = Site(registry(units=[UNIT | {"welfare": terms}]))
    site.hours(0, 30, 100)
    assert [(found.rule, found.at_ns) for found in site.said] == [
        ("welfare", at(12)),
        ("welfare-2", at(24)),
    ]


def test_the_readings_of_a_moved_meter_belong_to_the_home_of_their_time() -> None:
    units = [UNIT, UNIT | {"code": "u02"}]
    moved = "2026-01-01T10:00:00+00:00"
    devices = [METER | {"to": moved}, METER | {"unit": "u02", "from": moved}]
    site = Site(registry(units, devices))
    site.hours(0, 23, 100)
    assert [found.subject for found in site.said] == ["s01/b01/u02"]


def test_an_episode_within_one_batch_is_history() -> None:
    site = Site()
    batch = [litres(hour, 100, received_ns=at(20), historical=True) for hour in range(16)]
    batch += [litres(hour, 150, received_ns=at(20), historical=True) for hour in (16, 17)]
    found = site.hear(*reversed(batch))
    assert [(f.state, f.timeliness) for f in found] == [
        (RAISED, Timeliness.BACKFILL),
        (CLEARED, Timeliness.BACKFILL),
    ]


@pytest.mark.parametrize(
    ("delay_h", "historical", "expected"),
    [
        (0, False, Timeliness.LIVE),
        (2.2, False, Timeliness.LIVE),
        (2.3, False, Timeliness.LATE),
        (0, True, Timeliness.LATE),
        (36, False, Timeliness.LATE),
        (37, False, Timeliness.BACKFILL),
    ],
)
def test_a_finding_is_as_fresh_as_its_data(
    delay_h: float, historical: bool, expected: Timeliness
) -> None:
    site = Site()
    site.hours(0, 12, 100, historical=historical)
    site.hear(litres(12, 100, received_ns=at(12 + delay_h), historical=historical))
    assert [found.timeliness for found in site.said] == [expected]


def test_an_old_finding_that_is_still_true_is_updated_once_for_each_improvement() -> None:
    site = Site()
    for hour in range(13):
        site.hear(litres(hour, 100, received_ns=at(60)))
    for hour in range(40, 70):
        site.hear(litres(hour, 100, received_ns=at(max(60, hour))))
    assert [(f.state, f.timeliness) for f in site.said if f.rule == "welfare"] == [
        (RAISED, Timeliness.BACKFILL),
        (UPDATED, Timeliness.LATE),
        (UPDATED, Timeliness.LIVE),
    ]


def test_a_silent_device_is_found_when_due_and_cleared_by_its_next_message() -> None:
    site = Site()
    site.hours(0, 6, 100)
    due_ns = site.pipeline.due_ns()
    assert due_ns is not None
    assert site.tick(8) == []
    (found,) = site.pipeline.step(Tick(at(8) + 10 * MINUTE_NS + 1))
    assert (found.rule, found.subject) == ("device_silent", "s01/b01/u01/wm-1")
    assert (found.category, found.tier) == ("device", Tier.GENERAL)
    assert found.since_ns == at(5)
    assert site.tick(20) == []
    (cleared,) = site.hear(litres(21, 130, historical=True))
    assert (cleared.state, cleared.id, cleared.revision) == (CLEARED, found.id, 1)


def test_an_edge_that_was_cut_off_does_not_call_its_devices_silent() -> None:
    site = Site()
    site.hours(0, 6, 100)
    site.link(5.5, up=False)
    assert site.pipeline.due_ns() is None
    assert site.tick(20) == []
    site.link(20, up=True)
    assert site.tick(23) == []
    (found,) = site.tick(23.5)
    assert found.since_ns == at(5)


def test_a_device_never_heard_is_silent_since_the_link_came_up() -> None:
    site = Site()
    (found,) = site.tick(4)
    assert found.since_ns == at(0)


def test_a_device_without_a_known_interval_is_waited_for() -> None:
    site = Site(registry(devices=[{k: v for k, v in METER.items() if k != "interval"}]))
    site.hours(0, 3, 100)
    assert site.tick(2.5) == []
    assert site.pipeline.due_ns() is None
    site.hear(litres(3, 100))
    assert site.tick(7) != []


def test_a_device_that_is_not_installed_yet_is_not_silent() -> None:
    site = Site(registry(devices=[METER | {"from": "2026-01-03T00:00:00+00:00"}]))
    assert site.tick(48) == []
    assert site.pipeline.due_ns() == at(51) + 10 * MINUTE_NS + 1
    assert site.tick(52) != []


def test_a_backlog_that_arrives_at_once_does_not_make_a_device_look_quick() -> None:
    site = Site()
    for hour in range(20):
        site.hear(litres(hour, 100 + 20 * hour, received_ns=at(20) + hour * 2 * MINUTE_NS))
    assert site.tick(22) == []


def test_admitting_changes_nothing_until_the_entry_is_stepped() -> None:
    pipeline = Site().pipeline
    first = pipeline.gate.admit(TOPIC, payload(), at(0))
    assert pipeline.gate.admit(TOPIC, payload(), at(0)) == first
    assert first.message is not None
    pipeline.step(Admitted((first.message,)))
    again = pipeline.gate.admit(TOPIC, payload(), at(1))
    assert (again.message, again.duplicates, again.rejections) == (None, 1, ())


def test_copies_within_one_batch_are_known_for_copies() -> None:
    pipeline, batch = Site().pipeline, BatchNames(1)
    admissions = [pipeline.gate.admit(TOPIC, payload(), at(0), batch=batch) for _ in range(3)]
    assert [admission.duplicates for admission in admissions] == [0, 1, 1]


def test_copies_that_reached_the_journal_are_stepped_once() -> None:
    pipeline = Site().pipeline
    message = pipeline.gate.admit(TOPIC, payload(), at(0)).message
    assert message is not None
    pipeline.step(Admitted((message, message)))
    assert pipeline.counters()["duplicates"] == 1
    assert pipeline.counters()["messages"] == 1


@pytest.mark.parametrize(
    ("topic", "sent", "expected"),
    [
        (TOPIC.replace("s01", "s02"), payload(), Reason.WRONG_SITE),
        (TOPIC.replace("wm-1", "wm-9"), payload(device="wm-9"), Reason.UNKNOWN_DEVICE),
        (TOPIC, payload(seq=1, register_l=999), Reason.ID_REUSED),
        (TOPIC, b"{", Reason.NOT_JSON),
    ],
)
def test_what_is_not_admitted_says_why(topic: str, sent: bytes, expected: Reason) -> None:
    pipeline = Site().pipeline
    message = pipeline.gate.admit(TOPIC, payload(seq=1), at(0)).message
    assert message is not None
    pipeline.step(Admitted((message,)))
    admission = pipeline.gate.admit(topic, sent, at(0))
    assert [rejection.reason for rejection in admission.rejections] == [expected]
    assert admission.readings == ()


def test_readings_of_other_channels_pass_without_effect() -> None:
    site = Site()
    site.hear(reading(0, "battery", 3.6))
    assert site.pipeline.counters()["readings"] == 1


def test_names_are_known_from_a_checkpoint_and_from_one_of_before() -> None:
    site = Site()
    message = site.pipeline.gate.admit(TOPIC, payload(), at(0)).message
    assert message is not None
    site.pipeline.step(Admitted((message,)))
    now = decode(site.pipeline.dump())
    listed = {message.device: [(message.boot, message.seq, b"digested")]}
    for saved in (now, structs.replace(now, memory=listed, names={})):
        again = Pipeline(registry())
        again.restore(encode(saved))
        assert again.gate.admit(TOPIC, payload(), at(1)).duplicates == 1


@pytest.mark.parametrize("blob", [b"", b"\x00", b"\x96\x63\x80\x80\x80\x80\x80"])
def test_a_checkpoint_that_cannot_be_read_is_refused(blob: bytes) -> None:
    with pytest.raises(CheckpointError):
        Pipeline(registry()).restore(blob)
