"""A reader has turned somebody away again and again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.door import DENIED_GAP_NS, Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import Tier

DENIALS = 5


@dataclass(frozen=True, slots=True)
class DoorDenied(PointRule[Door]):
    """Five denials with less than ten minutes from each to the next.

    Who was turned away is not known here: it may be one intruder or a resident whose card expired.
    """

    watches: ClassVar[type] = Door
    rule: ClassVar[str] = "door_denied"
    category: ClassVar[str] = "door"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "门禁自 {since} 起连续拒绝 {denials:g} 次，可能有人试卡，也可能是住户的卡失效",
            (
                "The reader has denied {denials:g} times since {since}: somebody may be trying, or "
                "a resident's card has expired"
            ),
        ),
        Condition.GONE: (
            "此后 10 分钟内门禁未再拒绝；{since} 起共拒绝 {denials:g} 次",
            "No denial for ten minutes; there were {denials:g}, the first at {since}",
        ),
    }

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["DoorDenied", ...]:
        """One rule for every door; more urgent for a restricted one."""
        return (cls(Tier.IMPORTANT if terms.hours else Tier.GENERAL),)

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When the first of enough denials was."""
        return lasting(state.state.denied, now_ns, DENIED_GAP_NS, DENIALS)

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when the last denial is long enough ago."""
        return ends(state.state.denied, DENIED_GAP_NS)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How many denials."""
        del status
        return {"denials": float(state.state.denied.count)}, {"denials_min": float(DENIALS)}
