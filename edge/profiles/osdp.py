"""OSDP v2: what a card reader on RS-485 says of itself, overheard as whole frames.

Only `LSTATR` is read: tamper and power. A card that was read names a person and says nothing of
admission, so `RAW` and `FMT` are not opened; frames of a secure channel cannot be. A reader has
an address on its bus only: the listener hands the bus in on `bus/osdp/<bus>`. Nothing is numbered
but modulo 4 and nothing has a time: receipt names the message. The frame's form is that of the
open implementations; the recorded replies are made, not heard. A controller may also tell the
same as JSON; `power` there is a failure of power, as the bit is.
"""

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    json_object,
    vendor_id,
)
from edge.profiles.field import Form, identifier, part, unnumbered
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_BASE = "bus/osdp/"
_MARK, _START = 0xFF, 0x53
_REPLY, _ADDRESS = 0x80, 0x7F
_HAS_CRC, _SECURED = 0x04, 0x08
_LOCAL_STATUS = 0x48
_HEADER_BYTES = 5
_STATUS_BYTES = 3
_FRAME_BYTES_MAX = 1_440
_ADDRESS_KEYS = ("address", "pd_address", "pd", "reader_no", "reader")


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    return topic.startswith(_BASE)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if not topic.startswith(_BASE):
        raise WireError(Reason.UNKNOWN_TOPIC, "not bus/osdp/<bus>")
    if payload[:1] == b"{":
        return _told_in_json(topic, payload, received_ns)
    frame = payload[1:] if payload[:1] == bytes([_MARK]) else payload
    body = _body(frame)
    if not frame[1] & _REPLY or body[:1] != bytes([_LOCAL_STATUS]):
        return ()  # a command, or a reply that says nothing of the reader itself
    if len(body) != _STATUS_BYTES:
        raise WireError(Reason.BAD_FRAME, "LSTATR has two bytes")
    reader = vendor_id("osdp", topic.removeprefix(_BASE), str(frame[1] & _ADDRESS))
    sheet = Sheet(reader, received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.DOOR, "device.tamper", "tampered" if body[1] else "clear")
    sheet.add(Kind.DOOR, "device.state", "fault" if body[2] else "up")
    return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)


def _told_in_json(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    """What a controller makes of the bus: `tamper` and `power` of a reader by its address."""
    told = json_object(payload)
    address = next((told[key] for key in _ADDRESS_KEYS if told.get(key) is not None), None)
    reader = vendor_id("osdp", topic.removeprefix(_BASE), identifier(address, "address"))
    status = part(told, "status") if isinstance(told.get("status"), dict) else told
    sheet = Sheet(reader, received_ns, received_ns, TimeSource.RECEIVER)
    form = Form(sheet, status)
    form.state(Kind.DOOR, "device.tamper", "tamper", ("tampered", "clear"))
    form.state(Kind.DOOR, "device.state", "power", ("fault", "up"))
    form.state(Kind.DOOR, "device.state", "online", ("up", "down"))
    return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)


def _body(frame: bytes) -> bytes:
    """The code and data of a sound frame, without header and check."""
    if not _HEADER_BYTES < len(frame) <= _FRAME_BYTES_MAX or frame[0] != _START:
        raise WireError(Reason.BAD_FRAME, "not a frame 53 ...")
    if int.from_bytes(frame[2:4], "little") != len(frame):
        raise WireError(Reason.BAD_FRAME, "the length is not the one sent")
    if frame[4] & _HAS_CRC:
        end, check = len(frame) - 2, _crc(frame[:-2]).to_bytes(2, "little")
    else:
        end, check = len(frame) - 1, bytes([-sum(frame[:-1]) % 256])
    if end < _HEADER_BYTES or frame[end:] != check:
        raise WireError(Reason.BAD_CHECKSUM, "the check bytes are not the ones sent")
    if frame[4] & _SECURED:
        raise WireError(Reason.NO_CODEC, "a secure channel cannot be overheard")
    return frame[_HEADER_BYTES:end]


def _crc(frame: bytes) -> int:
    """CRC-16 of polynomial 1021 that begins with 1D0F."""
    crc = 0x1D0F
    for byte in frame:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


PROFILE = Profile(
    name="osdp", kinds=(Kind.DOOR,), filters=(f"{_BASE}+",), claims=_claims, decode=_decode
)

_TOPIC = "bus/osdp/gate-3"
_READER = "osdp:gate-3/101"
_NOW_NS = 1_788_390_574_000_000_000


def _sealed(*, control: int, body: bytes) -> bytes:
    frame = bytes([_START, 101 | _REPLY, _HEADER_BYTES + len(body) + 2, 0, control]) + body
    return frame + _crc(frame).to_bytes(2, "little")


def _told(tamper: str, state: str) -> tuple[Expected, ...]:
    return (
        Expected(_READER, "device.tamper", tamper, _NOW_NS),
        Expected(_READER, "device.state", state, _NOW_NS),
    )


RECORDED = (
    Recorded(
        "a poll, with the check bytes that a public test prints",
        _TOPIC,
        bytes.fromhex("53 65 08 00 04 60 60 90"),
        _NOW_NS,
        (),
    ),
    Recorded(
        "a reader that was opened",
        _TOPIC,
        b"\xff" + _sealed(control=0x05, body=b"\x48\x01\x00"),
        _NOW_NS,
        _told("tampered", "up"),
    ),
    Recorded(
        "a reader whose power failed, with the sum instead of the CRC",
        _TOPIC,
        bytes.fromhex("53 e5 09 00 01 48 00 01 75"),
        _NOW_NS,
        _told("clear", "fault"),
    ),
    Recorded(
        "a card that was read",
        _TOPIC,
        _sealed(control=0x06, body=b"\x50\x00\x01\x1a\x00\xde\xad\xbe\xef"),
        _NOW_NS,
        (),
    ),
    Recorded(
        "a poll whose check bytes are wrong",
        _TOPIC,
        bytes.fromhex("53 65 08 00 04 60 60 91"),
        _NOW_NS,
        Reason.BAD_CHECKSUM,
    ),
    Recorded(
        "a secure channel",
        _TOPIC,
        _sealed(control=0x0D, body=b"\x02\x17\x48\x00\x00"),
        _NOW_NS,
        Reason.NO_CODEC,
    ),
)
