"""The wire format of protocol buffers, as far as a bounded reader needs it.

No schema: a message is a sequence of numbered fields, each an integer or bytes. Groups,
which no current message has, are refused; so is anything cut short.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from edge.wire import Reason, WireError

FIELDS_MAX = 10_000
_VARINT_BYTES_MAX = 10
_U64 = 2**64 - 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field: its number, and an unsigned integer (varint, fixed) or its bytes."""

    number: int
    value: int | bytes


def fields(message: bytes) -> Iterator[Field]:
    """The fields of `message` in order, at most 10,000.

    Raises:
        WireError: it is cut short, has too many fields, or a field of no known form.
    """
    position, seen = 0, 0
    while position < len(message):
        seen += 1
        if seen > FIELDS_MAX:
            raise WireError(Reason.TOO_MANY_RECORDS, f"over {FIELDS_MAX} fields")
        tag, position = _varint(message, position)
        value, position = _value(message, position, tag & 7)
        yield Field(tag >> 3, value)


def signed(value: int, bits: int) -> int:
    """The two's complement of the low `bits` of `value`."""
    low = value & ((1 << bits) - 1)
    return low - (1 << bits) if low >> (bits - 1) else low


def float_of(value: int) -> float:
    """The IEEE 754 single whose bits `value` holds."""
    return float(struct.unpack("<f", struct.pack("<I", value & 0xFFFFFFFF))[0])


def double_of(value: int) -> float:
    """The IEEE 754 double whose bits `value` holds."""
    return float(struct.unpack("<d", struct.pack("<Q", value & _U64))[0])


def _value(message: bytes, position: int, form: int) -> tuple[int | bytes, int]:
    if form == _VARINT:
        return _varint(message, position)
    if form in {_FIXED32, _FIXED64}:
        end = position + (4 if form == _FIXED32 else 8)
        return int.from_bytes(_slice(message, position, end), "little"), end
    if form == _BYTES:
        length, position = _varint(message, position)
        end = position + length
        return _slice(message, position, end), end
    raise WireError(Reason.BAD_FRAME, f"a field of form {form}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(_VARINT_BYTES_MAX):
        byte = _slice(message, position + index, position + index + 1)[0]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004  (the format's continuation bit)
            return value & _U64, position + index + 1
    raise WireError(Reason.BAD_FRAME, "an integer of over 10 bytes")


def _slice(message: bytes, start: int, end: int) -> bytes:
    if end > len(message):
        raise WireError(Reason.BAD_FRAME, f"cut short at byte {len(message)}")
    return message[start:end]
