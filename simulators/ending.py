"""What a world came to: as its gateway wrote it and as the people in it saw it."""

from hashlib import blake2b

import msgspec
from msgspec import Struct

from simulators.chronicle import Chronicle


class Ending(Struct, frozen=True):
    """The chronicle, every (number, text) on a phone, arrivals by webhook id, messages told."""

    chronicle: Chronicle
    texts: tuple[tuple[str, str], ...]
    hooks: dict[str, int]
    published: int

    def digest(self) -> str:
        """32 hex digits, equal for equal endings."""
        return blake2b(msgspec.json.encode(self), digest_size=16).hexdigest()
