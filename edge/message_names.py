"""The names of one device's last messages, and what each of them said, in a few bytes a name.

A device counts its messages, so its names are runs of neighbours: a run costs 24 bytes however
long it is, and a name the 4 bytes by which what it said is known again.
"""

from array import array
from enum import Enum, auto
from typing import Final

from edge.remembered import NamesState

DIGEST_BYTES: Final = 4
"""Kept of a digest: of four thousand million names that were reused, one passes for a copy."""
_RUN: Final = 3  # boot, first sequence number, how many


class Known(Enum):
    """What is remembered of a message."""

    NEW = auto()
    COPY = auto()
    REUSED = auto()


_NEW: Final = Known.NEW


class Names:
    """The last names of one device, the oldest first."""

    __slots__ = ("_boot", "_digests", "_runs", "_seq")

    def __init__(self) -> None:
        self._runs = array("q")
        self._digests = array("I")
        self._boot = self._seq = -1  # of the highest name

    def known(self, boot: int, seq: int, digest: bytes) -> Known:
        """Whether a message of that name is here, and said the same.

        A name beyond all others costs no search.
        """
        if boot > self._boot or (boot == self._boot and seq > self._seq):
            return _NEW
        at = self._find(boot, seq)
        if at is None:
            return _NEW
        said = self._digests[at : at + 1].tobytes()
        return Known.COPY if said == digest[:DIGEST_BYTES] else Known.REUSED

    def add(self, boot: int, seq: int, digest: bytes, limit: int) -> None:
        """Keep a new name; the oldest beyond `limit` is forgotten."""
        runs = self._runs
        if runs and runs[-3] == boot and runs[-2] + runs[-1] == seq:
            runs[-1] += 1
        else:
            runs.extend((boot, seq, 1))
        self._digests.frombytes(digest[:DIGEST_BYTES])
        if boot > self._boot or (boot == self._boot and seq > self._seq):
            self._boot, self._seq = boot, seq
        if len(self._digests) > limit:
            self._forget_oldest()

    def state(self) -> NamesState:
        """Every name, for a checkpoint."""
        return NamesState(self._runs.tolist(), self._digests.tobytes())

    def restore(self, saved: NamesState, limit: int) -> None:
        """Remember what `saved` holds, of it the newest `limit`."""
        at = 0
        for boot, first, count in zip(*[iter(saved.runs)] * _RUN, strict=True):
            for seq in range(first, first + count):
                self.add(boot, seq, saved.digests[at : at + DIGEST_BYTES], limit)
                at += DIGEST_BYTES

    def _find(self, boot: int, seq: int) -> int | None:
        runs: list[int] = self._runs.tolist()
        at = 0
        for run in range(0, len(runs), _RUN):
            beyond = seq - runs[run + 1]
            if runs[run] == boot and 0 <= beyond < runs[run + 2]:
                return at + beyond
            at += runs[run + 2]
        return None

    def _forget_oldest(self) -> None:
        del self._digests[0]
        if self._runs[2] == 1:
            del self._runs[:_RUN]
            return
        self._runs[1] += 1
        self._runs[2] -= 1
