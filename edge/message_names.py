"""The names of one device's last messages, and what each of them said, in a few bytes a name.

A device counts its messages, so its names are runs of neighbours: a run costs 24 bytes however
long it is, and a name the 4 bytes by which what it said is known again. Of four thousand
million names that were reused, one passes for a copy.
"""

from array import array
from enum import Enum, auto
from typing import Final

from edge.entry import Digest
from edge.remembered import NamesState

_UNTOLD: Final = 0
"""In the place of a checksum that nobody knows: the name alone makes a copy then."""
_RUN: Final = 3  # boot, first sequence number, how many


class Known(Enum):
    """What is remembered of a message."""

    NEW = auto()
    COPY = auto()
    REUSED = auto()


_NEW: Final = Known.NEW


def is_after(boot: int, seq: int, last_boot: int, last_seq: int) -> bool:
    """Whether a name is higher than another: of a later boot, or of the same and a later number."""
    return boot > last_boot or (boot == last_boot and seq > last_seq)


class Names:
    """The last names of one device, the oldest first."""

    __slots__ = ("_boot", "_checksums", "_count", "_first", "_run_boot", "_runs", "_seq")

    def __init__(self) -> None:
        self._runs = array("q")  # all but the last
        self._run_boot = self._first = self._count = 0  # the last
        self._checksums = array("I")
        self._boot = self._seq = -1  # of the highest name

    def known(self, boot: int, seq: int, digest: Digest) -> Known:
        """Whether a message of that name is here, and said the same.

        A name beyond all others costs no search.
        """
        if is_after(boot, seq, self._boot, self._seq):
            return _NEW
        at = self._find(boot, seq)
        if at is None:
            return _NEW
        told = self._checksums[at] in (_UNTOLD, digest) or isinstance(digest, bytes)
        return Known.COPY if told else Known.REUSED

    def add(self, boot: int, seq: int, digest: Digest, limit: int) -> None:
        """Keep a new name; the oldest beyond `limit` is forgotten."""
        if boot == self._run_boot and seq == self._first + self._count and self._count:
            self._count += 1
        else:
            if self._count:
                self._runs.extend((self._run_boot, self._first, self._count))
            self._run_boot, self._first, self._count = boot, seq, 1
        self._checksums.append(_UNTOLD if isinstance(digest, bytes) else digest)
        if is_after(boot, seq, self._boot, self._seq):
            self._boot, self._seq = boot, seq
        if len(self._checksums) > limit:
            self._forget_oldest()

    def state(self) -> NamesState:
        """Every name, for a checkpoint."""
        return NamesState(self._all_runs(), b"", self._checksums.tobytes())

    def restore(self, saved: NamesState, limit: int) -> None:
        """Remember what `saved` holds, of it the newest `limit`, and nothing else."""
        self.forget()
        known = array("I")
        known.frombytes(saved.checksums)
        names = [
            (boot, seq)
            for boot, first, count in zip(*[iter(saved.runs)] * _RUN, strict=True)
            for seq in range(first, first + count)
        ]
        known.extend([_UNTOLD] * (len(names) - len(known)))
        for (boot, seq), checksum in zip(names, known, strict=True):
            self.add(boot, seq, checksum, limit)

    def forget(self) -> None:
        """Remember nothing."""
        del self._runs[:], self._checksums[:]
        self._count, self._boot, self._seq = 0, -1, -1

    def _all_runs(self) -> list[int]:
        runs: list[int] = self._runs.tolist()
        return [*runs, self._run_boot, self._first, self._count] if self._count else runs

    def _find(self, boot: int, seq: int) -> int | None:
        runs, at = self._all_runs(), 0
        for run in range(0, len(runs), _RUN):
            beyond = seq - runs[run + 1]
            if runs[run] == boot and 0 <= beyond < runs[run + 2]:
                return at + beyond
            at += runs[run + 2]
        return None

    def _forget_oldest(self) -> None:
        del self._checksums[0]
        runs = self._runs
        if not runs:
            self._first += 1
            self._count -= 1
        elif runs[2] == 1:
            del runs[:_RUN]
        else:
            runs[1] += 1
            runs[2] -= 1
