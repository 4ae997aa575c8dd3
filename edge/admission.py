"""Which messages were admitted lately, so that a second copy is known for one.

A message is named by device, boot and sequence number; its digest tells a copy from a
reused name. The memory is bounded for each device, the oldest name goes first: a copy
older than that is admitted again, and changes nothing in a cumulative register.
"""

from array import array
from enum import Enum, auto

Identity = tuple[str, int, int]
"""Device, boot, sequence number."""

_DIGEST_BYTES = 8


class Known(Enum):
    """What the memory says of a message."""

    NEW = auto()
    COPY = auto()
    REUSED = auto()


class _Names:
    """The last names of one device, oldest first, in columns: 24 bytes each."""

    __slots__ = ("_boot", "_boots", "_digests", "_seq", "_seqs")

    def __init__(self) -> None:
        self._boots = array("q")
        self._seqs = array("q")
        self._digests = array("Q")
        self._boot = self._seq = -1  # of the newest name

    def digest(self, boot: int, seq: int) -> bytes | None:
        """What the message of that name said; a name beyond all others costs no search."""
        at = self._find(boot, seq)
        return None if at is None else self._digests[at : at + 1].tobytes()

    def add(self, boot: int, seq: int, digest: bytes, limit: int) -> None:
        """Keep a new name; the oldest beyond `limit` is forgotten."""
        self._boots.append(boot)
        self._seqs.append(seq)
        self._digests.frombytes(digest)
        if boot > self._boot or (boot == self._boot and seq > self._seq):
            self._boot, self._seq = boot, seq
        if len(self._seqs) > limit:
            del self._boots[0], self._seqs[0], self._digests[0]

    def all(self) -> list[tuple[int, int, bytes]]:
        """Every boot, sequence number and digest, the oldest first."""
        said = self._digests.tobytes()
        digests = [said[at : at + _DIGEST_BYTES] for at in range(0, len(said), _DIGEST_BYTES)]
        return list(zip(self._boots, self._seqs, digests, strict=True))

    def _find(self, boot: int, seq: int) -> int | None:
        if boot > self._boot or (boot == self._boot and seq > self._seq):
            return None
        at = -1
        try:
            while True:
                at = self._seqs.index(seq, at + 1)
                if self._boots[at] == boot:
                    return at
        except ValueError:
            return None


class Memory:
    """The digests, of eight bytes, of the last messages of each device."""

    __slots__ = ("_limit", "_names")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: dict[str, _Names] = {}

    def known(self, identity: Identity, digest: bytes) -> Known:
        """Whether a message of that name was remembered, and said the same."""
        device, boot, seq = identity
        names = self._names.get(device)
        return compare(names.digest(boot, seq) if names else None, digest)

    def admit(self, identity: Identity, digest: bytes) -> Known:
        """As `known`; a new name is kept, and the device's oldest beyond the limit forgotten."""
        device, boot, seq = identity
        names = self._names.get(device)
        if names is None:
            names = self._names[device] = _Names()
        remembered = names.digest(boot, seq)
        if remembered is None:
            names.add(boot, seq, digest, self._limit)
            return Known.NEW
        return compare(remembered, digest)

    def state(self) -> dict[str, list[tuple[int, int, bytes]]]:
        """Every name and digest by device, the oldest first."""
        return {device: names.all() for device, names in self._names.items()}

    def restore(self, state: dict[str, list[tuple[int, int, bytes]]]) -> None:
        """Remember just what `state` holds."""
        self._names.clear()
        for device, names in state.items():
            for boot, seq, digest in names[-self._limit :]:
                self.admit((device, boot, seq), digest)


def compare(remembered: bytes | None, digest: bytes) -> Known:
    """What it means to meet `digest` under a name that had `remembered`."""
    if remembered is None:
        return Known.NEW
    return Known.COPY if remembered == digest else Known.REUSED
