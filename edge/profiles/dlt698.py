"""DL/T 698.45: electricity meters; two checks a frame, numbers high byte first.

Read is total forward energy, OI 0010, as the array or its first element: attribute 2 with two
decimals, attribute 4 with four. Identity: the bytes and the time make the seq, since the
answer's own counter has six bits.
"""

from edge.profiles.base import Expected, Profile, Recorded, VendorMessages, vendor_id
from edge.profiles.frame import (
    END,
    FRAME_BYTES_MAX,
    START,
    answer,
    crc16_x25,
    sheet_for,
    without_preamble,
)
from edge.reading import SECOND_NS, Kind
from edge.wire import Reason, WireError

_TOPIC = "bus/dlt698"
_FRAME_BYTES_MIN = 12
_FRAMED = 2
_CHECKS_BYTES = 4
_ADDRESS_AT = 5
_GET_ONE = b"\x85\x01"
_ENERGY = b"\x00\x10"
_PER_KWH = {2: 100, 4: 10_000}
_DATA = 1
_ARRAY = 1
_VALUE_AT, _FIRST_AT = 8, 10
_UNSIGNED = {0x06: 4, 0x15: 8}
"""Bytes of a double-long-unsigned and of a long64-unsigned."""


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (not topic and _is_whole(without_preamble(payload)))


def _is_whole(frame: bytes) -> bool:
    return (
        _FRAME_BYTES_MIN <= len(frame) <= FRAME_BYTES_MAX
        and frame[0] == START
        and frame[-1] == END
        and int.from_bytes(frame[1:3], "little") & 0x3FFF == len(frame) - _FRAMED
    )


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    del topic
    frame = without_preamble(payload)
    if not _is_whole(frame):
        raise WireError(Reason.BAD_FRAME, "not one whole frame 68 ... 16")
    address_end = _ADDRESS_AT + (frame[4] & 0x0F) + 1
    head_end = address_end + 1
    if head_end + _CHECKS_BYTES > len(frame) - 1:
        raise WireError(Reason.BAD_FRAME, "the address is longer than the frame")
    _check(frame[1:head_end], frame[head_end : head_end + 2], "header")
    _check(frame[1:-3], frame[-3:-1], "frame")
    apdu = frame[head_end + 2 : -3]
    if apdu[:2] != _GET_ONE:
        raise WireError(Reason.BAD_FRAME, "no answer to the read of one attribute")
    address = frame[_ADDRESS_AT:address_end][::-1].hex()
    sheet = sheet_for(vendor_id("dlt698", address), received_ns)
    ticks, per_kwh = _energy(apdu)
    sheet.add(Kind.ELEC, "elec.total", ticks / per_kwh, resolution=1 / per_kwh)
    return (answer(sheet, frame),)


def _energy(apdu: bytes) -> tuple[int, int]:
    """The first number of the answer, and how many of its units make one kWh."""
    per_kwh = _PER_KWH.get(apdu[5] & 0x1F) if len(apdu) > _VALUE_AT else None
    if per_kwh is None or apdu[3:5] != _ENERGY or apdu[6] > 1:
        raise WireError(Reason.NO_CODEC, "only total forward energy, 0010-02 and 0010-04, is read")
    if apdu[7] != _DATA:
        raise WireError(Reason.BAD_FRAME, "the meter answers with an error")
    at = _FIRST_AT if apdu[8] == _ARRAY else _VALUE_AT
    length = _UNSIGNED.get(apdu[at]) if len(apdu) > at else None
    if length is None or len(apdu) < at + 1 + length:
        raise WireError(Reason.BAD_FRAME, "the energy is no unsigned number")
    return int.from_bytes(apdu[at + 1 : at + 1 + length], "big"), per_kwh


def _check(data: bytes, sent: bytes, name: str) -> None:
    if crc16_x25(data) != int.from_bytes(sent, "little"):
        raise WireError(Reason.BAD_CHECKSUM, f"the CRC of the {name} is not the one sent")


PROFILE = Profile("dlt698", (Kind.ELEC,), (), _claims, _decode)

_ID = "dlt698:28417891"
_AT_NS = 1_700_000_000 * SECOND_NS
# The application data of the first are recorded; its frame, and the others, were made here.
_HEAD = "68 4600 C3 03 91784128 00 062D 85 01 00 00100400 01 01 05 "
_TARIFFS = "15 0000000000000000 " * 4
RECORDED = (
    Recorded(
        "a meter that has counted nothing",
        "",
        bytes.fromhex(f"{_HEAD} 15 0000000000000000 {_TARIFFS} 00 00 C352 16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 0.0, _AT_NS),),
    ),
    Recorded(
        "four decimals, high byte first",
        _TOPIC,
        bytes.fromhex(f"{_HEAD} 15 000000000001E240 {_TARIFFS} 00 00 4786 16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 12.3456, _AT_NS),),
    ),
    Recorded(
        "two decimals",
        "",
        bytes.fromhex("681C00C3039178412800C1D0850100001002010106000004D20000CF1C16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 12.34, _AT_NS),),
    ),
    Recorded(
        "an error answer",
        "",
        bytes.fromhex("681800C303917841280024EF850100001004000004000017BC16"),
        _AT_NS,
        Reason.BAD_FRAME,
    ),
    Recorded(
        "a request is no answer, though both its checks are right",
        "",
        bytes.fromhex("68 1500 43 03 91784128 00 EB64 05 01 00 00100400 00 0CCB 16"),
        _AT_NS,
        Reason.BAD_FRAME,
    ),
    Recorded(
        "a header check that fails",
        "",
        bytes.fromhex("68 1500 43 03 91784128 00 EB65 05 01 00 00100400 00 0CCB 16"),
        _AT_NS,
        Reason.BAD_CHECKSUM,
    ),
    Recorded(
        "a frame check that fails",
        "",
        bytes.fromhex("68 1500 43 03 91784128 00 EB64 05 01 00 00100400 00 0CCC 16"),
        _AT_NS,
        Reason.BAD_CHECKSUM,
    ),
)
