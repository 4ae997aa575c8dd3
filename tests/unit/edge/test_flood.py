"""What a source may send, what becomes of the surplus, and who is told."""

from pathlib import Path

import pytest

from edge.flood import (
    CAPACITY_MIN,
    INTERVAL_S_DEFAULT,
    SHARED_CAPACITY,
    SHOWN_MAX,
    SHOWN_NS,
    SOURCES_MAX,
    Flood,
    Verdict,
)
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS
from edge.registry import Registry

NOW_NS = 1_788_390_574 * SECOND_NS
WEEK_S = 7 * DAY_NS // SECOND_NS
METER = "sw/1/s01/b01/u01/elec/em-1/obs"
NEIGHBOUR = "sw/1/s01/b01/u02/water/wm-2/obs"


def flood(interval: str = "15 min") -> Flood:
    devices = (("em-1", "elec", "u01"), ("wm-2", "water", "u02"), ("sos-1", "sos", "u01"))
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": unit, "building": "b01"} for unit in ("u01", "u02")],
        "device": [
            {"id": name, "kind": kind, "unit": unit, "interval": interval}
            for name, kind, unit in devices
        ],
    }
    return Flood(Registry.parse(table, Path("registry.toml")))


def passed(gate: Flood, topic: str, count: int, now_ns: int = NOW_NS) -> int:
    gate.begin()
    verdicts = [gate.judge(topic, now_ns) for _ in range(count)]
    gate.settle()
    return verdicts.count(Verdict.PASS)


def test_a_topic_on_which_every_device_speaks_allows_what_all_of_them_send() -> None:
    """Five thousand meters behind one gateway, each once a minute, lose nothing."""
    names = [f"em-{number}" for number in range(5_000)]
    device = {"kind": "elec", "unit": "u01", "interval": "1 min"}
    table = {
        "version": 1,
        "site": "s01",
        "unit": [{"code": "u01", "building": "b01"}],
        "device": [device | {"id": name, "vendor": f"tasmota:{name}"} for name in names],
    }
    gate = Flood(Registry.parse(table, Path("registry.toml")))
    for minute in range(60):
        now_ns = NOW_NS + minute * MINUTE_NS
        assert passed(gate, "v/gateway", len(names), now_ns) == len(names)


@pytest.mark.parametrize(
    ("interval", "topic", "allowed"),
    [
        ("1 h", METER, CAPACITY_MIN),
        ("10 s", METER, WEEK_S // 10),
        ("1 h", "sw/1/s01/b01/u01/elec/stranger/obs", WEEK_S // INTERVAL_S_DEFAULT),
        ("1 h", "sw/1/nonsense", CAPACITY_MIN),
        ("1 h", "zigbee2mqtt/hall", SHARED_CAPACITY),
    ],
)
def test_a_week_s_backlog_passes_at_once_and_no_more(
    interval: str, topic: str, allowed: int
) -> None:
    assert passed(flood(interval), topic, allowed + 10) == allowed


def test_an_emptied_source_goes_on_at_ten_times_its_pace_or_one_a_second() -> None:
    gate = flood("1 s")
    passed(gate, METER, WEEK_S)
    assert passed(gate, METER, 50, NOW_NS + SECOND_NS) == 10
    slow = flood("1 h")
    passed(slow, METER, CAPACITY_MIN)
    assert passed(slow, METER, 50, NOW_NS + 5 * SECOND_NS) == 5


def test_a_neighbour_and_an_urgent_word_of_the_same_device_still_pass() -> None:
    gate = flood()
    passed(gate, METER, CAPACITY_MIN + 1)
    assert passed(gate, METER, 1) == 0
    assert passed(gate, NEIGHBOUR, 1) == 1
    passed(gate, "sw/1/s01/b01/u01/sos/sos-1/obs", CAPACITY_MIN + 1)
    assert passed(gate, "sw/1/s01/b01/u01/sos/sos-1/obs", 1) == 0
    assert passed(gate, "sw/1/s01/b01/u01/sos/sos-1/evt", 1) == 1


def test_what_an_adapter_says_of_itself_passes_whoever_floods() -> None:
    gate, status = flood(), "sw/1/s01/_adapter/{}/status"
    passed(gate, "sw/1/s01/_adapter/zigbee/nonsense", SHARED_CAPACITY)
    passed(gate, status.format("modbus"), SHARED_CAPACITY + 1)
    assert passed(gate, status.format("modbus"), 1) == 0
    assert passed(gate, status.format("zigbee"), CAPACITY_MIN + 1) == CAPACITY_MIN + 1


def test_one_refusal_a_minute_is_a_sample() -> None:
    gate = flood()
    passed(gate, METER, CAPACITY_MIN)
    verdicts = [gate.judge(METER, NOW_NS) for _ in range(9)]
    assert verdicts == [Verdict.SAMPLE, *[Verdict.REFUSE] * 8]
    passed(gate, METER, 60, NOW_NS + MINUTE_NS)
    assert gate.judge(METER, NOW_NS + MINUTE_NS) is Verdict.SAMPLE


def test_who_floods_is_shown_for_five_minutes_worst_first() -> None:
    gate = flood()
    passed(gate, METER, CAPACITY_MIN + 3)
    passed(gate, NEIGHBOUR, CAPACITY_MIN + 7)
    assert list(gate.flooding(NOW_NS).items()) == [("wm-2", 7), ("em-1", 3)]
    assert gate.flooding(NOW_NS + SHOWN_NS + 1) == {}


def test_no_more_are_shown_than_a_message_of_health_should_hold() -> None:
    gate = flood("1 h")
    for number in range(SHOWN_MAX + 5):
        passed(gate, f"v/{number}/{'x' * 200}", SHARED_CAPACITY // 40)
    assert gate.flooding(NOW_NS) == {}
    for number in range(SHOWN_MAX + 5):
        topic = f"sw/1/s01/b01/u01/elec/d-{number}/obs"
        passed(gate, topic, WEEK_S // INTERVAL_S_DEFAULT + 1)
    assert len(gate.flooding(NOW_NS)) == SHOWN_MAX


def test_a_batch_that_was_not_committed_takes_nothing() -> None:
    gate = flood()
    for _ in range(5):
        gate.begin()
        verdicts = {gate.judge(METER, NOW_NS) for _ in range(CAPACITY_MIN)}
        assert verdicts == {Verdict.PASS}


def test_a_push_waits_for_its_own_commit_and_is_never_too_fast() -> None:
    assert passed(flood(), "http/hikvision", SHARED_CAPACITY + 1) == SHARED_CAPACITY + 1


def test_the_source_used_least_recently_is_forgotten() -> None:
    gate = flood()
    passed(gate, METER, CAPACITY_MIN)
    for number in range(SOURCES_MAX):
        gate.judge(f"vendor/{number}", NOW_NS)
    assert passed(gate, METER, 1) == 1


def test_another_registry_allows_what_its_own_intervals_ask_for() -> None:
    gate = flood("1 h")
    assert passed(gate, METER, CAPACITY_MIN + 10) == CAPACITY_MIN
    gate.go_by(flood("10 s")._registry)
    assert passed(gate, METER, WEEK_S) == WEEK_S // 10
