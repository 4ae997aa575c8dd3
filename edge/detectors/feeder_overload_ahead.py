"""A feeder will be overloaded soon, by its own days or by how its load rises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.circuit import Circuit
from edge.detectors.base import Condition, Status
from edge.feeder_terms import FeederTerms
from edge.load import BIN_NS
from edge.outlook import AHEAD_NS
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class FeederOverloadAhead(PointRule[Circuit]):
    """Within two hours, or one where five days are not known yet, the load will be too much.

    It fails where the load is another one today than on any other day, and comes at once.
    """

    watches: ClassVar[type] = Circuit
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "feeder_overload_ahead"
    category: ClassVar[str] = "electric"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "预计约 {lead_min:g} 分钟后线路过载（{at} 为额定电流 {rating_a:g} 安的 {load_pct:g}%）",
            (
                "The feeder will be overloaded in about {lead_min:g} min; at {at} it is at "
                "{load_pct:g} % of its rating of {rating_a:g} A"
            ),
        ),
        Condition.GONE: (
            "不再预计线路过载（{at} 为额定的 {load_pct:g}%）",
            "No overload of the feeder is expected any more (at {load_pct:g} % of it at {at})",
        ),
    }

    rating_a: float

    @classmethod
    def install(cls, terms: FeederTerms) -> tuple["FeederOverloadAhead", ...]:
        """One rule for a circuit whose rating is known."""
        return () if terms.rating_a is None else (cls(Tier.GENERAL, terms.rating_a),)

    def since_ns(self, state: Circuit, now_ns: int) -> int | None:
        """When it was first foreseen."""
        del now_ns
        return state.state.outlook.ahead.told_ns

    def moments(self, state: Circuit) -> Iterable[int]:
        """Yield nothing: only readings show how the load goes on."""
        del state
        return ()

    def delay_s(self, state: Circuit) -> float:
        """Two means of five minutes each, or two intervals."""
        return (2 * BIN_NS + state.gap_ns) / SECOND_NS

    def numbers(self, state: Circuit, status: Status) -> tuple[Numbers, Numbers]:
        """The load now, and the minutes until it is expected to be too much."""
        outlook = state.state.outlook
        lead_min = max(0, round((outlook.due_ns - status.at_ns) / MINUTE_NS))
        load_pct = round(100 * state.state.overload.load)
        usual: Numbers = {"rating_a": self.rating_a, "ahead_min": AHEAD_NS / MINUTE_NS}
        return {"lead_min": lead_min, "load_pct": load_pct}, usual
