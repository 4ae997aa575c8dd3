"""What a label's code says, and which codes are not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.reading import Kind
from edge.topic import is_segment
from gateway.registry.claim import ClaimError, Fault, Label, print_code, read_code

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
LABEL = Label(Kind.WATER, "wmbus:33225544")


def fault_of(code: str, key: bytes = KEY) -> Fault:
    with pytest.raises(ClaimError) as caught:
        read_code(code, key)
    return caught.value.fault


@pytest.mark.parametrize("name", ["wm-0101", "wmbus:33225544", "hikvision:A.1/b", "x:" + "y" * 128])
def test_a_printed_code_is_read_back(name: str) -> None:
    label = Label(Kind.DOOR, name)
    assert read_code(f" {print_code(label, KEY)}\n", KEY) == label


def test_a_code_has_the_form_that_is_documented() -> None:
    assert print_code(LABEL, KEY) == "SW1.water.hdtbpmt4hb.fl.wmbus:33225544"


@given(at=st.integers(0), sign=st.sampled_from("abcdefghij234567"))
def test_one_wrong_sign_is_noticed_before_the_proof_is_asked_for(at: int, sign: str) -> None:
    code = print_code(LABEL, KEY)
    at %= len(code)
    wrong = code[:at] + sign + code[at + 1 :]
    if wrong.lower() == code.lower():
        assert read_code(wrong, KEY) == LABEL or code[at].isupper()
    else:
        assert fault_of(wrong) in {Fault.WRONG_CHECK, Fault.NOT_A_CODE}


def test_a_code_that_another_site_printed_is_not_ours() -> None:
    assert fault_of(print_code(LABEL, OTHER_KEY)) is Fault.NOT_OURS


@pytest.mark.parametrize(
    "code", ["", "SW1", "SW2.water.a.b.c", "x" * 300, "SW1....", "SW1.\0.\0.\0.\0"]
)
def test_other_text_is_not_a_code(code: str) -> None:
    assert fault_of(code) in {Fault.NOT_A_CODE, Fault.WRONG_CHECK}


def test_a_name_that_cannot_be_registered_is_not_printed() -> None:
    with pytest.raises(ValueError, match="neither an id"):
        print_code(Label(Kind.WATER, "has space"), KEY)


def test_a_vendors_device_gets_an_id_that_speaks() -> None:
    assert LABEL.device == "wmbus-33225544"
    assert Label(Kind.WATER, "wm-7").device == "wm-7"


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}:[^\s:].{0,127}", fullmatch=True))
def test_every_vendors_device_gets_an_id_that_can_be_registered(name: str) -> None:
    assert is_segment(Label(Kind.WATER, name).device)


def test_names_that_look_alike_get_ids_that_differ() -> None:
    names = ["v:a-1", "v:A-1", "v:a_1", "v:a.1", "v-a:1", "v:a/1"]
    assert len({Label(Kind.WATER, name).device for name in names}) == len(names)
