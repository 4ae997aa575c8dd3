"""A sensor moves away from its neighbours, a little every day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.drift import DAYS_MAX, LIMITS, Drift
from edge.instrument import Instrument
from edge.point_rule import Numbers, PointRule
from edge.reading import DAY_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class ValueDrift(PointRule[Instrument]):
    """Two degrees, a tenth of the humidity or six volts from three neighbours, in weeks.

    A device without three neighbours in its building cannot be judged. It ends when it has
    hardly moved on for half of the weeks that are looked at; what it is off by then stays.
    """

    watches: ClassVar[type] = Instrument
    rule: ClassVar[str] = "value_drift"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "{channel} 在 {days:g} 天内相对同楼 {neighbours:g} 台同类设备偏移 {moved:+g}，疑似漂移",
            "{channel} moved {moved:+g} in {days:g} days beside {neighbours:g} others: it drifts",
        ),
        Condition.GONE: (
            "设备的数值不再继续偏移；此前的偏差可能仍在，请核对",
            "The device's value moves away no further; what it was off by may remain",
        ),
    }

    @classmethod
    def install(cls) -> tuple["ValueDrift", ...]:
        """One rule for every instrument."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Instrument, now_ns: int) -> int | None:
        """Since when the first of its drifting channels is looked at."""
        del now_ns
        return min((each.since_ns for each in state.state.drifts.values()), default=None)

    def moments(self, state: Instrument) -> Iterable[int]:
        """Yield nothing: only its values show how it lies."""
        del state
        return ()

    def delay_s(self, state: Instrument) -> float:
        """The weeks that are looked at."""
        del state
        return DAYS_MAX * DAY_NS / SECOND_NS

    def numbers(self, state: Instrument, status: Status) -> tuple[Numbers, Numbers]:
        """Which channel, how far it moved, and beside how many."""
        del status
        drifts = state.state.drifts
        channel = min(drifts, key=lambda name: drifts[name].since_ns, default="")
        seen = drifts.get(channel, Drift(0, 0.0, 0, 0))
        moved = round(seen.moved, 1)
        numbers: Numbers = {"channel": channel, "moved": moved, "days": float(seen.days)}
        return numbers | {"neighbours": float(seen.neighbours)}, {
            "moved_max": LIMITS.get(channel, 0.0)
        }
