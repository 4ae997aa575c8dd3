"""Which pushed registries an edge takes, and which it refuses and why."""

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.provisioning import (
    PAYLOAD_BYTES_MAX,
    Fault,
    Known,
    Offer,
    Push,
    Refusal,
    Standing,
    judge,
    seal,
    table_bytes,
)
from edge.succession import read_registry_bytes

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def registry(unit: str = "u0101", site: str = "s01") -> dict[str, object]:
    return {
        "version": 1,
        "site": site,
        "unit": [{"code": unit, "building": "b01"}],
        "device": [{"id": "wm-1", "kind": "water", "unit": unit}],
    }


def push(version: int = 5, edge: str = "e01", v: int = 1, **changes: str) -> Push:
    return Push(v, edge, version, 1, registry(**changes))


def standing(version: int = 4, **changes: str) -> Standing:
    return Standing(KEY.public_key(), "s01", "e01", version, table_bytes(registry(**changes)))


def refused(payload: bytes, at: Standing | None = None) -> Fault:
    verdict = judge(payload, at or standing())
    assert isinstance(verdict, Refusal), verdict
    return verdict.fault


def test_a_newer_version_signed_for_this_edge_is_an_offer() -> None:
    verdict = judge(seal(push(), KEY), standing())
    assert isinstance(verdict, Offer)
    assert verdict.version == 5
    assert read_registry_bytes(verdict.table).devices() == ("wm-1",)


def test_the_version_that_holds_is_known_and_nothing_to_do() -> None:
    assert judge(seal(push(4), KEY), standing()) == Known()


@pytest.mark.parametrize(
    ("pushed", "fault"),
    [
        (push(3), Fault.ROLLBACK),
        (push(4, unit="u0666"), Fault.OTHER_CONTENT),
        (push(edge="e02"), Fault.OTHER_EDGE),
        (push(site="s02"), Fault.OTHER_SITE),
        (push(0), Fault.BAD_FORM),
        (push(v=2), Fault.BAD_FORM),
        (Push(1, "e01", 5, 1, registry() | {"device": [{"id": "x"}]}), Fault.UNUSABLE),
        (Push(1, "e01", 5, 1, {}), Fault.UNUSABLE),
        (Push(1, "e01", 5, 1, registry() | {"unit": 7}), Fault.UNUSABLE),
    ],
)
def test_what_the_gateway_signed_is_still_judged(pushed: Push, fault: Fault) -> None:
    assert refused(seal(pushed, KEY)) is fault


def test_a_push_that_another_key_signed_is_refused() -> None:
    assert refused(seal(push(), OTHER_KEY)) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize("at", range(4, 90, 7))
def test_a_push_with_one_bit_changed_is_refused(at: int) -> None:
    payload = bytearray(seal(push(), KEY))
    payload[at] ^= 1
    assert refused(bytes(payload)) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize("payload", [b"", b"SWR1", b"SWR1" + b"s" * 64, b"{}", b"SWR2" * 40])
def test_bytes_that_are_no_push_are_refused(payload: bytes) -> None:
    assert refused(payload) is Fault.BAD_FORM


def test_a_payload_over_the_limit_is_refused_unread() -> None:
    assert refused(b"SWR1" + bytes(PAYLOAD_BYTES_MAX)) is Fault.TOO_LARGE


def test_a_signed_frame_that_would_unpack_to_too_much_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(bytes(17 * 2**20))
    signature = KEY.sign(b"shouwang registry 1\0" + frame)
    assert refused(b"SWR1" + signature + frame) is Fault.TOO_LARGE


def test_a_signed_frame_that_is_no_json_is_refused() -> None:
    frame = zstandard.ZstdCompressor().compress(b"not json")
    signature = KEY.sign(b"shouwang registry 1\0" + frame)
    assert refused(b"SWR1" + signature + frame) is Fault.BAD_FORM


def test_the_same_version_is_sealed_into_the_same_bytes() -> None:
    assert seal(push(), KEY) == seal(push(), KEY)


def test_a_site_of_five_thousand_devices_fits_into_one_payload() -> None:
    codes = [f"u{number:05d}" for number in range(5_000)]
    table = registry() | {
        "unit": [{"code": code, "building": f"b{code[1:4]}", "care": ["alone"]} for code in codes],
        "device": [
            {"id": f"wm-{code}", "kind": "water", "unit": code, "resolution_m3": 0.001,
             "vendor": f"chirpstack:{hash_of(code)}", "from": "2026-03-02T14:30:00.123456+08:00"}
            for code in codes
        ],
    }  # fmt: skip
    payload = seal(Push(1, "e01", 5, 1, table), KEY)
    assert len(payload) < PAYLOAD_BYTES_MAX / 2
    assert isinstance(judge(payload, standing()), Offer)


def test_a_site_beyond_the_limit_is_not_sealed() -> None:
    codes = [hash_of(str(number)) for number in range(40_000)]
    table = registry() | {"unit": [{"code": code, "building": code} for code in codes]}
    with pytest.raises(ValueError, match="at most"):
        seal(Push(1, "e01", 5, 1, table), KEY)


def hash_of(text: str) -> str:
    from hashlib import blake2b  # noqa: PLC0415  (only to make numbers that do not compress)

    return blake2b(text.encode(), digest_size=8).hexdigest()


def test_equal_registries_give_equal_bytes_whatever_their_order() -> None:
    table = registry()
    assert table_bytes(dict(reversed(table.items()))) == table_bytes(table)
    assert msgspec.json.decode(table_bytes(table)) == table
