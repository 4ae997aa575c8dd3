"""What an installer is shown of the devices that an edge hears."""

import msgspec

from edge.entry import Message
from edge.reading import MINUTE_NS, SECOND_NS
from edge.registry import Registry
from edge.seen import FRESH_NS, PAGE_MAX, STRANGERS_MAX, Seen, SeenPage, pages
from edge.succession import read_registry_bytes
from tests.unit.edge.worlds import litres

NOW_NS = 1_780_000_000 * SECOND_NS


def registry(**homes: str) -> Registry:
    units = [{"code": code, "building": "b01"} for code in ("u1", "u2")]
    devices = [
        {"id": name, "kind": "water", "unit": unit, "vendor": f"wmbus:{name}"}
        for name, unit in homes.items()
    ]
    table = {"version": 1, "site": "s01", "unit": units, "device": devices}
    return read_registry_bytes(msgspec.json.encode(table))


def said(device: str, received_ns: int) -> Message:
    reading = litres(0, 100, device=device, received_ns=received_ns)
    return Message(device, 0, 1, 1, (reading,))


def test_nobody_was_heard_later_than_they_were() -> None:
    seen, later_ns = Seen(), NOW_NS + SECOND_NS // 2
    seen.hear([said("first", NOW_NS), said("last", later_ns)])
    assert seen.all() == {"first": NOW_NS, "last": NOW_NS}
    held = [said("held for an hour", NOW_NS), said("of now", NOW_NS + 60 * MINUTE_NS)]
    seen.hear(held)
    assert seen.all() == {"held for an hour": NOW_NS, "of now": NOW_NS + 60 * MINUTE_NS}


def test_a_device_that_hung_there_before_waits_for_the_minute() -> None:
    seen = Seen()
    seen.hear([said("old", NOW_NS)])
    assert not seen.is_pressing(NOW_NS)
    assert seen.all() == {"old": NOW_NS}
    assert seen.all() == {}


def test_a_claimed_or_moved_device_is_told_at_once_for_a_quarter_of_an_hour() -> None:
    seen = Seen()
    seen.welcome(registry(old="u1", moved="u1"), registry(old="u1", moved="u2", new="u1"), NOW_NS)
    for name in ("old", "moved", "new"):
        seen.hear([said(name, NOW_NS + SECOND_NS)])
    assert seen.is_pressing(NOW_NS + 2 * SECOND_NS)
    assert seen.pressing().keys() == {"moved", "new"}
    assert not seen.is_pressing(NOW_NS + 2 * SECOND_NS)
    seen.hear([said("new", NOW_NS + FRESH_NS + MINUTE_NS)])
    assert not seen.is_pressing(NOW_NS + FRESH_NS + MINUTE_NS)


def test_a_stranger_is_shown_until_it_is_claimed() -> None:
    seen = Seen()
    seen.knock("wmbus:new", NOW_NS)
    assert seen.is_pressing(NOW_NS)
    assert seen.strangers() == {"wmbus:new": NOW_NS}
    assert not seen.is_pressing(NOW_NS)
    seen.welcome(registry(), registry(new="u1"), NOW_NS)
    assert seen.strangers() == {}


def test_a_flood_of_strangers_keeps_the_last_64_and_counts_the_rest() -> None:
    seen = Seen()
    for number in range(STRANGERS_MAX + 10):
        seen.knock(f"s{number}", NOW_NS + number)
    assert list(seen.strangers()) == [f"s{n}" for n in range(10, STRANGERS_MAX + 10)]
    assert (seen.take_dropped(), seen.take_dropped()) == (10, 0)


def test_many_devices_come_in_pages_and_strangers_once() -> None:
    devices = {f"d{number}": number for number in range(2 * PAGE_MAX + 1)}
    made = [
        msgspec.json.decode(page, type=SeenPage)
        for page in pages(SeenPage(1, "e01", NOW_NS, 3, devices, {"x": 1}))
    ]
    assert [len(page.devices) for page in made] == [PAGE_MAX, PAGE_MAX, 1]
    assert [dict(page.strangers) for page in made] == [{"x": 1}, {}, {}]


def test_a_report_with_no_device_still_tells_the_version() -> None:
    (only,) = pages(SeenPage(1, "e01", NOW_NS, 3, {}, {}))
    assert msgspec.json.decode(only, type=SeenPage).registry == 3


def test_a_replaced_meter_is_told_at_once_and_its_new_name_is_no_stranger_s() -> None:
    before = registry(old="u1")
    row = {"at": "2026-01-01T00:00:00Z", "last_m3": 1.0, "first_m3": 0.0, "vendor": "wmbus:late"}
    device = {"id": "old", "kind": "water", "unit": "u1", "vendor": "wmbus:old"}
    table = {
        "version": 1, "site": "s01", "unit": [{"code": "u1", "building": "b01"}],
        "device": [device | {"replacement": [row]}],
    }  # fmt: skip
    seen = Seen()
    seen.knock("wmbus:late", NOW_NS)
    seen.welcome(before, read_registry_bytes(msgspec.json.encode(table)), NOW_NS)
    assert seen.strangers() == {}
    assert seen.is_fresh("old")
