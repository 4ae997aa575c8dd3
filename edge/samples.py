"""What a meter said within its window: times, registers and boots, in columns, by event time.

As long as all of it is believed just as it was said, the columns are those of the chain of
believed samples itself; nothing is kept twice.
"""

from array import array
from collections.abc import Iterator

from edge.boots import Boots
from edge.chain import Chain
from edge.signature import Sample


class Samples:
    """Every sample of the window, believed or not.

    `follow` names the chain that was judged of them. Whoever appends to that chain, or drops
    its oldest, does the same here right after; what comes late is to be judged anew.
    """

    __slots__ = ("_boots", "_chain", "newest_ns", "oldest_ns", "times_ns", "volumes_ml")

    def __init__(self, times_ns: bytes = b"", volumes_ml: bytes = b"", boots: bytes = b"") -> None:
        self.times_ns, self.volumes_ml = array("q", times_ns), array("q", volumes_ml)
        self._boots = Boots(boots, len(self.times_ns))
        self._chain = Chain()
        self.oldest_ns = self.newest_ns = -1  # while there is none
        if self.times_ns:
            self.oldest_ns, self.newest_ns = self.times_ns[0], self.times_ns[-1]

    def __iter__(self) -> Iterator[Sample]:
        """Yield every sample, the oldest first."""
        columns = zip(self.times_ns, self.volumes_ml, self._boots.all(), strict=True)
        for at_ns, volume_ml, boot in columns:
            yield Sample(at_ns, volume_ml, boot)

    def state(self) -> tuple[bytes, bytes, bytes]:
        """The arguments that make equal samples."""
        return self.times_ns.tobytes(), self.volumes_ml.tobytes(), self._boots.packed()

    def follow(self, chain: Chain) -> None:
        """Go on beside `chain`; its columns do for both if they are the same."""
        self._chain = chain
        if self.times_ns == chain.times_ns and self.volumes_ml == chain.volumes_ml:
            self.times_ns, self.volumes_ml = chain.times_ns, chain.volumes_ml

    def append(self, at_ns: int, volume_ml: int, boot: int, *, believed: bool) -> None:
        """Take in the newest; `believed` says that the chain ends with it, just as it was said."""
        self._boots.append(boot)
        self.newest_ns = at_ns
        if self.oldest_ns < 0:
            self.oldest_ns = at_ns
        if self.times_ns is self._chain.times_ns:
            if believed:
                return
            self._part(len(self._boots) - 1)
        self.times_ns.append(at_ns)
        self.volumes_ml.append(volume_ml)

    def insert(self, i: int, sample: Sample) -> None:
        """Take in a late one at place `i`."""
        self._boots.insert(i, sample.boot)
        self.times_ns.insert(i, sample.at_ns)
        self.oldest_ns = self.times_ns[0]
        self.volumes_ml.insert(i, sample.volume_ml)

    def merge(self, i: int, sample: Sample) -> bool:
        """Of two for one time keep the larger value and the later boot; whether that is new."""
        known = self.volumes_ml[i], self._boots[i]
        merged = max(known[0], sample.volume_ml), max(known[1], sample.boot)
        self.volumes_ml[i] = merged[0]
        self._boots.put(i, merged[1])
        return merged != known

    def drop(self, start: int, count: int) -> None:
        """Forget so many, not all, from place `start` on; from 0 on, the chain did so before."""
        self._boots.drop(start, count)
        if self.times_ns is not self._chain.times_ns:
            stop = start + count
            del self.times_ns[start:stop], self.volumes_ml[start:stop]
        self.oldest_ns = self.times_ns[0]

    def begin_with(self, volume_ml: int) -> None:
        """Let the oldest sample have said `volume_ml`."""
        if self.volumes_ml[0] != volume_ml:
            self._part(len(self.times_ns))
            self.volumes_ml[0] = volume_ml

    def _part(self, count: int) -> None:
        """Have columns of their own, of the first `count` of the chain's if those did for both."""
        chain = self._chain
        if self.times_ns is chain.times_ns:
            self.times_ns, self.volumes_ml = chain.times_ns[:count], chain.volumes_ml[:count]
