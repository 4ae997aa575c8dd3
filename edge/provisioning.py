"""A registry on its way from the gateway to an edge: signed, versioned, for this edge alone.

`SWR1`, the Ed25519 signature, then a zstd frame of canonical JSON. The signature covers the
frame as it stands, so nothing is unpacked or read that the gateway has not signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
import zstandard

from edge.settings import ConfigError
from edge.succession import read_registry_bytes

if TYPE_CHECKING:  # a tenth of an edge's memory, and only an edge that is pushed to needs it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PAYLOAD_BYTES_MAX = 256 * 1024
"""As every other payload on this broker; some 15,000 devices fit."""
TABLE_BYTES_MAX = 16 * 2**20
VERSION_MAX = 2**53
_MAGIC = b"SWR1"
_SIGNATURE_BYTES = 64
_HEAD_BYTES = len(_MAGIC) + _SIGNATURE_BYTES
_PURPOSE = b"shouwang registry 1\0"
_LEVEL = 9


class Push(msgspec.Struct, frozen=True):
    """The registry of a site, in the form of registry.toml, as its `version` for one edge."""

    v: int
    edge: str
    version: int
    issued_ns: int
    registry: Mapping[str, Any]


class Fault(StrEnum):
    """Why a push is refused."""

    TOO_LARGE = "too_large"
    BAD_FORM = "bad_form"
    BAD_SIGNATURE = "bad_signature"
    OTHER_EDGE = "other_edge"
    OTHER_SITE = "other_site"
    ROLLBACK = "rollback"
    OTHER_CONTENT = "other_content"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A push is not taken: why, and what to tell whoever looks."""

    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A registry that may be taken: its version and its JSON."""

    version: int
    table: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """The version that an edge goes by already; it is offered again after every connection."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is asked: whose word counts, for which edge, and what it goes by now."""

    key: "Ed25519PublicKey"
    site: str
    edge: str
    version: int
    table: bytes


class _NotAPushError(Exception):
    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(fault, detail)


def table_bytes(registry: Mapping[str, Any]) -> bytes:
    """`registry` as canonical JSON: equal registries give equal bytes."""
    return msgspec.json.encode(registry, order="sorted")


def seal(push: Push, key: "Ed25519PrivateKey") -> bytes:
    """The payload that `judge` takes, made anew equal to itself.

    Raises:
        ValueError: it is larger than an edge would take.
    """
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    frame = packer.compress(msgspec.json.encode(push, order="sorted"))
    if _HEAD_BYTES + len(frame) > PAYLOAD_BYTES_MAX:
        raise ValueError(f"{_HEAD_BYTES + len(frame)} bytes; at most {PAYLOAD_BYTES_MAX}")
    return _MAGIC + key.sign(_PURPOSE + frame) + frame


def judge(payload: bytes, standing: Standing) -> Offer | Known | Refusal:
    """Whether `payload` is a registry that this edge should go by from now on."""
    try:
        push = _opened(payload, standing.key)
        table = table_bytes(push.registry)
        if _is_known(push, table, standing):
            return Known()
        _check_usable(table, standing.site)
    except _NotAPushError as error:
        return error.refusal
    return Offer(push.version, table)


def _is_known(push: Push, table: bytes, standing: Standing) -> bool:
    if push.edge != standing.edge:
        raise _NotAPushError(Fault.OTHER_EDGE, f"is for {push.edge[:40]!r}")
    if push.version < standing.version:
        detail = f"is version {push.version}, ours is {standing.version}"
        raise _NotAPushError(Fault.ROLLBACK, detail)
    if push.version == standing.version and table != standing.table:
        detail = f"version {push.version} said something else before"
        raise _NotAPushError(Fault.OTHER_CONTENT, detail)
    return push.version == standing.version


def _check_usable(table: bytes, site: str) -> None:
    try:
        registry = read_registry_bytes(table)
    except (ConfigError, KeyError, TypeError, AttributeError) as error:
        raise _NotAPushError(Fault.UNUSABLE, str(error)[:500]) from None
    if registry.site != site:
        raise _NotAPushError(Fault.OTHER_SITE, f"is the registry of {registry.site!r}")


def _opened(payload: bytes, key: "Ed25519PublicKey") -> Push:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (memory, as above)

    if len(payload) > PAYLOAD_BYTES_MAX:
        raise _NotAPushError(Fault.TOO_LARGE, f"{len(payload)} bytes")
    if not payload.startswith(_MAGIC) or len(payload) <= _HEAD_BYTES:
        raise _NotAPushError(Fault.BAD_FORM, "is not a signed registry")
    frame = payload[_HEAD_BYTES:]
    try:
        key.verify(payload[len(_MAGIC) : _HEAD_BYTES], _PURPOSE + frame)
    except InvalidSignature:
        raise _NotAPushError(Fault.BAD_SIGNATURE, "the gateway has not signed this") from None
    return _read(frame)


def _read(frame: bytes) -> Push:
    try:
        size = zstandard.frame_content_size(frame)
        if not 0 < size <= TABLE_BYTES_MAX:
            raise _NotAPushError(Fault.TOO_LARGE, f"{size} bytes unpacked")
        text = zstandard.ZstdDecompressor().decompress(frame, max_output_size=TABLE_BYTES_MAX)
        push = msgspec.json.decode(text, type=Push)
    except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _NotAPushError(Fault.BAD_FORM, str(error)[:200]) from None
    if push.v != 1 or not 0 < push.version < VERSION_MAX:
        raise _NotAPushError(Fault.BAD_FORM, f"v {push.v}, version {push.version}")
    return push
