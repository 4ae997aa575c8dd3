"""Which messages were admitted lately, so that a second copy is known for one.

A message is named by device, boot and sequence number; its digest tells a copy from a
reused name. The memory is bounded for each device, the oldest name goes first: a copy
older than that is admitted again, and changes nothing in a cumulative register.
"""

from enum import Enum, auto

Identity = tuple[str, int, int]
"""Device, boot, sequence number."""


class Known(Enum):
    """What the memory says of a message."""

    NEW = auto()
    COPY = auto()
    REUSED = auto()


class Memory:
    """The digests of the last messages of each device."""

    __slots__ = ("_digests", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._digests: dict[str, dict[tuple[int, int], bytes]] = {}

    def known(self, identity: Identity, digest: bytes) -> Known:
        """Whether a message of that name was remembered, and said the same."""
        digests = self._digests.get(identity[0])
        return compare(digests.get(identity[1:]) if digests else None, digest)

    def remember(self, identity: Identity, digest: bytes) -> None:
        """Keep the name of an admitted message; forget the device's oldest beyond the limit."""
        digests = self._digests.setdefault(identity[0], {})
        digests[identity[1:]] = digest
        if len(digests) > self._limit:
            del digests[next(iter(digests))]

    def state(self) -> dict[str, list[tuple[int, int, bytes]]]:
        """Every name and digest by device, the oldest first."""
        return {
            device: [(boot, seq, digest) for (boot, seq), digest in digests.items()]
            for device, digests in self._digests.items()
        }

    def restore(self, state: dict[str, list[tuple[int, int, bytes]]]) -> None:
        """Remember just what `state` holds."""
        self._digests = {
            device: {(boot, seq): digest for boot, seq, digest in names[-self._limit :]}
            for device, names in state.items()
        }


def compare(remembered: bytes | None, digest: bytes) -> Known:
    """What it means to meet `digest` under a name that had `remembered`."""
    if remembered is None:
        return Known.NEW
    return Known.COPY if remembered == digest else Known.REUSED
