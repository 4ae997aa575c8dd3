"""A value that never stands still does, while the same at other devices moves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.instrument import Instrument
from edge.point_rule import Numbers, PointRule
from edge.reading import HOUR_NS, Tier


@dataclass(frozen=True, slots=True)
class ValueFrozen(PointRule[Instrument]):
    """The same for 48 h and as many words, while two others of the site changed five times.

    For the weather and the voltage of the mains; no register is frozen by standing still. A
    device without such neighbours cannot be judged. It ends with the first other value.
    """

    watches: ClassVar[type] = Instrument
    rule: ClassVar[str] = "value_frozen"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "设备的 {channel} 已 {still_h:g} 小时停在 {value:g}，同类设备正常变化，疑似传感器卡死",
            "The device's {channel} has stood at {value:g} for {still_h:g} h; that of others moves",
        ),
        Condition.GONE: (
            "设备的数值已恢复变化，此前自 {since} 起不变",
            "The device's value moves again; it had stood still since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["ValueFrozen", ...]:
        """One rule for every instrument."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Instrument, now_ns: int) -> int | None:
        """Since when the first of its frozen channels stands still."""
        del now_ns
        return min(state.state.still.values(), default=None)

    def moments(self, state: Instrument) -> Iterable[int]:
        """Yield nothing: only its values show that they move."""
        del state
        return ()

    def numbers(self, state: Instrument, status: Status) -> tuple[Numbers, Numbers]:
        """Which value, for how long."""
        still = state.state.still
        channel = min(still, key=still.__getitem__, default="")
        trace = state.state.traces.get(channel)
        still_h = round((status.at_ns - status.since_ns) / HOUR_NS)
        value = trace.value if trace else 0.0
        return {"channel": channel, "value": value, "still_h": still_h}, {}
