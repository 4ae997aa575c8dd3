"""DL/T 645-2007: electricity meters on RS-485; every data byte is sent with 0x33 added.

Read are the energies, voltages, currents and the power of `_ITEMS`, one by one or as the block of
a kind (FF in place of the number): a block ends where the frame does. Identity: the frame bears
no number, so its bytes and its time make the seq.
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
_ANSWERS, _REFUSED = (0x91, 0xB1), 0xD1
"""A whole answer, and the first part of one: what is in it is whole."""
_OFFSET = 0x33
_ID_BYTES = 4
_SIGN = 0x80
_ENERGY = (4, 100, False)
_VOLTAGE, _CURRENT, _POWER = (2, 10, False), (3, 1_000, True), (3, 10, True)
_TARIFFS = tuple(f"elec.tariff.{number}" for number in range(1, 5))
_VOLTAGES = ("elec.voltage", "elec.voltage.b", "elec.voltage.c")
_CURRENTS = ("elec.current", "elec.current.b", "elec.current.c")
_ITEMS = {
    "00010000": (("elec.total",), _ENERGY),
    **{f"00010{n}00": ((channel,), _ENERGY) for n, channel in enumerate(_TARIFFS, 1)},
    "0001ff00": (("elec.total", *_TARIFFS), _ENERGY),
    "00020000": (("elec.export",), _ENERGY),
    **{f"02010{n}00": ((channel,), _VOLTAGE) for n, channel in enumerate(_VOLTAGES, 1)},
    "0201ff00": (_VOLTAGES, _VOLTAGE),
    **{f"02020{n}00": ((channel,), _CURRENT) for n, channel in enumerate(_CURRENTS, 1)},
    "0202ff00": (_CURRENTS, _CURRENT),
    "02030000": (("elec.power",), _POWER),
}
"""By data id: channels; bytes of a value, how many of its units make one of ours, and whether
its highest bit is a sign. Power is 0.0001 kW, so a tenth of a watt."""
_NONE = 0xFF


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
    if frame[8] not in _ANSWERS:
        says = "the meter refuses" if frame[8] == _REFUSED else "no complete answer to a read"
        raise WireError(Reason.BAD_FRAME, f"control {frame[8]:02x}: {says}")
    data = bytes((byte - _OFFSET) % 256 for byte in frame[10:-2])
    item = _ITEMS.get(data[_ID_BYTES - 1 :: -1].hex() if len(data) >= _ID_BYTES else "")
    if item is None:
        raise WireError(Reason.NO_CODEC, "this data id is not read")
    channels, (length, per_unit, signed) = item
    values = data[_ID_BYTES:]
    if not values or len(values) % length or (len(channels) == 1 and len(values) != length):
        raise WireError(Reason.BAD_FRAME, f"{channels[0]} has {length} bytes")
    address = bcd(frame[1:7], "address")
    sheet = sheet_for(vendor_id("dlt645", f"{address:012}"), received_ns)
    for number, channel in enumerate(channels[: len(values) // length]):
        raw = values[number * length : (number + 1) * length]
        if all(byte == _NONE for byte in raw):
            continue  # a phase that this meter does not have
        try:
            ticks = _ticks(raw, channel, signed=signed)
        except WireError as error:
            sheet.reject(error)
            continue
        sheet.add(Kind.ELEC, channel, ticks / per_unit, resolution=1 / per_unit)
    return (answer(sheet, frame),)


def _ticks(raw: bytes, name: str, *, signed: bool) -> int:
    if signed and raw[-1] & _SIGN:
        return -bcd(raw[:-1] + bytes([raw[-1] & ~_SIGN]), name)
    return bcd(raw, name)


PROFILE = Profile("dlt645", (Kind.ELEC,), (_TOPIC,), _claims, _decode)

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
