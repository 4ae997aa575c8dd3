"""The code on a device's label: what it is, and that we have printed it.

`SW1.kind.proof.check.name`, for example `SW1.water.hdtbpmt4hb.fl.wmbus:33225544`. The proof
is a keyed digest of kind and name, so that nobody claims a device by guessing its number; the
check catches what was copied wrongly, before anybody asks about the proof.
"""

import hmac
import re
from base64 import b32encode
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from edge.reading import Kind
from edge.topic import is_segment

CODE_CHARS_MAX = 200
_PROOF_CHARS = 10
_CHECK_PRIME = 1_021  # the largest below two letters' worth
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_VENDOR = re.compile(r"[a-z0-9][a-z0-9-]{0,31}:[^\s:].{0,127}")
_UNFIT = re.compile(r"[^a-z0-9_-]+")
_FIELDS = 5
_ID_CHARS_MAX = 32


class Fault(StrEnum):
    """Why a code is not taken."""

    NOT_A_CODE = "not_a_code"
    WRONG_CHECK = "wrong_check"
    NOT_OURS = "not_ours"


class ClaimError(ValueError):
    """The text is no label of ours; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Label(NamedTuple):
    """A device as its label names it: by its own id, or as its vendor does (`vendor:number`)."""

    kind: Kind
    name: str

    @property
    def vendor(self) -> str | None:
        """The vendor's name for it; None when it speaks under an id of ours."""
        return self.name if ":" in self.name else None

    @property
    def device(self) -> str:
        """The id under which it is registered: the same for the same label, always."""
        if self.vendor is None:
            return self.name
        plain = _UNFIT.sub("-", self.name.lower()).strip("-_")
        if plain.replace("-", ":", 1) == self.name and is_segment(plain):
            return plain
        mark = blake2b(self.name.encode(), digest_size=4).hexdigest()
        return f"{plain[: _ID_CHARS_MAX - len(mark) - 1]}-{mark}"


def print_code(label: Label, key: bytes) -> str:
    """The code for the label of a device.

    Raises:
        ValueError: nothing can be registered under that name.
    """
    if not (is_segment(label.name) or _VENDOR.fullmatch(label.name)):
        raise ValueError(f"{label.name!r} is neither an id of ours nor vendor:number")
    proof = _proof(label, key)
    return (
        f"SW1.{label.kind.value}.{proof}.{_check(label.kind.value, proof, label.name)}.{label.name}"
    )


def read_code(code: str, key: bytes) -> Label:
    """The device that `code` was printed for.

    Raises:
        ClaimError: it was not printed here, or was copied wrongly.
    """
    parts = code.strip().split(".", _FIELDS - 1)
    if len(code) > CODE_CHARS_MAX or len(parts) != _FIELDS or parts[0] != "SW1":
        raise ClaimError(Fault.NOT_A_CODE)
    _, kind, proof, check, name = parts
    if not _same(check.lower(), _check(kind, proof.lower(), name)):
        raise ClaimError(Fault.WRONG_CHECK)
    if kind not in set(Kind) or not (is_segment(name) or _VENDOR.fullmatch(name)):
        raise ClaimError(Fault.NOT_A_CODE)
    label = Label(Kind(kind), name)
    if not _same(proof.lower(), _proof(label, key)):
        raise ClaimError(Fault.NOT_OURS)
    return label


def _proof(label: Label, key: bytes) -> str:
    said = f"{label.kind.value}\0{label.name}".encode()
    return _letters(blake2b(said, key=key, person=b"shouwang label").digest(), _PROOF_CHARS)


def _check(*fields: str) -> str:
    """Two letters that no single wrong sign and no two swapped neighbours leave right."""
    signs = "\0".join(fields).encode()
    total = sum(place * sign for place, sign in enumerate(signs, 1)) % _CHECK_PRIME
    return _ALPHABET[total // len(_ALPHABET)] + _ALPHABET[total % len(_ALPHABET)]


def _letters(digest: bytes, count: int) -> str:
    return b32encode(digest)[:count].decode().lower()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
