"""Frames of the Chinese meter buses: preamble, check bytes, binary-coded decimals.

Whoever reads the bus publishes each answer whole on `bus/{protocol}`; `shouwang decode` needs no
topic. An answer to a poll is true when it is given: its time is the receiver's, unless the meter
tells a time of its own that agrees.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from edge.profiles.base import CHINA_H, Sheet, VendorMessage, seq_of
from edge.reading import MINUTE_NS, SECOND_NS, TimeSource
from edge.wire import Reason, WireError

PREAMBLE, START, END = b"\xfe", 0x68, 0x16
PREAMBLE_BYTES_MAX = 8
FRAME_BYTES_MAX = 2_048
CLOCK_OFF_NS_MAX = 10 * MINUTE_NS
"""A meter's clock that is further off than this is not believed."""
_DIGITS = re.compile(r"[0-9]*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def without_preamble(payload: bytes) -> bytes:
    """`payload` without the FE bytes that wake the bus, at most 8 of them."""
    frame = payload.lstrip(PREAMBLE)
    return frame if len(payload) - len(frame) <= PREAMBLE_BYTES_MAX else payload


def check_sum(frame: bytes) -> None:
    """Return when the last byte but one is the sum of all before it, modulo 256.

    Raises:
        WireError: it is not.
    """
    if sum(frame[:-2]) % 256 != frame[-2]:
        raise WireError(Reason.BAD_CHECKSUM, "the sum of the bytes is not the one sent")


def crc16_x25(data: bytes) -> int:
    """CRC-16/X.25 of `data`, sent with its low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def bcd(data: bytes, name: str) -> int:
    """The number that `data` spells, two decimal digits a byte, low byte first.

    Raises:
        WireError: a half byte is no decimal digit; meters send FF for what they do not have.
    """
    digits = data[::-1].hex()
    if not _DIGITS.fullmatch(digits):
        raise WireError(Reason.BAD_FRAME, f"{name!r} is not decimal")
    return int(digits or "0")


def meter_time_ns(data: bytes) -> int | None:
    """The moment of seven bytes `ss mm hh DD MM YY YY`, local time; None when it is none."""
    digits = data[::-1].hex()
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007  (the zone follows)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=timezone(timedelta(hours=CHINA_H)))
    return (moment - _EPOCH) // timedelta(seconds=1) * SECOND_NS


def sheet_for(name: str, received_ns: int, meter_ns: int | None = None) -> Sheet:
    """A sheet at the meter's own time where that agrees with the receiver's, else at the latter."""
    if meter_ns is not None and abs(meter_ns - received_ns) <= CLOCK_OFF_NS_MAX:
        return Sheet(name, received_ns, meter_ns, TimeSource.METER)
    return Sheet(name, received_ns, received_ns, TimeSource.RECEIVER)


def answer(sheet: Sheet, frame: bytes) -> VendorMessage:
    """The message of `sheet`: no frame is numbered, so its bytes and its time make the seq."""
    said = frame + sheet.at_ns.to_bytes(12, "big", signed=True)
    return sheet.message(seq=seq_of(said), said=said)
