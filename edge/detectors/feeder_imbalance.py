"""The three phases of a feeder are loaded unequally: its neutral carries what no breaker guards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.circuit import Circuit
from edge.detectors.base import Condition, Status
from edge.feeder_terms import FeederTerms
from edge.imbalance import APART, LAST_NS, NEUTRAL_PART, apart, neutral_a
from edge.point_rule import Numbers, PointRule
from edge.reading import SECOND_NS, Tier

_PHASES = 3


@dataclass(frozen=True, slots=True)
class FeederImbalance(PointRule[Circuit]):
    """For an hour its phases have differed by a quarter, and the neutral carried a quarter.

    The latter is of the rating and is computed, supposing that all loads have one power factor
    and no harmonics: what chargers and lamps add to a neutral is not seen.
    """

    watches: ClassVar[type] = Circuit
    rule: ClassVar[str] = "feeder_imbalance"
    category: ClassVar[str] = "electric"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "三相负荷自 {since} 起不平衡：相差 {apart_pct:g}%，估算零线电流 {neutral_a:g} 安",
            (
                "The phases have been loaded unequally since {since}: they differ by "
                "{apart_pct:g} %, and the neutral carries about {neutral_a:g} A"
            ),
        ),
        Condition.GONE: (
            "三相负荷已恢复平衡或已降低（{at}），此前自 {since} 起不平衡",
            "The phases are nearly equal or lightly loaded again ({at}), uneven since {since}",
        ),
    }

    rating_a: float

    @classmethod
    def install(cls, terms: FeederTerms) -> tuple["FeederImbalance", ...]:
        """One rule for three phases of a known rating."""
        if terms.rating_a is None or terms.phases != _PHASES:
            return ()
        return (cls(Tier.GENERAL, terms.rating_a),)

    def since_ns(self, state: Circuit, now_ns: int) -> int | None:
        """Since when, once that is long enough."""
        del now_ns
        return state.state.imbalance.uneven.told_ns

    def moments(self, state: Circuit) -> Iterable[int]:
        """Yield nothing: only currents can prove it."""
        del state
        return ()

    def delay_s(self, state: Circuit) -> float:
        """The hour that it has to last, and one silence that is still no gap."""
        return (LAST_NS + state.gap_ns) / SECOND_NS

    def numbers(self, state: Circuit, status: Status) -> tuple[Numbers, Numbers]:
        """How far apart the phases are, and what the neutral carries."""
        del status
        amps = state.state.imbalance.amps
        seen: Numbers = {
            "apart_pct": round(100 * apart(amps)),
            "neutral_a": round(neutral_a(amps), 1),
        }
        limits: Numbers = {
            "apart_pct": round(100 * APART),
            "neutral_a": round(NEUTRAL_PART * self.rating_a, 1),
        }
        return seen, limits
