"""Whose card it was, without whose: a token that two doors share for a day, and nobody reads.

A token is a keyed pseudonym. The key stays on the edge, each day has a key of its own made of
it, and the number itself is in no reading, no log, no journal and no message of ours.
"""

import hmac
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

from edge.reading import DAY_NS, HOUR_NS

CHANNEL = "door.token"
"""Where a token stands among the readings of its message; it goes no further than the journal."""
TOKEN_DIGITS = 12
KEY_BYTES_MIN = 32
_TURNS_NS = 4 * HOUR_NS
"""Days of tokens begin at 20:00 UTC, which is 04:00 in China: then the fewest doors are used."""
_DIGITS_MAX = 64


class Credential(Struct, frozen=True):
    """The number of a card on its way to its token; it shows itself to nobody."""

    number: str

    def __repr__(self) -> str:
        return "Credential(hidden)"


NO_CREDENTIAL = Credential("")


def card(value: object) -> Credential:
    """The card that a vendor's message names; none for an absent, empty or zero number."""
    told = isinstance(value, str | int) and not isinstance(value, bool)
    text = str(value).strip().lower() if told else ""
    if text.strip("0") == "" or len(text) > _DIGITS_MAX or not text.isprintable():
        return NO_CREDENTIAL
    return Credential(text)


class Pseudonyms:
    """Makes tokens under one site's key of at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._day_key = lru_cache(maxsize=4)(
            lambda day: hmac.digest(key, b"door.token %d" % day, sha256)
        )

    def token(self, credential: Credential, at_ns: int) -> str:
        """Twelve hexadecimal digits: equal for one card within one day, unlike on any other."""
        day = (at_ns + _TURNS_NS) // DAY_NS
        digest = hmac.digest(self._day_key(day), credential.number.encode(), sha256)
        return digest.hex()[:TOKEN_DIGITS]
