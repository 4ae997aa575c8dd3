import json
import math
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from edge import strict_json, topic, wire
from edge.reading import SECOND_NS, Quality, TimeSource
from edge.wire import Message, Record, WireError

TOPIC = "sw/1/s01/b01/u01/water/wm-1/obs"
ORIGIN = wire.origin(topic.parse(TOPIC))
NOW_S = 1_788_390_600
NOW_NS = NOW_S * SECOND_NS

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
names = st.sampled_from(["water.total", "meter.fault", "power", "water.total", "Bad Name", ""])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNSET) | strategy


def _is_odd(payload: bytes, message: Message) -> bool:
    """Whether a text of the message needs a sign that also stands for something in JSON."""
    return b"\\" in payload or any(":" in (each.vs or "") for each in message.e)


records = st.builds(
    Record,
    n=names,
    u=maybe(st.sampled_from(["m3", "L", "kWh", 'a"b', "\\"])),
    v=maybe(st.floats(-10, 1e5, allow_nan=False) | st.integers(0, 10**6).map(float)),
    vs=maybe(st.text(max_size=6)),
    r=maybe(st.sampled_from([0.001, 0.01, 0.0, -1.0, 1.0, 5.0])),
    t=maybe(st.floats(-1e5, 1e5, allow_nan=False)),
)
messages = st.builds(
    Message,
    v=st.just(1),
    dev=st.sampled_from(["wm-1", "wm-1", "wm-2"]),
    seq=st.integers(0, 2**63 - 1),
    t=st.floats(NOW_S - 1e6, NOW_S + 5e3),
    e=st.lists(records, max_size=5).map(tuple),
    id=maybe(st.sampled_from(["a/1", "", "x y", "x" * 200])),
    src=maybe(st.sampled_from(["gw", 'g"w'])),
    boot=maybe(st.integers(0, 2**40)),
    tsrc=maybe(st.sampled_from(TimeSource)),
    rx=maybe(st.floats(0, 2e9)),
    h=maybe(st.booleans()),
    q=maybe(st.sampled_from(Quality)),
)
sketches = st.fixed_dictionaries(
    {},
    optional={
        "v": st.just(1) | scalars,
        "dev": st.just("wm-1") | scalars,
        "seq": st.integers(0, 9) | scalars,
        "t": st.just(NOW_S) | scalars,
        "e": st.lists(
            st.fixed_dictionaries(
                {}, optional={"n": names | scalars, "v": scalars, "u": scalars, "x": values}
            ),
            max_size=3,
        )
        | values,
        "x": values,
        "boot": scalars,
        "q": scalars,
    },
)


def outcome(payload: bytes, topic_text: str = TOPIC) -> wire.Decoded | wire.Reason:
    try:
        return wire.decode(topic_text, payload, NOW_NS)
    except WireError as error:
        return error.reason


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


@given(st.text() | st.just(TOPIC), st.binary(max_size=200) | st.text().map(str.encode))
@example(TOPIC, b"[" * 100_000)
@example(TOPIC, b'{"x":' * 100_000)
@example(TOPIC, b'"' + b'\\"' * 100_000)
@example(TOPIC, b"1" * 5_000)
@example(TOPIC, b'{"v":' + b"1" * 5_000 + b"}")
@example(TOPIC, b'{"v":1,"dev":"wm-1","seq":1,"t":-1e308,"e":[{"n":"a","v":1,"t":-1e308}]}')
def test_any_bytes_on_any_topic_decode_or_raise_a_wire_error(
    topic_text: str, payload: bytes
) -> None:
    outcome(payload, topic_text)


@given(sketches)
def test_any_object_decodes_or_raises_a_wire_error(sketch: dict[str, Any]) -> None:
    found = outcome(json.dumps(sketch).encode())
    if isinstance(found, wire.Decoded):
        assert len(found.readings) + len(found.rejected) == len(sketch["e"])
        for reading in found.readings:
            assert isinstance(reading.value, str) or math.isfinite(reading.value)


@given(messages)
def test_encoding_then_decoding_gives_the_message_back(message: Message) -> None:
    assert msgspec.json.decode(wire.encode(message), type=Message) == message


@given(messages)
def test_the_fast_and_the_strict_path_come_to_the_same_message(message: Message) -> None:
    payload = wire.encode(message)
    fast = wire._typed(payload)
    strict = wire._strict(payload)
    assert (strict[0], strict[2]) == (message, [])
    assert fast is None or fast == strict
    if not _is_odd(payload, message):
        assert fast is not None


@given(sketches, st.booleans())
def test_what_the_fast_path_vouches_for_the_strict_path_accepts_too(
    sketch: dict[str, Any], ascii_only: bool
) -> None:
    payload = json.dumps(sketch, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    fast = wire._typed(payload)
    if fast is not None:
        assert wire._strict(payload) == fast


@given(
    messages.map(wire.encode)
    | sketches.map(lambda sketch: json.dumps(sketch).encode())
    | st.binary(max_size=100)
)
def test_what_is_plain_is_all_that_decode_says(payload: bytes) -> None:
    said, found = wire.plain(ORIGIN, payload, NOW_NS), outcome(payload)
    if said is None:
        return
    assert isinstance(said.digest, int)
    whole = wire.Decoded(said.device, said.boot, said.seq, said.digest, said.readings, ())
    assert found == whole


@given(messages)
def test_a_message_of_which_nothing_is_refused_is_plain_unless_it_is_named(
    message: Message,
) -> None:
    payload, found = wire.encode(message), outcome(wire.encode(message))
    odd = message.id is not UNSET or message.src is not UNSET or _is_odd(payload, message)
    if isinstance(found, wire.Decoded) and found.readings and not (found.rejected or odd):
        assert wire.plain(ORIGIN, payload, NOW_NS) is not None


@given(messages, st.data())
def test_a_key_written_twice_is_never_vouched_for(message: Message, data: st.DataObject) -> None:
    pairs = list(json.loads(wire.encode(message)).items())
    pairs.append(data.draw(st.sampled_from(pairs)))
    payload = ("{" + ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in pairs) + "}").encode()
    assert outcome(payload) is wire.Reason.DUPLICATE_KEY


@given(values.filter(finite))
def test_strict_json_reads_what_json_wrote_unless_it_says_why_not(value: Any) -> None:
    payload = json.dumps(value).encode()
    fault, parsed = None, None
    try:
        parsed = strict_json.parse(payload)
    except strict_json.JsonError as error:
        fault = error.fault
    assert fault in {None, strict_json.Fault.TOO_DEEP, strict_json.Fault.NOT_UTF8}
    assert fault is not None or parsed == json.loads(payload)
