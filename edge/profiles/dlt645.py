"""DL/T 645-2007: electricity meters on RS-485; every data byte is sent with 0x33 added.

Read are total forward energy (00010000) and the voltage of phase A (02010100), the two whose
frames were checked. Identity: the frame bears no number, so its bytes and its time make the seq.
"""

from edge.profiles.base import Expected, Profile, Recorded, VendorMessages, vendor_id
from edge.profiles.frame import (
    END,
    FRAME_BYTES_MAX,
    START,
    answer,
    bcd,
    check_sum,
    sheet_for,
    without_preamble,
)
from edge.reading import SECOND_NS, Kind
from edge.wire import Reason, WireError

_TOPIC = "bus/dlt645"
_OVERHEAD = 12
_ANSWER, _REFUSED = 0x91, 0xD1
_OFFSET = 0x33
_ID_BYTES = 4
_ITEMS = {
    "00010000": ("elec.total", 4, 100),
    "02010100": ("elec.voltage", 2, 10),
}
"""By data id: channel, bytes of the value, and how many of its units make one of ours."""


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (not topic and _is_whole(without_preamble(payload)))


def _is_whole(frame: bytes) -> bool:
    return (
        _OVERHEAD <= len(frame) <= FRAME_BYTES_MAX
        and frame[0] == frame[7] == START
        and frame[-1] == END
        and len(frame) == _OVERHEAD + frame[9]
    )


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    frame = without_preamble(payload)
    if not _is_whole(frame):
        raise WireError(Reason.BAD_FRAME, "not one whole frame 68 ... 68 ... 16")
    check_sum(frame)
    if frame[8] != _ANSWER:
        says = "the meter refuses" if frame[8] == _REFUSED else "no complete answer to a read"
        raise WireError(Reason.BAD_FRAME, f"control {frame[8]:02x}: {says}")
    data = bytes((byte - _OFFSET) % 256 for byte in frame[10:-2])
    item = _ITEMS.get(data[_ID_BYTES - 1 :: -1].hex() if len(data) >= _ID_BYTES else "")
    if item is None:
        raise WireError(Reason.NO_CODEC, "only data 00010000 and 02010100 are read")
    channel, length, per_unit = item
    if len(data) != _ID_BYTES + length:
        raise WireError(Reason.BAD_FRAME, f"{channel} has {length} bytes")
    address = bcd(frame[1:7], "address")
    sheet = sheet_for(vendor_id("dlt645", f"{address:012}"), received_ns)
    value = bcd(data[_ID_BYTES:], channel)
    sheet.add(Kind.ELEC, channel, value / per_unit, resolution=1 / per_unit)
    return (answer(sheet, frame),)


PROFILE = Profile("dlt645", (Kind.ELEC,), (), _claims, _decode)

_ID = "dlt645:000000000161"
_AT_NS = 1_700_000_000 * SECOND_NS
RECORDED = (
    Recorded(
        "energy, less 0x33 a byte",
        "",
        bytes.fromhex("68 610100000000 68 91 08 33333433 59333333 8A 16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 0.26, _AT_NS),),
    ),
    Recorded(
        "a voltage after a preamble",
        _TOPIC,
        bytes.fromhex("FEFEFEFE 68 610100000000 68 91 06 33343435 3443 10 16"),
        _AT_NS,
        (Expected(_ID, "elec.voltage", 100.1, _AT_NS),),
    ),
    Recorded(
        "a request is no answer",
        "",
        bytes.fromhex("68 610100000000 68 11 04 33333433 14 16"),
        _AT_NS,
        Reason.BAD_FRAME,
    ),
    Recorded(
        "a bit that fell over",
        "",
        bytes.fromhex("68 610100000000 68 91 08 33333433 58333333 8A 16"),
        _AT_NS,
        Reason.BAD_CHECKSUM,
    ),
)
