"""Signed one-time links: whoever holds one may answer one incident for one person, once.

The token names a nonce and its end of life under an HMAC; what the nonce stands for, and
whether it has been used, is the gateway's table to say.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from edge.reading import SECOND_NS

SECRET_BYTES_MIN = 32
_NONCE_HEX = 32
_TOKEN_MAX = 160


class LinkFault(StrEnum):
    """Why a link is not taken. Whoever opens it is told none of this."""

    MALFORMED = "malformed"
    FORGED = "forged"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"
    LEFT = "left"  # whom it was for is in the roster no more


class LinkError(Exception):
    """The link cannot be used; `fault` says why, for the log and the count only."""

    def __init__(self, fault: LinkFault) -> None:
        super().__init__(f"the link is {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """What a genuine, living token claims."""

    nonce: str
    expires_ns: int


def nonce(secret: bytes, key: str) -> str:
    """The nonce of the notice `key`: the same on every run, and not to be guessed."""
    return _mac(secret, f"nonce\n{key}").hex()[:_NONCE_HEX]


def sign(secret: bytes, claim: LinkClaim) -> str:
    """The token of `claim`; its life is rounded down to a second."""
    body = f"{claim.nonce}.{claim.expires_ns // SECOND_NS}"
    return f"{body}.{_signature(secret, body)}"


def verify(secret: bytes, token: str, now_ns: int) -> LinkClaim:
    """What `token` claims, if we signed it and it has not expired.

    Raises:
        LinkError: MALFORMED, FORGED or EXPIRED.
    """
    parts = token.split(".") if len(token) <= _TOKEN_MAX and token.isascii() else []
    if len(parts) != 3 or not parts[1].isdigit():  # noqa: PLR2004  (nonce, expiry, signature)
        raise LinkError(LinkFault.MALFORMED)
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, _signature(secret, body)):
        raise LinkError(LinkFault.FORGED)
    claim = LinkClaim(parts[0], int(parts[1]) * SECOND_NS)
    if now_ns >= claim.expires_ns:
        raise LinkError(LinkFault.EXPIRED)
    return claim


def _signature(secret: bytes, body: str) -> str:
    return urlsafe_b64encode(_mac(secret, f"link\n{body}")).decode().rstrip("=")


def _mac(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), sha256)
