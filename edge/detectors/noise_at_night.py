"""Loud nights, again and again, where several homes can hear them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.noise import LOUD_MIN, NIGHTS_MIN, WITHIN_NIGHTS, Noise
from edge.noise_terms import NoiseTerms
from edge.point_rule import Numbers, PointRule
from edge.reading import DAY_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class NoiseAtNight(PointRule[Noise]):
    """Three nights of fourteen, half an hour each, above the limit of its area: for a mediator.

    It is told of a stair or a yard that five homes or more can hear, never of a home. It is over
    after seven known nights that were quiet; nights of which too little was heard are not.
    """

    watches: ClassVar[type] = Noise
    rule: ClassVar[str] = "noise_at_night"
    category: ClassVar[str] = "dispute"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "14 夜中有 {nights:g} 夜噪声超 {limit_db:g} 分贝达半小时，约 {homes:g} 户可闻",
            "{nights:g} of 14 nights had half an hour over {limit_db:g} dB(A); {homes:g} homes",
        ),
        Condition.GONE: (
            "已连续多夜未超标，噪声问题告一段落",
            "Seven nights have been quiet: the noise seems to be settled",
        ),
    }

    @classmethod
    def install(cls, terms: NoiseTerms) -> tuple["NoiseAtNight", ...]:
        """One rule for every meter that has terms."""
        del terms
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Noise, now_ns: int) -> int | None:
        """When it became too often."""
        del now_ns
        return state.state.told_ns

    def moments(self, state: Noise) -> Iterable[int]:
        """Yield nothing: only levels show how loud it is."""
        del state
        return ()

    def delay_s(self, state: Noise) -> float:
        """The nights that it takes to be loud often enough."""
        del state
        return WITHIN_NIGHTS * DAY_NS / SECOND_NS

    def numbers(self, state: Noise, status: Status) -> tuple[Numbers, Numbers]:
        """How many nights and how loud, in steps of five."""
        del status
        noise = state.state
        seen: Numbers = {
            "nights": float(len(noise.loud_nights_ns)),
            "level_db": float(noise.peak_db // 5 * 5),
            "homes": float(state.terms.homes),
        }
        usual: Numbers = {"limit_db": state.terms.limit_db, "loud_min": LOUD_MIN}
        return seen, usual | {
            "nights_min": float(NIGHTS_MIN),
            "within_nights": float(WITHIN_NIGHTS),
        }
