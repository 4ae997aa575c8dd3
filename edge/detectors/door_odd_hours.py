"""A restricted door, to a roof or a shed, was used when nobody has business there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.door import EVENT_NS, Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import Tier


@dataclass(frozen=True, slots=True)
class DoorOddHours(PointRule[Door]):
    """It was opened, or somebody was let through, outside the hours of its terms.

    It ends half an hour after the last such use. It goes by the hour alone: a repair at night
    looks the same.
    """

    watches: ClassVar[type] = Door
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "door_odd_hours"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "受限的门于 {since} 被打开或有人通过，允许时间为 {hours}",
            "The restricted door was used at {since}; its hours are {hours}",
        ),
        Condition.GONE: (
            "受限的门半小时内未再使用；{since} 起共 {uses:g} 次",
            "The restricted door was not used for half an hour; {uses:g} times since {since}",
        ),
    }

    hours: str

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["DoorOddHours", ...]:
        """One rule for a door that has hours."""
        return (cls(Tier.IMPORTANT, terms.hours),) if terms.hours else ()

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When the first such use was."""
        return lasting(state.state.odd, now_ns, EVENT_NS)

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when the last such use is long enough ago."""
        return ends(state.state.odd, EVENT_NS)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How many uses, against the hours."""
        del status
        return {"uses": float(state.state.odd.count)}, {"hours": self.hours}
