"""Under which name a vendor's message is known, and what makes two of them copies."""

import json
from importlib import import_module
from typing import Any

import pytest

from edge.profiles.base import Recorded, VendorMessage
from edge.profiles.field import wall_clock
from edge.reading import HOUR_NS, MINUTE_NS, SECOND_NS, Quality, TimeSource

NUMBERED = [
    ("hikvision", "a finger passes"),
    ("dahua", "opened from afar; the typed password is dropped"),
    ("zkteco", "a face passes, by rtlog"),
    ("tasmota", "local time without a zone, and the chip's temperature"),
    ("shelly", "what changed at two components, and one value not known"),
    ("onvif", "tampering, in UTC without a Z"),
    ("iotda", "a batch out of order, each value with its own time"),
    ("ctwing", "a meter whose product has a model"),
    ("sparkplug", "a historical metric"),
    ("cloudevents", "a meter of a source"),
    ("thingsboard", "a gateway's batch"),
    ("z2m", "a mains plug gives volts, has a slash in its name and was last heard before"),
]
UNNUMBERED = [
    ("z2m", "contact true is a closed door"),
    ("esphome", "a bare number, whose unit only its name tells"),
    ("frigate", "stats of a camera without frames, under cameras"),
    ("gb28181", "a keep-alive is the recorder's, not its cameras'"),
]


def _recorded(profile: str, name: str) -> Recorded:
    listed: tuple[Recorded, ...] = import_module(f"edge.profiles.{profile}").RECORDED
    return next(each for each in listed if each.name == name)


def _decode(profile: str, recorded: Recorded, *, later_ns: int = 0) -> tuple[VendorMessage, ...]:
    module: Any = import_module(f"edge.profiles.{profile}")
    received_ns = recorded.received_ns + later_ns
    messages: tuple[VendorMessage, ...] = module.PROFILE.decode(
        recorded.topic, recorded.payload, received_ns
    )
    return messages


def _names(messages: tuple[VendorMessage, ...]) -> list[tuple[str, int, int, int]]:
    return [(each.vendor_id, each.boot, each.seq, each.digest) for each in messages]


@pytest.mark.parametrize(("profile", "name"), NUMBERED)
def test_a_message_with_a_time_or_number_is_a_copy_however_late_it_comes_again(
    profile: str, name: str
) -> None:
    recorded = _recorded(profile, name)
    again = _decode(profile, recorded, later_ns=7 * HOUR_NS)
    assert _names(_decode(profile, recorded)) == _names(again)


@pytest.mark.parametrize(("profile", "name"), UNNUMBERED)
def test_a_message_without_either_is_another_one_when_it_comes_again(
    profile: str, name: str
) -> None:
    recorded = _recorded(profile, name)
    first, again = _decode(profile, recorded), _decode(profile, recorded, later_ns=SECOND_NS)
    assert {each.seq for each in first}.isdisjoint(each.seq for each in again)


def _hikvision(**changes: object) -> tuple[VendorMessage, ...]:
    recorded = _recorded("hikvision", "a finger passes")
    payload = json.dumps(json.loads(recorded.payload) | changes).encode()
    changed = Recorded("", recorded.topic, payload, recorded.received_ns, ())
    return _decode("hikvision", changed)


def test_an_event_posted_live_and_again_from_the_offline_store_is_one_event() -> None:
    assert _names(_hikvision()) == _names(_hikvision(currentEvent=False, activePostCount=3))


def test_heartbeats_of_one_minute_are_one_message_and_those_of_two_are_two() -> None:
    beat = {"eventType": "videoloss", "eventState": "inactive"}
    first = _hikvision(dateTime="2025-10-22T13:43:00+08:00", **beat)
    same = _hikvision(dateTime="2025-10-22T13:43:59+08:00", **beat)
    next_minute = _hikvision(dateTime="2025-10-22T13:44:00+08:00", **beat)
    assert _names(first) == _names(same) != _names(next_minute)


def test_two_people_at_one_terminal_at_different_seconds_are_two_events() -> None:
    recorded = _recorded("zkteco", "a face passes, by rtlog")
    line = recorded.payload
    other = line.replace(b"15:28:03", b"15:28:04").replace(b"pin=123456", b"pin=654321")
    both = Recorded("", recorded.topic, line + other, recorded.received_ns, ())
    assert len({each.seq for each in _decode("zkteco", both)}) == 2


def test_a_counter_that_started_again_is_another_boot() -> None:
    name = "local time without a zone, and the chip's temperature"
    recorded = _recorded("tasmota", name)
    restarted = recorded.payload.replace(b"2021-10-25T15:22:04", b"2021-10-26T15:22:04")
    later = Recorded("", recorded.topic, restarted, recorded.received_ns, ())
    (first,), (second,) = _decode("tasmota", recorded), _decode("tasmota", later)
    assert second.boot - first.boot == 86_400


NOW_NS = 1_786_692_490 * SECOND_NS  # 2026-08-14 15:28:10 at UTC+8


@pytest.mark.parametrize(
    ("shown", "behind_ns", "clock", "quality"),
    [
        ("2026-08-14 15:28:03", 7 * SECOND_NS, TimeSource.DEVICE, Quality.GOOD),
        ("2026-08-14 15:38:10", -10 * MINUTE_NS, TimeSource.DEVICE, Quality.GOOD),
        ("2026-08-14 15:38:11", 0, TimeSource.RECEIVER, Quality.CLOCK_UNSET),
        ("2026-08-14 09:28:10", 6 * HOUR_NS, TimeSource.DEVICE, Quality.GOOD),
        ("1970-01-01 00:00:00", 0, TimeSource.RECEIVER, Quality.CLOCK_UNSET),
        ("2026-08-14T07:28:03Z", 7 * SECOND_NS, TimeSource.DEVICE, Quality.GOOD),
    ],
)
def test_a_wall_clock_is_believed_unless_it_is_unset_or_ahead(
    shown: str, behind_ns: int, clock: TimeSource, quality: Quality
) -> None:
    assert wall_clock(shown, "time", NOW_NS) == (NOW_NS - behind_ns, clock, quality)
