"""An e-bike is charged where nobody may charge one, as the circuit's own load shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.charging import PLATEAU_NS, PLATEAU_NS_MAX
from edge.circuit import Circuit
from edge.detectors.base import Condition, Status
from edge.feeder_terms import FeederTerms
from edge.point_rule import Numbers, PointRule
from edge.reading import HOUR_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class EbikeCharging(PointRule[Circuit]):
    """The load has the signature of a charger (`edge.charging`), where or when none may be.

    It fails for two chargers that end together, and for a battery that is nearly full. A home's
    own meter is never asked: at fifteen minutes and ten watt hours a heater or a lamp looks the
    same.
    """

    watches: ClassVar[type] = Circuit
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "ebike_charging"
    category: ClassVar[str] = "electric"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "疑似电动车违规充电：自 {since} 起持续约 {charger_w:g} 瓦，符合蓄电池充电特征",
            (
                "Probably an e-bike is charged where it must not be: about {charger_w:g} W since "
                "{since}, as a battery takes it"
            ),
        ),
        Condition.GONE: (
            "疑似充电的负荷已结束或已到允许时段（{at}），此前自 {since} 起",
            (
                "The load that looked like a charger has ended, or may be there now ({at}); it "
                "was there since {since}"
            ),
        ),
    }

    @classmethod
    def install(cls, terms: FeederTerms) -> tuple["EbikeCharging", ...]:
        """One rule where charging is forbidden, or forbidden at some hours."""
        return (cls(Tier.IMPORTANT),) if terms.looks_for_charging else ()

    def since_ns(self, state: Circuit, now_ns: int) -> int | None:
        """When the charge began, once it shows itself, while nobody may charge."""
        del now_ns
        charging = state.state.charging
        shown = charging.shown()
        return shown.told_ns if shown and state.is_charging_odd(charging.at_ns) else None

    def moments(self, state: Circuit) -> Iterable[int]:
        """Yield nothing: only readings show how the load goes on."""
        del state
        return ()

    def delay_s(self, state: Circuit) -> float:
        """A plateau that does not rise shows itself by its tail only."""
        return (PLATEAU_NS_MAX + HOUR_NS + state.gap_ns) / SECOND_NS

    def numbers(self, state: Circuit, status: Status) -> tuple[Numbers, Numbers]:
        """The power of the charger above what the circuit took before, and what gives it away."""
        del status
        charging = state.state.charging.shown() or state.state.charging
        seen: Numbers = {
            "charger_w": round(charging.high_w),
            "base_w": round(charging.base_w),
            "proof": charging.proof.value,
        }
        return seen, {"plateau_h": PLATEAU_NS / HOUR_NS}
