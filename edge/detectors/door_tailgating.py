"""More people go through a door than are let through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.door import Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule
from edge.reading import Tier
from edge.tailgate import EXTRA_MIN, SHARE_MIN, day_end_ns, local_day


@dataclass(frozen=True, slots=True)
class DoorTailgating(PointRule[Door]):
    """Six more in one day, and a tenth of those let through, by its counter or its contact.

    A sum for a door and a day: who it was is not known, and not looked for. It ends with the day.
    """

    watches: ClassVar[type] = Door
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "door_tailgating"
    category: ClassVar[str] = "door"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "今日门禁放行 {granted:g} 次，另有至少 {extra:g} 次尾随进出（{since} 达到提示数）",
            "Let through {granted:g} times today, and {extra:g} more followed; noticed at {since}",
        ),
        Condition.GONE: (
            "当日统计结束：放行 {granted:g} 次，尾随至少 {extra:g} 次",
            "The day is over: {granted:g} let through, {extra:g} more followed",
        ),
    }

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["DoorTailgating", ...]:
        """One rule for a door at which every way through is reported."""
        return (cls(Tier.GENERAL),) if terms.reported else ()

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When it became too many, on the day that it still is."""
        tail = state.state.tail
        return tail.since_ns if local_day(now_ns, state.offset_ns) == tail.day else None

    def moments(self, state: Door) -> Iterable[int]:
        """Yield the end of a day on which it became too many."""
        if state.state.tail.since_ns is not None:
            yield day_end_ns(state.state.tail.day, state.offset_ns)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How many were let through, and how many more there were."""
        del status
        tail = state.state.tail
        seen: Numbers = {"granted": float(tail.granted), "extra": float(tail.extra)}
        return seen, {"extra_min": float(EXTRA_MIN), "share_min": SHARE_MIN}
