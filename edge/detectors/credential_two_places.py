"""One card was shown at two doors too far apart for one person: there are two of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.cards import SPEED_M_PER_S
from edge.detectors.base import Condition, Status
from edge.door import EVENT_NS, Door
from edge.door_terms import DoorTerms
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import Tier


@dataclass(frozen=True, slots=True)
class CredentialTwoPlaces(PointRule[Door]):
    """Nobody gets from one door to the other so fast, not by an electric bicycle.

    Both the doors' clocks and the arrival of their messages must say so. Only doors whose terms
    say where they are can be compared.
    """

    watches: ClassVar[type] = Door
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "credential_two_places"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "同一张卡 {apart_s:g} 秒内在相距 {apart_m:g} 米的两个门使用，疑似复制卡（{since}）",
            "One card was used at two doors {apart_m:g} m apart within {apart_s:g} s, at {since}",
        ),
        Condition.GONE: (
            "半小时内同一张卡未再同时出现在两处；最近一次自 {since} 起",
            "No card was in two places for half an hour; it began at {since}",
        ),
    }

    @classmethod
    def install(cls, terms: DoorTerms) -> tuple["CredentialTwoPlaces", ...]:
        """One rule for every door whose place is known."""
        return (cls(Tier.IMPORTANT),) if terms.at_m is not None else ()

    def since_ns(self, state: Door, now_ns: int) -> int | None:
        """When it was first in two places."""
        return lasting(state.state.doubled, now_ns, EVENT_NS)

    def moments(self, state: Door) -> Iterable[int]:
        """Yield when the last of it is long enough ago."""
        return ends(state.state.doubled, EVENT_NS)

    def numbers(self, state: Door, status: Status) -> tuple[Numbers, Numbers]:
        """How far apart, in metres and seconds, against the greatest speed."""
        del status
        metres, apart_s = state.state.apart
        seen: Numbers = {"apart_m": round(metres), "apart_s": round(apart_s)}
        return seen, {"speed_m_per_s": SPEED_M_PER_S}
