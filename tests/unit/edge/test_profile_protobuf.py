import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.profiles import protobuf
from edge.profiles.protobuf import Field, fields
from edge.wire import Reason, WireError


def test_the_worked_examples_of_the_format_are_read() -> None:
    assert list(fields(bytes.fromhex("089601"))) == [Field(1, 150)]
    assert list(fields(bytes.fromhex("120774657374696e67"))) == [Field(2, b"testing")]


@pytest.mark.parametrize(
    "broken",
    [
        b"\x08",  # a tag without its integer
        b"\x08" + b"\xff" * 11,  # an integer that does not end
        b"\x12\x05abc",  # bytes cut short
        b"\x12" + b"\xff" * 9 + b"\x01",  # bytes of 2**64 - 1
        b"\x0b\x0c",  # a group
        b"\x0d\x00\x00",  # half of a fixed field
    ],
)
def test_what_is_cut_short_or_of_no_known_form_is_a_bad_frame(broken: bytes) -> None:
    with pytest.raises(WireError) as caught:
        list(fields(broken))
    assert caught.value.reason is Reason.BAD_FRAME


def test_the_number_of_fields_has_a_limit() -> None:
    assert len(list(fields(b"\x08\x00" * protobuf.FIELDS_MAX))) == protobuf.FIELDS_MAX
    with pytest.raises(WireError) as caught:
        list(fields(b"\x08\x00" * (protobuf.FIELDS_MAX + 1)))
    assert caught.value.reason is Reason.TOO_MANY_RECORDS


@pytest.mark.parametrize(
    ("value", "bits", "meant"),
    [(0xFF, 8, -1), (0x7F, 8, 127), (0xFFFFFFFB, 32, -5), (2**64 - 1, 64, -1), (2**64 - 1, 16, -1)],
)
def test_signed_integers_come_as_twos_complements(value: int, bits: int, meant: int) -> None:
    assert protobuf.signed(value, bits) == meant


def test_floats_come_as_their_bits() -> None:
    assert protobuf.float_of(0x3FC00000) == 1.5
    assert protobuf.double_of(0xC004000000000000) == -2.5
    assert math.isnan(protobuf.float_of(0x7FC00000))


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_a_wire_error(message: bytes) -> None:
    try:
        for field in fields(message):
            assert field.number >= 0
    except WireError as error:
        assert error.reason is Reason.BAD_FRAME  # noqa: PT017  (either outcome is right)
