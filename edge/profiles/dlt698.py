"""DL/T 698.45: electricity meters; two checks a frame, numbers high byte first.

Read are the attributes of `_OBJECTS`, one or a list of them, as the array or an element of it.
Energies have two decimals in attribute 2 and four in attribute 4. Identity: the bytes and the
time make the seq, since the answer's own counter has six bits.
"""

from edge.profiles.base import Expected, Profile, Recorded, Sheet, VendorMessages, vendor_id
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
_RESPONSE, _ONE, _LIST = 0x85, 1, 2
_ERROR, _DATA = 0, 1
_OAD_BYTES = 4
_ITEMS_MAX = 16
_ENERGY_ATTRIBUTES = {2: 100, 4: 10_000}
_TARIFF_CHANNELS = tuple(f"elec.tariff.{number}" for number in range(1, 5))
_OBJECTS: dict[int, tuple[tuple[str, ...], dict[int, int]]] = {
    0x0010: (("elec.total", *_TARIFF_CHANNELS), _ENERGY_ATTRIBUTES),
    0x0020: (("elec.export",), _ENERGY_ATTRIBUTES),
    0x2000: (("elec.voltage", "elec.voltage.b", "elec.voltage.c"), {2: 10}),
    0x2001: (("elec.current", "elec.current.b", "elec.current.c"), {2: 1_000}),
    0x2004: (("elec.power",), {2: 10}),
}
"""By object: the channels of its array, and by attribute how many units make one of ours."""
_ARRAY, _NULL = 1, 0
_NUMBERS = {0x05: (4, True), 0x06: (4, False), 0x10: (2, True), 0x12: (2, False)}
_NUMBERS |= {0x14: (8, True), 0x15: (8, False)}
"""By data type: bytes, and whether it has a sign."""


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
    apdu = _Bytes(frame[head_end + 2 : -3])
    if apdu.take(1)[0] != _RESPONSE or (form := apdu.take(1)[0]) not in {_ONE, _LIST}:
        raise WireError(Reason.BAD_FRAME, "no answer to the read of attributes")
    apdu.take(1)  # who asked, and the meter's counter of six bits
    items = apdu.take(1)[0] if form == _LIST else 1
    if items > _ITEMS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {_ITEMS_MAX} attributes in an answer")
    address = frame[_ADDRESS_AT:address_end][::-1].hex()
    sheet = sheet_for(vendor_id("dlt698", address), received_ns)
    for _ in range(items):
        _add_item(sheet, apdu)
    if not sheet.readings and sheet.rejected:
        raise WireError(sheet.rejected[0].reason, sheet.rejected[0].detail)
    return (answer(sheet, frame),)


class _Bytes:
    """Bytes that are taken one part after the other."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def take(self, length: int) -> bytes:
        """The next `length` bytes; WireError when there are fewer."""
        taken, self._rest = self._rest[:length], self._rest[length:]
        if len(taken) < length:
            raise WireError(Reason.BAD_FRAME, "the answer is cut short")
        return taken


def _add_item(sheet: Sheet, apdu: _Bytes) -> None:
    """Take one attribute of the answer: its name, then its value or an error."""
    oad = apdu.take(_OAD_BYTES)
    if apdu.take(1)[0] == _ERROR:
        apdu.take(1)
        sheet.reject(WireError(Reason.BAD_FRAME, "the meter answers with an error"))
        return
    values = _values(apdu)
    channels, scales = _OBJECTS.get(int.from_bytes(oad[:2], "big"), ((), {}))
    per_unit = scales.get(oad[2] & 0x1F)
    if per_unit is None:
        sheet.reject(WireError(Reason.NO_CODEC, f"attribute {oad.hex()} is not read"))
        return
    if oad[3]:  # one element of the array
        channels = channels[oad[3] - 1 : oad[3]]
    for channel, value in zip(channels, values, strict=False):
        if value is not None:
            sheet.add(Kind.ELEC, channel, value / per_unit, resolution=1 / per_unit)


def _values(apdu: _Bytes) -> list[int | None]:
    """The numbers of an array, or the one that stands for itself; None is not measured."""
    kind = apdu.take(1)[0]
    if kind != _ARRAY:
        return [_number(apdu, kind)]
    return [_number(apdu, apdu.take(1)[0]) for _ in range(apdu.take(1)[0])]


def _number(apdu: _Bytes, kind: int) -> int | None:
    if kind == _NULL:
        return None
    if kind not in _NUMBERS:
        raise WireError(Reason.BAD_FRAME, f"data type {kind:02x} is no number")
    length, signed = _NUMBERS[kind]
    return int.from_bytes(apdu.take(length), "big", signed=signed)


def _check(data: bytes, sent: bytes, name: str) -> None:
    if crc16_x25(data) != int.from_bytes(sent, "little"):
        raise WireError(Reason.BAD_CHECKSUM, f"the CRC of the {name} is not the one sent")


PROFILE = Profile("dlt698", (Kind.ELEC,), (_TOPIC,), _claims, _decode)

_ID = "dlt698:28417891"
_AT_NS = 1_700_000_000 * SECOND_NS
# The application data of the first are recorded; its frame, and the others, were made here.
_HEAD = "68 4600 C3 03 91784128 00 062D 85 01 00 00100400 01 01 05 "
_TARIFFS = "15 0000000000000000 " * 4
_UNUSED_TARIFFS = tuple(Expected(_ID, channel, 0.0, _AT_NS) for channel in _TARIFF_CHANNELS)
RECORDED = (
    Recorded(
        "a meter that has counted nothing",
        "",
        bytes.fromhex(f"{_HEAD} 15 0000000000000000 {_TARIFFS} 00 00 C352 16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 0.0, _AT_NS), *_UNUSED_TARIFFS),
    ),
    Recorded(
        "four decimals, high byte first",
        _TOPIC,
        bytes.fromhex(f"{_HEAD} 15 000000000001E240 {_TARIFFS} 00 00 4786 16"),
        _AT_NS,
        (Expected(_ID, "elec.total", 12.3456, _AT_NS), *_UNUSED_TARIFFS),
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
