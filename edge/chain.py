"""The believed samples of a meter, register after register, joined by typed joints.

A register may be reset, roll over or be replaced; what was used before and what was used
after still adds up. Only what was used across a doubtful joint is unknown, and stays so.
"""

from array import array
from bisect import bisect_left, bisect_right
from enum import StrEnum
from typing import Final, NamedTuple

from edge.reading import HOUR_NS

WINDOW_NS: Final = 96 * HOUR_NS
"""How long what a meter said is remembered."""


class JointKind(StrEnum):
    """What became of the register between two believed samples that do not simply follow."""

    RESET = "reset"
    ROLLOVER = "rollover"
    REPLACED = "replaced"
    EXCURSION = "excursion"
    DECLARED = "declared"


class Joint(NamedTuple):
    """The register stood at `last_ml` at `last_ns`, and at `first_ml` at `at_ns`.

    `inferred_ml` is what a rollover would have used: a guess, shown to people, never a bound.
    `offset_ml` is what the volumes of the chain are above the register from here on.
    """

    kind: JointKind
    last_ns: int
    at_ns: int
    last_ml: int
    first_ml: int
    offset_ml: int
    inferred_ml: int | None = None


class Chain:
    """Times rising, volumes never falling: what was surely used, in millilitres.

    A difference of two volumes is a lower bound of the use between them. It is the use itself
    where no doubtful joint lies between; `doubts_ns` are the times of the samples after those.
    """

    __slots__ = (
        "_last_ml", "doubts_ns", "joints", "last_ns", "moved_from_ns", "times_ns", "volumes_ml"
    )  # fmt: skip

    def __init__(self) -> None:
        self.times_ns = array("q")
        self.volumes_ml = array("q")
        self.last_ns = -1  # the time of the last sample, -1 while there is none
        self.moved_from_ns = -1  # that of the one before, -1 unless the register moved since
        self._last_ml = 0
        self.joints: tuple[Joint, ...] = ()
        self.doubts_ns: tuple[int, ...] = ()

    def append(self, at_ns: int, volume_ml: int) -> None:
        """Go on with one more sample."""
        moved = volume_ml > self._last_ml and self.last_ns >= 0
        self.moved_from_ns = self.last_ns if moved else -1
        self.last_ns, self._last_ml = at_ns, volume_ml
        self.times_ns.append(at_ns)
        self.volumes_ml.append(volume_ml)

    def join(self, joint: Joint) -> None:
        """Append the first sample after `joint`; all but declared joints are doubtful."""
        self.append(joint.at_ns, joint.first_ml + joint.offset_ml)
        self.joints += (joint,)
        if joint.kind is not JointKind.DECLARED:
            self.doubts_ns += (joint.at_ns,)

    def is_doubtful(self, after_ns: int, until_ns: int) -> bool:
        """Whether a doubtful joint lies between believed samples at these two times."""
        doubts_ns = self.doubts_ns
        return bisect_right(doubts_ns, until_ns) > bisect_right(doubts_ns, after_ns)

    def little_since_ns(self, enough_ml: int) -> int:
        """The first sample since which less than `enough_ml` was used, surely; of at least one."""
        volumes_ml = self.volumes_ml
        return self.times_ns[bisect_right(volumes_ml, volumes_ml[-1] - enough_ml)]

    def drop_last(self, count: int) -> None:
        """Take back the last `count` samples, of more; no joint may be among them."""
        del self.times_ns[-count:], self.volumes_ml[-count:]
        last_ns, last_ml = self.times_ns.pop(), self.volumes_ml.pop()
        self.last_ns, self._last_ml = -1, 0
        if self.times_ns:
            self.last_ns, self._last_ml = self.times_ns[-1], self.volumes_ml[-1]
        self.append(last_ns, last_ml)

    def drop_before(self, at_ns: int) -> Joint | None:
        """Forget the samples older than `at_ns`; the last joint that is forgotten with them."""
        count = bisect_left(self.times_ns, at_ns)
        del self.times_ns[:count], self.volumes_ml[:count]
        if len(self.times_ns) == 1:
            self.moved_from_ns = -1
        if not self.joints or self.joints[0].at_ns > at_ns:
            return None
        gone = [joint for joint in self.joints if joint.at_ns <= at_ns]
        self.joints = self.joints[len(gone) :]
        self.doubts_ns = self.doubts_ns[bisect_right(self.doubts_ns, at_ns) :]
        return gone[-1]
