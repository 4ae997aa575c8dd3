"""More people at a public place than is usual at that hour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.crowd import Crowd, at_least, fewer_than
from edge.crowd_terms import CrowdTerms
from edge.detectors.base import Condition, Status
from edge.point_rule import Numbers, PointRule
from edge.reading import Tier


@dataclass(frozen=True, slots=True)
class Gathering(PointRule[Crowd]):
    """Half as many again as are usual in that hour and on such a day, and five, for a while.

    By counts alone: a range of their number is told, never who they are. Within the first week
    nobody can know. It is over when for ten minutes there are fewer.
    """

    watches: ClassVar[type] = Crowd
    rule: ClassVar[str] = "gathering"
    category: ClassVar[str] = "gathering"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "自 {since} 起此处至少 {people_min:g} 人（此时段通常不到 {usual_below:g} 人）",
            "Since {since} at least {people_min:g} people; usual now: fewer than {usual_below:g}",
        ),
        Condition.GONE: (
            "人数已回落，此前自 {since} 起聚集",
            "There are fewer people again; they were many since {since}",
        ),
    }

    @classmethod
    def install(cls, terms: CrowdTerms) -> tuple["Gathering", ...]:
        """One rule for every place that has terms."""
        del terms
        return (cls(Tier.IMPORTANT),)

    def since_ns(self, state: Crowd, now_ns: int) -> int | None:
        """Since when there are too many."""
        del now_ns
        return state.state.many.told_ns

    def moments(self, state: Crowd) -> Iterable[int]:
        """Yield nothing: only a count shows how many there are."""
        del state
        return ()

    def delay_s(self, state: Crowd) -> float:
        """As long as it must last."""
        return state.terms.lasts_s

    def numbers(self, state: Crowd, status: Status) -> tuple[Numbers, Numbers]:
        """A range of their number, and of what is usual."""
        del status
        usual = state.usual(state.state.many.at_ns) or 0
        seen: Numbers = {"people_min": float(at_least(state.state.least))}
        return seen, {"usual_below": float(fewer_than(usual))}
