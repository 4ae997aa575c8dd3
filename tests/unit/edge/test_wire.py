from typing import Any

import pytest

from edge import wire
from edge.reading import SECOND_NS, Quality, TimeSource
from edge.wire import Reason, WireError

TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
T = 1_788_390_574
RECEIVED_NS = (T + 27) * SECOND_NS
HEAD = f'"v":1,"dev":"wm-1","seq":7,"t":{T}'
RECORD = '{"n":"water.total","u":"m3","v":6.054,"r":0.001}'


def body(*, head: str = HEAD, records: str = RECORD, more: str = "") -> bytes:
    return f'{{{head},"e":[{records}]{more}}}'.encode()


def decoded(payload: bytes, topic: str = TOPIC) -> wire.Decoded:
    return wire.decode(topic, payload, RECEIVED_NS)


def reason(payload: bytes, topic: str = TOPIC) -> Reason:
    with pytest.raises(WireError) as caught:
        decoded(payload, topic)
    return caught.value.reason


def test_a_full_message_becomes_a_reading() -> None:
    more = (
        ',"id":"s01/gw03/7","src":"s01/gw03","boot":17,"tsrc":"meter","off":-2.1,'
        '"rx":1788390601.412,"h":false,"q":"good","wm":1788390574.0'
    )
    found = decoded(body(more=more))
    (reading,) = found.readings
    assert (found.device, found.boot, found.seq) == ("wm-1", 17, 7)
    assert (reading.value, reading.resolution, reading.unit) == (6.054, 0.001, "u01")
    assert (reading.at_ns, reading.received_ns) == (T * SECOND_NS, RECEIVED_NS)
    assert (reading.clock, reading.quality) == (TimeSource.METER, Quality.GOOD)
    assert not reading.historical


def test_relative_times_are_added_to_the_base_time() -> None:
    found = decoded(body(records='{"n":"water.total","v":1,"t":-3600.5}'))
    assert found.readings[0].at_ns == T * SECOND_NS - 3_600_500_000_000


@pytest.mark.parametrize("away_s", [4_000, 3 * 86_400, -86_400, -T])
def test_a_time_that_a_wrong_clock_may_show_is_left_to_the_gate(away_s: int) -> None:
    found = decoded(body(records=f'{{"n":"water.total","v":1,"t":{away_s}}}'))
    assert [reading.at_ns for reading in found.readings] == [(T + away_s) * SECOND_NS]


@pytest.mark.parametrize(("unit", "value"), [("L", "6054"), ("l", "6054"), ("m3", "6.054")])
def test_water_comes_out_in_cubic_metres(unit: str, value: str) -> None:
    found = decoded(body(records=f'{{"n":"water.total","u":"{unit}","v":{value}}}'))
    assert found.readings[0].value == pytest.approx(6.054)


def test_the_resolution_is_in_the_unit_of_the_value() -> None:
    found = decoded(body(records='{"n":"water.total","u":"L","v":6054,"r":10}'))
    assert found.readings[0].resolution == pytest.approx(0.01)


@pytest.mark.parametrize(("verb", "more"), [("hist", ""), ("obs", ',"h":true')])
def test_a_historical_message_says_so_in_every_reading(verb: str, more: str) -> None:
    topic = TOPIC.replace("/obs", f"/{verb}")
    assert decoded(body(more=more), topic).readings[0].historical


def test_unknown_keys_are_ignored_wherever_they_stand() -> None:
    plain = decoded(body())
    found = decoded(body(records=RECORD.replace("{", '{"x":[1,{"y":null}],'), more=',"z":"q"'))
    assert found == plain


def test_the_relay_s_receive_time_does_not_make_another_message() -> None:
    digests = {decoded(body(more=f',"rx":{rx}')).digest for rx in (T, T + 5)}
    assert digests == {decoded(body()).digest}


MESSAGE_FAULTS: list[tuple[bytes, Reason]] = [
    (b"", Reason.EMPTY),
    (b" " * (wire.PAYLOAD_BYTES_MAX + 1), Reason.TOO_LARGE),
    (b"\xff\xfe{}", Reason.NOT_UTF8),
    (body(more=',"x":"\\ud800"'), Reason.NOT_UTF8),
    (body().decode().encode("utf-16"), Reason.NOT_UTF8),
    (body().decode().encode("utf-16-le"), Reason.NOT_JSON),
    (b"\xef\xbb\xbf" + body(), Reason.NOT_JSON),
    (b"{", Reason.NOT_JSON),
    (body() + b"x", Reason.NOT_JSON),
    (b"[" * 100_000, Reason.TOO_DEEP),
    (body(more=',"x":' + "[" * 9 + "]" * 9), Reason.TOO_DEEP),
    (body(more=',"seq":8'), Reason.DUPLICATE_KEY),
    (body(head=HEAD.replace('"v":1', '"z":1')), Reason.MISSING_KEY),
    (body(records='{"n":"water.total","v":1,"v":1}'), Reason.DUPLICATE_KEY),
    (body(more=',"x":{"a":1,"a":2}'), Reason.DUPLICATE_KEY),
    (b"[]", Reason.WRONG_TYPE),
    (b"1", Reason.WRONG_TYPE),
    (body(head=HEAD.replace('"seq":7', '"seq":"7"')), Reason.WRONG_TYPE),
    (body(head=HEAD.replace('"seq":7', '"seq":true')), Reason.WRONG_TYPE),
    (body(head=HEAD.replace('"seq":7', '"seq":-1')), Reason.WRONG_TYPE),
    (body(head=HEAD.replace('"seq":7', f'"seq":{"1" * 5000}')), Reason.WRONG_TYPE),
    (body(more=',"q":"perfect"'), Reason.WRONG_TYPE),
    (f'{{{HEAD},"e":{{}}}}'.encode(), Reason.WRONG_TYPE),
    (f"{{{HEAD}}}".encode(), Reason.MISSING_KEY),
    (body(head=HEAD.replace('"v":1,', "")), Reason.MISSING_KEY),
    (body(head=HEAD.replace('"v":1', '"v":2')), Reason.UNKNOWN_VERSION),
    (body(head=HEAD.replace("wm-1", "wm-2")), Reason.IDENTITY_MISMATCH),
    (body(head=HEAD.replace(str(T), "NaN")), Reason.NOT_FINITE),
    (body(head=HEAD.replace(str(T), "1e999")), Reason.NOT_FINITE),
    (body(more=',"id":"a b"'), Reason.BAD_NAME),
    (body(records=",".join([RECORD] * 1001)), Reason.TOO_MANY_RECORDS),
    (body(records=",".join([RECORD] * 1001), more=',"x":1'), Reason.TOO_MANY_RECORDS),
]


@pytest.mark.parametrize(("payload", "expected"), MESSAGE_FAULTS)
def test_a_message_that_cannot_be_used_is_refused_with_its_reason(
    payload: bytes, expected: Reason
) -> None:
    assert reason(payload) is expected


RECORD_FAULTS: list[tuple[str, Reason]] = [
    ('{"v":1}', Reason.MISSING_KEY),
    ('{"n":"water.total"}', Reason.MISSING_KEY),
    ('{"n":"water.total","v":"12"}', Reason.WRONG_TYPE),
    ('{"n":"water.total","v":true}', Reason.WRONG_TYPE),
    ('{"n":"water.total","v":null}', Reason.WRONG_TYPE),
    ('{"n":"meter.fault","v":1}', Reason.WRONG_TYPE),
    ('{"n":"power","v":1,"vs":"x"}', Reason.WRONG_TYPE),
    ("7", Reason.WRONG_TYPE),
    ('{"n":"water.total","v":NaN}', Reason.NOT_FINITE),
    ('{"n":"water.total","v":-Infinity}', Reason.NOT_FINITE),
    ('{"n":"water.total","v":1e999}', Reason.NOT_FINITE),
    (f'{{"n":"water.total","v":{"1" * 5000}}}', Reason.NOT_FINITE),
    ('{"n":"water.total","v":-1}', Reason.OUT_OF_RANGE),
    ('{"n":"water.total","v":1e10}', Reason.OUT_OF_RANGE),
    ('{"n":"water.total","v":1,"u":"kWh"}', Reason.WRONG_UNIT),
    ('{"n":"water.total","v":1,"r":0}', Reason.BAD_RESOLUTION),
    ('{"n":"water.total","v":1,"r":50}', Reason.BAD_RESOLUTION),
    ('{"n":"water.total","v":1,"t":3e9}', Reason.TIME_IN_FUTURE),
    ('{"n":"water.total","v":1,"t":1e30}', Reason.TIME_IN_FUTURE),
    ('{"n":"water.total","v":1,"t":-2e9}', Reason.TIME_TOO_OLD),
    ('{"n":"water.total","v":1,"t":-1e308}', Reason.TIME_TOO_OLD),
    ('{"n":"Water Total","v":1}', Reason.BAD_NAME),
    ('{"n":"meter.fault","vs":"a\\nb"}', Reason.BAD_TEXT),
    (f'{{"n":"meter.fault","vs":"{"x" * 257}"}}', Reason.BAD_TEXT),
]


@pytest.mark.parametrize(("record", "expected"), RECORD_FAULTS)
def test_one_bad_record_is_refused_and_its_neighbours_are_kept(
    record: str, expected: Reason
) -> None:
    found = decoded(body(records=f"{RECORD},{record},{RECORD}"))
    assert [rejection.reason for rejection in found.rejected] == [expected]
    assert [reading.value for reading in found.readings] == [6.054, 6.054]


@pytest.mark.parametrize("topic", ["", "nonsense", TOPIC.replace("/obs", "/state")])
def test_a_topic_that_carries_no_observation_is_refused(topic: str) -> None:
    assert reason(body(), topic) is Reason.UNKNOWN_TOPIC


def test_an_encoded_message_holds_only_the_keys_that_were_given() -> None:
    record: Any = wire.Record(n="water.total", v=1.5)
    payload = wire.encode(wire.Message(dev="wm-1", seq=7, t=T, e=(record,)))
    assert payload == (b'{"dev":"wm-1","seq":7,"t":%d,"e":[{"n":"water.total","v":1.5}],"v":1}' % T)
