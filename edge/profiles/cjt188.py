"""CJ/T 188: water and gas meters on a serial line, 2400 baud.

The register has two decimals: a tick is 0.01 m3, so what is less than 10 L may not show. The
data id comes in both byte orders. Valve and battery bits of the status are not read: their
meaning was not found in a source that could be checked.
Identity: the frame bears no number, so its bytes and its time make the seq.
"""

from edge.profiles.base import Expected, Profile, Recorded, VendorMessages, vendor_id
from edge.profiles.frame import (
    END,
    FRAME_BYTES_MAX,
    START,
    answer,
    bcd,
    check_sum,
    meter_time_ns,
    sheet_for,
    without_preamble,
)
from edge.reading import SECOND_NS, Kind
from edge.wire import Reason, WireError

_TOPIC = "bus/cjt188"
_OVERHEAD, _OVERHEAD_645 = 13, 12
_ANSWER = 0x81
_DATA_IDS = (b"\x1f\x90", b"\x90\x1f")
_DATA_BYTES = 22
_CUBIC_METRES = 0x2C
_TICK_M3 = 0.01
_METERS = {
    0x10: (Kind.WATER, "water.total"),
    0x11: (Kind.WATER, "water.total"),
    0x12: (Kind.WATER, "water.total"),
    0x13: (Kind.WATER, "water.total"),
    0x30: (Kind.GAS, "gas.total"),
}
"""By type byte: cold, hot, drinking and reclaimed water, gas. Heat has another layout."""


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (not topic and _is_whole(without_preamble(payload)))


def _is_whole(frame: bytes) -> bool:
    return (
        _OVERHEAD <= len(frame) <= FRAME_BYTES_MAX
        and frame[0] == START
        and frame[-1] == END
        and len(frame) == _OVERHEAD + frame[10]
        and not (
            frame[7] == START and len(frame) == _OVERHEAD_645 + frame[9]
        )  # then it is DL/T 645
    )


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    frame = without_preamble(payload)
    if not _is_whole(frame):
        raise WireError(Reason.BAD_FRAME, "not one whole frame 68 ... 16")
    check_sum(frame)
    meter = _METERS.get(frame[1])
    if meter is None:
        raise WireError(Reason.NO_CODEC, f"meters of type {frame[1]:02x} are not read")
    if frame[9] != _ANSWER:
        raise WireError(Reason.BAD_FRAME, f"control {frame[9]:02x} is no answer to a read")
    data = frame[11:-2]
    if len(data) != _DATA_BYTES or data[:2] not in _DATA_IDS:
        raise WireError(Reason.NO_CODEC, "only the counting data 901F of 22 bytes are read")
    if data[7] != _CUBIC_METRES:
        raise WireError(Reason.WRONG_UNIT, f"unit {data[7]:02x}; 2c (m3) is read")
    name = vendor_id("cjt188", frame[8:1:-1].hex())
    sheet = sheet_for(name, received_ns, meter_time_ns(data[13:20]))
    register = bcd(data[3:7], "register")
    sheet.add(*meter, register / 100, resolution=_TICK_M3)
    return (answer(sheet, frame),)


PROFILE = Profile("cjt188", (Kind.WATER, Kind.GAS), (), _claims, _decode)

_HEAD = "FEFEFEFE 68 10 44332211003378 81 16 "
_DATA = "00 00776655 2C 00776655 2C 31012211051520 2184 "
_ID = "cjt188:78330011223344"
_METER_NS = 1_431_352_891 * SECOND_NS
_LATE_NS = _METER_NS + 35 * 86_400 * SECOND_NS
RECORDED = (
    Recorded(
        "an answer",
        "",
        bytes.fromhex(f"{_HEAD} 1F90 {_DATA} 13 16"),
        _METER_NS + 2 * SECOND_NS,
        (Expected(_ID, "water.total", 556_677.0, _METER_NS),),
    ),
    Recorded(
        "the other order of the data id, and a clock 35 days slow",
        _TOPIC,
        bytes.fromhex(f"{_HEAD} 901F {_DATA} 13 16"),
        _LATE_NS,
        (Expected(_ID, "water.total", 556_677.0, _LATE_NS),),
    ),
    Recorded(
        "the checksum that is printed everywhere is wrong",
        "",
        bytes.fromhex(f"{_HEAD} 1F90 {_DATA} 08 16"),
        _METER_NS,
        Reason.BAD_CHECKSUM,
    ),
    Recorded(
        "a request is no answer",
        "",
        bytes.fromhex("FEFEFEFE 68 10 44332211003378 01 03 1F90 00 80 16"),
        _METER_NS,
        Reason.BAD_FRAME,
    ),
)
