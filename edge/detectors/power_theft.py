"""Power is drawn from a public supply at hours in which nobody has business with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.circuit import Circuit
from edge.detectors.base import Condition, Status
from edge.feeder_terms import FeederTerms
from edge.load import BIN_NS
from edge.off_hours import GRACE_NS, LAST_NS
from edge.point_rule import Numbers, PointRule
from edge.reading import SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class PowerTheft(PointRule[Circuit]):
    """For half an hour off hours every mean is above what is agreed, or twice what is learned.

    It fails for whoever takes power within the hours. A repair or a lamp that was left on looks
    the same: the sentence says what is known, and not who did it.
    """

    watches: ClassVar[type] = Circuit
    rule: ClassVar[str] = "power_theft"
    category: ClassVar[str] = "electric"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            (
                "公共用电异常：{since} 起在非用电时段（应在 {hours}）用电约 {watts:g} 瓦"
                "（上限 {limit_w:g} 瓦），疑似私接或忘关"
            ),
            (
                "Power is drawn outside the hours {hours} since {since}: about {watts:g} W "
                "(limit {limit_w:g} W); somebody tapped the supply, or left a load on"
            ),
        ),
        Condition.GONE: (
            "非用电时段的异常用电已停止或已到用电时段（{at}），自 {since} 起共约 {energy_kwh:g} 度",
            (
                "The load off hours has ended, or its hours have begun ({at}); about "
                "{energy_kwh:g} kWh since {since}"
            ),
        ),
    }

    hours: str
    idle_w: float | None

    @classmethod
    def install(cls, terms: FeederTerms) -> tuple["PowerTheft", ...]:
        """One rule for a circuit with hours."""
        return (cls(Tier.GENERAL, terms.hours, terms.idle_w),) if terms.hours else ()

    def since_ns(self, state: Circuit, now_ns: int) -> int | None:
        """Since when, once that is long enough."""
        del now_ns
        return state.state.off_hours.load.told_ns

    def moments(self, state: Circuit) -> Iterable[int]:
        """Yield nothing: only readings can prove a load."""
        del state
        return ()

    def delay_s(self, state: Circuit) -> float:
        """From the end of the grace after the hours on."""
        return (GRACE_NS + LAST_NS + BIN_NS + state.gap_ns) / SECOND_NS

    def numbers(self, state: Circuit, status: Status) -> tuple[Numbers, Numbers]:
        """What is drawn, how much in all, and from where on it is too much."""
        del status
        off_hours = state.state.off_hours
        seen: Numbers = {
            "watts": round(off_hours.watts),
            "energy_kwh": round(off_hours.energy_wh / 1_000, 2),
        }
        limit_w = off_hours.limit_w(self.idle_w) or 0.0
        return seen, {"limit_w": round(limit_w), "hours": self.hours}
