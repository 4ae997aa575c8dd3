"""One card was turned away at one door after another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.cards import DOORS_MIN, WINDOW_NS
from edge.detectors.base import Condition, Status
from edge.door import EVENT_NS, Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import MINUTE_NS, Tier


@dataclass(frozen=True, slots=True)
class CredentialManyDoors(PointRule[Door]):
    """Four doors turned the same card away within a quarter of an hour: somebody tries doors.

    Told about the fourth door, and ends half an hour after the last of these denials. Only
    denials count: a guard on a round is let through at every door.
    """

    watches: ClassVar[type] = Door
    rule: ClassVar[str] = "credential_many_doors"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "同一张卡在 {window_min:g} 分钟内被 {doors:g} 个门拒绝，可能有人逐门试卡（{since}）",
            "One card was turned away at {doors:g} doors within {window_min:g} min, at {since}",
        ),
        Condition.GONE: (
            "半小时内未再出现逐门试卡；最近一次自 {since} 起",
            "No card was tried from door to door for half an hour; it began at {since}",
        ),
    }

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["CredentialManyDoors", ...]:
        """One rule for every door."""
        del terms
        return (cls(Tier.IMPORTANT),)

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When enough doors had turned it away."""
        return lasting(state.state.searched, now_ns, EVENT_NS)

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when the last of it is long enough ago."""
        return ends(state.state.searched, EVENT_NS)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How many doors, and from how many on it is told."""
        del status
        seen: Numbers = {"doors": float(state.state.search_doors)}
        return seen, {"doors_min": float(DOORS_MIN), "window_min": WINDOW_NS / MINUTE_NS}
