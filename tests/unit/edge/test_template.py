import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.profiles import template
from edge.profiles.base import Profile, VendorMessage
from edge.reading import HOUR_NS, SECOND_NS, TimeSource
from edge.settings import ConfigError
from edge.wire import Reason, WireError

PATH = Path("templates.toml")
T_S = 1_788_390_574
T_NS = T_S * SECOND_NS
TOPIC = "acme/m-17/up"
REGISTER = {"channel": "water.total", "offset": 6, "type": "u32", "scale": 0.001}
ACME: dict[str, Any] = {
    "name": "acme-nb",
    "kind": "water",
    "topic": "acme/+/up",
    "begins": "68a1",
    "time": {"offset": 2, "type": "u32", "endian": "big"},
    "field": [
        REGISTER | {"resolution": 0.001, "repeat": 3, "step": 4, "interval": "1 h",
                    "invalid": [0xFFFFFFFF]},
        {"channel": "battery.v", "offset": 18, "type": "bcd", "bytes": 2, "scale": 0.01},
        {"channel": "leak", "offset": 20, "type": "u8", "words": {"0": "dry", "1": "wet"}},
        {"channel": "temperature.c", "offset": 21, "type": "i16", "endian": "big", "scale": 0.1},
        {"channel": "water.flow", "offset": 23, "type": "f32"},
    ],
}  # fmt: skip
FRAME = (
    b"\x68\xa1" + T_S.to_bytes(4, "big") + struct.pack("<III", 6_000, 6_010, 6_054)
    + b"\x60\x03" + b"\x01" + struct.pack(">h", -25) + struct.pack("<f", 0.25)
)  # fmt: skip


def profile(**changes: Any) -> Profile:
    (only,) = template.parse({"version": 1, "template": [ACME | changes]}, PATH)
    return only


def message(payload: bytes, **changes: Any) -> VendorMessage:
    (only,) = profile(**changes).decode(TOPIC, payload, T_NS + SECOND_NS)
    return only


def test_a_site_s_meter_is_read_without_code() -> None:
    decoded = message(FRAME)
    assert decoded.vendor_id == "acme-nb:m-17"
    assert {each.clock for each in decoded.readings} == {TimeSource.METER}
    assert [(r.channel, r.value, r.at_ns, r.historical) for r in decoded.readings] == [
        ("water.total", 6.0, T_NS - 2 * HOUR_NS, True),
        ("water.total", 6.01, T_NS - HOUR_NS, True),
        ("water.total", 6.054, T_NS, False),
        ("battery.v", 3.6, T_NS, False),
        ("leak", "wet", T_NS, False),
        ("temperature.c", -2.5, T_NS, False),
        ("water.flow", 0.25, T_NS, False),
    ]


def test_a_day_may_come_newest_first() -> None:
    field = ACME["field"][0] | {"order": "newest_first"}
    decoded = message(FRAME, field=[field])
    assert [(r.value, r.at_ns) for r in decoded.readings] == [
        (6.0, T_NS),
        (6.01, T_NS - HOUR_NS),
        (6.054, T_NS - 2 * HOUR_NS),
    ]


def test_a_value_that_means_none_is_left_out_and_an_unknown_word_is_refused() -> None:
    payload = FRAME[:10] + b"\xff" * 4 + FRAME[14:20] + b"\x07" + FRAME[21:]
    decoded = message(payload)
    assert [r.value for r in decoded.readings if r.channel == "water.total"] == [6.0, 6.054]
    assert [each.reason for each in decoded.rejected] == [Reason.OUT_OF_RANGE]


@pytest.mark.parametrize(
    ("encoding", "payload"), [("hex", FRAME.hex().encode()), ("base64", b"aKFqmKyu")]
)
def test_bytes_may_come_as_text(encoding: str, payload: bytes) -> None:
    assert profile(encoding=encoding).decode(TOPIC, payload, T_NS + SECOND_NS)


def test_a_frame_cut_short_keeps_the_fields_before_the_cut() -> None:
    decoded = message(FRAME[:20])
    assert [r.channel for r in decoded.readings] == ["water.total"] * 3 + ["battery.v"]
    assert [each.reason for each in decoded.rejected] == [Reason.BAD_FRAME] * 3


@pytest.mark.parametrize(
    ("payload", "changes"),
    [
        (b"", {}),
        (b"\x69" + FRAME[1:], {}),
        (FRAME, {"length": 30}),
        (b"zz", {"encoding": "hex"}),
        (b"*", {"encoding": "base64"}),
        (b"\x68\xa1\xff", {}),
    ],
)
def test_what_is_no_such_frame_is_refused(payload: bytes, changes: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        message(payload, **changes)


def test_every_fault_of_a_file_is_told_at_once() -> None:
    wrong = ACME | {
        "topic": "acme/up",
        "length": 8,
        "field": [
            REGISTER | {"channel": "water.colour"},
            {"channel": "leak", "offset": 0, "type": "u8"},
            {"channel": "leak", "offset": 0, "type": "u8", "words": {"0": "damp"}},
            {"channel": "battery.v", "offset": 0, "type": "bcd"},
            {"channel": "battery.v", "offset": 0, "type": "u8", "repeat": 2},
        ],
    }
    with pytest.raises(ConfigError) as caught:
        template.parse({"version": 1, "template": [wrong, wrong]}, PATH)
    assert all(fault.remedy for fault in caught.value.faults)
    keys = [fault.key for fault in caught.value.faults]
    rest = ["channel", "offset", "words", "words", "bytes", "repeat"]
    places = [0, 0, 1, 2, 3, 4]
    fields = [f"field.{place}.{key}" for place, key in zip(places, rest, strict=True)]
    assert keys == [f"template.{i}.{key}" for i in (0, 1) for key in ("name", "topic", *fields)]


def test_a_type_that_is_none_is_a_fault() -> None:
    with pytest.raises(ConfigError):
        profile(field=[REGISTER | {"type": "u7"}])


@given(st.binary(max_size=60), st.integers(0, 2**62))
def test_any_bytes_are_decoded_or_refused(payload: bytes, received_ns: int) -> None:
    for encoding in ("raw", "hex", "base64"):
        try:
            profile(encoding=encoding, begins="").decode(TOPIC, payload, received_ns)
        except WireError:
            continue
