"""A feeder carries more than it is rated for, for so long that what it feeds gets too warm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.circuit import Circuit
from edge.detectors.base import Condition, Status
from edge.feeder_terms import FeederTerms
from edge.overload import SHARP
from edge.point_rule import Numbers, PointRule
from edge.reading import SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class FeederOverload(PointRule[Circuit]):
    """It is as warm as the full rating would make it, or at 1.45 times that twice in a row.

    Where the meter gives power alone, its phases are taken to be equal and the power factor to
    be one: the current is then at least what is told.
    """

    watches: ClassVar[type] = Circuit
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "feeder_overload"
    category: ClassVar[str] = "electric"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "线路过载：自 {since} 起超过额定电流 {rating_a:g} 安，现为额定的 {load_pct:g}%",
            (
                "The feeder is overloaded: above its rating of {rating_a:g} A since {since}, now "
                "at {load_pct:g} % of it"
            ),
        ),
        Condition.GONE: (
            "线路负荷已降至额定的 {load_pct:g}%（{at}），此前自 {since} 起过载，最高 {peak_pct:g}%",
            (
                "The feeder is at {load_pct:g} % of its rating again ({at}); it was above it "
                "since {since}, at {peak_pct:g} % at the most"
            ),
        ),
    }

    rating_a: float
    warms_s: float

    @classmethod
    def install(cls, terms: FeederTerms) -> tuple["FeederOverload", ...]:
        """One rule for a circuit whose rating is known."""
        if terms.rating_a is None:
            return ()
        return (cls(Tier.IMPORTANT, terms.rating_a, terms.warms_s),)

    def since_ns(self, state: Circuit, now_ns: int) -> int | None:
        """When it went above its rating, once that is too much."""
        del now_ns
        return state.state.overload.over_ns

    def moments(self, state: Circuit) -> Iterable[int]:
        """Yield nothing: only a reading can prove a load."""
        del state
        return ()

    def delay_s(self, state: Circuit) -> float:
        """Of a load at 1.45 times the rating; one that is hardly above it takes far longer."""
        return self.warms_s + state.gap_ns / SECOND_NS

    def numbers(self, state: Circuit, status: Status) -> tuple[Numbers, Numbers]:
        """The load against the rating, in percent."""
        del status
        overload = state.state.overload
        seen = {"load_pct": round(100 * overload.load), "peak_pct": round(100 * overload.peak)}
        return {**seen}, {"rating_a": self.rating_a, "sharp_pct": round(100 * SHARP)}
