"""A battery is nearly empty, by its percentage."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.instrument import WEAK_PCT, WELL_PCT, Instrument
from edge.point_rule import Numbers, PointRule
from edge.reading import Tier


@dataclass(frozen=True, slots=True)
class BatteryWeak(PointRule[Instrument]):
    """At ten per cent or less; over at twenty, so that cold nights do not tell it anew."""

    watches: ClassVar[type] = Instrument
    rule: ClassVar[str] = "battery_weak"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "设备电池仅剩 {battery_pct:g}%，请安排更换（{since}）",
            "The battery is at {battery_pct:g} %: have it replaced ({since})",
        ),
        Condition.GONE: (
            "设备电池已恢复至 {battery_pct:g}%，此前自 {since} 起过低",
            "The battery is at {battery_pct:g} % again; it was low since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["BatteryWeak", ...]:
        """One rule for every instrument."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Instrument, now_ns: int) -> int | None:
        """When it first said so little."""
        del now_ns
        return state.state.weak_ns

    def moments(self, state: Instrument) -> Iterable[int]:
        """Yield nothing: only its own word shows another battery."""
        del state
        return ()

    def numbers(self, state: Instrument, status: Status) -> tuple[Numbers, Numbers]:
        """What it has left."""
        del status
        seen: Numbers = {"battery_pct": state.state.battery_pct}
        return seen, {"weak_pct": WEAK_PCT, "well_pct": WELL_PCT}
