"""The names of the messages of one batch, which are in nobody's memory before its commit.

Devices count their messages, so one number a device tells nearly always that a name is new; the
names themselves are listed when it does not.
"""

from edge.admission import Identity
from edge.entry import AdapterStatus, Digest, Message
from edge.message_names import is_after


class BatchNames:
    """What the messages `said` in a batch are called; `number` is the batch's own.

    Whoever takes in a message appends it to `said`.
    """

    __slots__ = ("_digests", "_listed", "number", "said")

    def __init__(self, number: int) -> None:
        self.number = number
        self.said: list[Message | AdapterStatus] = []
        self._digests: dict[Identity, Digest] = {}
        self._listed = 0

    def digest(self, identity: Identity) -> Digest | None:
        """What the message of that name said; None when there is none."""
        for each in self.said[self._listed :]:
            if isinstance(each, Message):
                self._digests[each.device, each.boot, each.seq] = each.digest
        self._listed = len(self.said)
        return self._digests.get(identity)

    def note(self, identity: Identity, digest: Digest) -> None:
        """There is a message of that name from now on, listed in `said` or about to be."""
        self._digests[identity] = digest


class Highest:
    """The highest name of one device in the last batch in which it had any."""

    __slots__ = ("_batch", "_boot", "_seq")

    def __init__(self) -> None:
        self._batch = self._boot = self._seq = -1

    def is_below(self, batch: int, boot: int, seq: int) -> bool:
        """Whether all of its names in `batch` are lower than this one."""
        return batch != self._batch or is_after(boot, seq, self._boot, self._seq)

    def rise(self, batch: int, boot: int, seq: int) -> None:
        """Take in a name of `batch`."""
        if self.is_below(batch, boot, seq):
            self._batch, self._boot, self._seq = batch, boot, seq
