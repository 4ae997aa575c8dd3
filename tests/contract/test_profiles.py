"""What every device profile owes, whoever wrote it: each file of the folder is found unasked."""

import importlib
import json
import re
from collections.abc import Iterator
from pkgutil import iter_modules
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import profiles
from edge.profiles.base import Expected, Profile, Recorded, VendorMessages
from edge.profiles.channel import channel
from edge.wire import Reason, WireError

CANARY = "canary-7f3a91"
SENSITIVE = frozenset(
    {
        "password", "passwd", "pin", "pincode", "name", "cardname", "username", "personname",
        "employeename", "cardholder", "holder", "picture", "pictureurl", "picurl", "faceurl",
        "image", "imageurl", "snapshot", "faceimage", "facetemplate", "template", "sub_label",
        "visibletoken", "visiblelightpicurl", "userid_name", "cardno",
    }
)  # fmt: skip
"""Keys, in lower case, whose values are a person's or a secret."""
IN_TEXT = re.compile(
    rb"(?i)((?:<|[\t\r\n&?;]|^)(?:" + "|".join(sorted(SENSITIVE)).encode() + rb")[>=])[^<\t\r\n&;]*"
)
"""The same keys as `key=value` and as `<key>value`."""
ODDITIES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**20, 1e308, -1e308, "", "x", "1e999", [], {}, [[]], " "
)  # fmt: skip


class Case(NamedTuple):
    profile: Profile
    recorded: Recorded


def _modules() -> Iterator[Any]:
    for found in iter_modules(profiles.__path__):
        module = importlib.import_module(f"edge.profiles.{found.name}")
        if hasattr(module, "PROFILE"):
            yield module


MODULES = tuple(_modules())
CASES = tuple(Case(module.PROFILE, each) for module in MODULES for each in module.RECORDED)
every_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.profile.name}: {case.recorded.name}" for case in CASES]
)


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _variants(value: Any) -> Iterator[Any]:
    """`value` with each single thing in it replaced by each oddity, or left out."""
    yield from ODDITIES
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {name: kept for name, kept in value.items() if name != key}
            yield from (value | {key: other} for other in _variants(inner))
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in _variants(inner))


def _with_canaries(payload: bytes) -> bytes | None:
    """`payload` with the canary in every sensitive place; None when it has no such place."""
    value = _json(payload)
    if isinstance(value, dict):
        return json.dumps(_marked(value)).encode()
    marked = IN_TEXT.sub(rb"\1" + CANARY.encode(), payload)
    return marked if marked != payload else None


def _marked(value: Any) -> Any:
    """`value` whose sensitive members hold the canary, with more of them in every object."""
    if isinstance(value, list):
        return [_marked(each) for each in value]
    if not isinstance(value, dict):
        return value
    marked = {
        key: CANARY if key.lower() in SENSITIVE and isinstance(inner, str) else _marked(inner)
        for key, inner in value.items()
    }
    return {"Password": CANARY, "pictureURL": CANARY} | marked


def said_of(messages: VendorMessages) -> tuple[Expected, ...]:
    return tuple(
        Expected(
            message.vendor_id,
            reading.channel,
            reading.value,
            reading.at_ns,
            reading.quality,
            reading.historical,
        )
        for message in messages
        for reading in message.readings
    )


def decoded(profile: Profile, topic: str, payload: bytes, at_ns: int) -> VendorMessages | WireError:
    """What it came to; any error but a WireError fails the test."""
    try:
        return profile.decode(topic, payload, at_ns)
    except WireError as error:
        return error


def check_sound(messages: VendorMessages | WireError) -> None:
    if isinstance(messages, WireError):
        assert isinstance(messages.reason, Reason)
        return
    assert isinstance(messages, tuple)
    for message in messages:
        assert message.vendor_id.isprintable()
        assert 0 <= message.seq < 2**63
        assert 0 <= message.boot < 2**63
        assert 0 <= message.digest < 2**32
        for reading in message.readings:
            if message.vendor_id.startswith("canonical:"):
                continue  # message v1 may name channels of its own
            assert channel(reading.channel).checked(reading.value) == reading.value


def test_every_profile_is_found_under_its_own_name() -> None:
    names = [profile.name for profile in profiles.profiles()]
    assert len(names) == len(MODULES) > 0
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_profile_brings_recordings_of_what_it_reads_and_of_what_it_refuses(module: Any) -> None:
    recorded: tuple[Recorded, ...] = module.RECORDED
    names = [each.name for each in recorded]
    assert len(set(names)) == len(names)
    assert any(isinstance(each.expected, tuple) and each.expected for each in recorded)


@every_case
def test_a_recorded_payload_becomes_exactly_what_is_expected(case: Case) -> None:
    recorded = case.recorded
    got = decoded(case.profile, recorded.topic, recorded.payload, recorded.received_ns)
    check_sound(got)
    if isinstance(recorded.expected, Reason):
        assert isinstance(got, WireError)
        assert got.reason is recorded.expected
    else:
        assert not isinstance(got, WireError), got
        assert said_of(got) == recorded.expected


@every_case
def test_a_copy_has_the_same_name_and_digest_whenever_it_is_read(case: Case) -> None:
    recorded = case.recorded
    first, again = (
        decoded(case.profile, recorded.topic, recorded.payload, recorded.received_ns)
        for _ in range(2)
    )
    if isinstance(first, tuple) and isinstance(again, tuple):
        named = [(each.vendor_id, each.boot, each.seq, each.digest) for each in first]
        assert named == [(each.vendor_id, each.boot, each.seq, each.digest) for each in again]


@every_case
def test_exactly_one_profile_claims_a_recorded_payload(case: Case) -> None:
    recorded = case.recorded
    claims = [
        profile.name
        for profile in profiles.profiles()
        if profile.claims(recorded.topic, recorded.payload)
    ]
    assert claims == [case.profile.name]


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if _with_canaries(case.recorded.payload)],
    ids=lambda case: f"{case.profile.name}: {case.recorded.name}",
)
def test_what_is_a_person_s_or_a_secret_appears_in_nothing_decoded(case: Case) -> None:
    payload = _with_canaries(case.recorded.payload)
    assert payload is not None
    got = decoded(case.profile, case.recorded.topic, payload, case.recorded.received_ns)
    if isinstance(got, WireError):
        assert CANARY not in got.detail
        return
    for message in got:
        told = (message.vendor_id, message.readings, message.rejected, message.credential)
        assert CANARY not in repr(told)


@every_case
def test_any_value_of_a_recording_may_be_anything_or_absent(case: Case) -> None:
    topic, received_ns = case.recorded.topic, case.recorded.received_ns
    for value in _variants(_json(case.recorded.payload)):
        payload = json.dumps(value).encode()
        for profile in profiles.profiles():
            assert profile.claims(topic, payload) in {True, False}
        check_sound(decoded(case.profile, topic, payload, received_ns))


@settings(max_examples=500)
@given(data=st.data())
def test_any_bytes_are_decoded_or_refused(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    topic = data.draw(st.sampled_from([case.recorded.topic, ""]) | st.text(max_size=40))
    payload = data.draw(st.binary(max_size=80))
    for profile in profiles.profiles():
        assert profile.claims(topic, payload) in {True, False}
    check_sound(decoded(case.profile, topic, payload, case.recorded.received_ns))


@settings(max_examples=500)
@given(data=st.data())
def test_a_mutated_recording_is_decoded_or_refused(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    payload = data.draw(_mutants(case.recorded.payload))
    for profile in profiles.profiles():
        assert profile.claims(case.recorded.topic, payload) in {True, False}
    at_ns = data.draw(st.sampled_from([case.recorded.received_ns, 0, 2**62]))
    check_sound(decoded(case.profile, case.recorded.topic, payload, at_ns))


@st.composite
def _mutants(draw: st.DrawFn, payload: bytes) -> bytes:
    """`payload` with a value of its JSON replaced, or else with some bytes cut out or put in."""
    value = _json(payload)
    if value is not None and draw(st.booleans()):
        return json.dumps(_replaced(draw, value)).encode()
    start = draw(st.integers(0, len(payload)))
    cut = draw(st.integers(0, 8))
    return payload[:start] + draw(st.binary(max_size=6)) + payload[start + cut :]


def _replaced(draw: st.DrawFn, value: Any) -> Any:
    """`value` with one thing in it, however deep, replaced or left out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 4)):
            return {name: inner for name, inner in value.items() if name != key}
        return value | {key: _replaced(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _replaced(draw, value[at]), *value[at + 1 :]]
    return draw(st.sampled_from(ODDITIES))
