"""A device says once more what it said before: somebody plays its values back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.echo import STRETCH
from edge.instrument import Instrument
from edge.point_rule import Numbers, PointRule, lasting
from edge.reading import DAY_NS, Tier


@dataclass(frozen=True, slots=True)
class DeviceReplayed(PointRule[Instrument]):
    """More than thirty values of the weather or the mains in a row that equal earlier ones.

    Copies under their own names are dropped, and a register that goes back is `meter_break`; this
    is of values under new names and times. It is over after a day without.
    """

    watches: ClassVar[type] = Instrument
    rule: ClassVar[str] = "device_replayed"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "自 {since} 起 {channel} 逐值重复此前上报过的一段，疑似旧数据被重放",
            "Since {since} {channel} repeats, value for value, what it said before: a replay?",
        ),
        Condition.GONE: (
            "一天内未再重复旧数据，此前自 {since} 起",
            "For a day nothing old was repeated; it was since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["DeviceReplayed", ...]:
        """One rule for every instrument."""
        return (cls(Tier.IMPORTANT),)

    def since_ns(self, state: Instrument, now_ns: int) -> int | None:
        """When the first of the repeated stretches began."""
        return lasting(state.state.echoed, now_ns, DAY_NS)

    def moments(self, state: Instrument) -> Iterable[int]:
        """Yield nothing: only its values show whether they are new."""
        del state
        return ()

    def numbers(self, state: Instrument, status: Status) -> tuple[Numbers, Numbers]:
        """Which channel, and how many values went on with a repetition."""
        del status
        seen: Numbers = {
            "channel": state.state.echoed_channel,
            "repeats": float(state.state.echoed.count),
        }
        return seen, {"stretch": float(STRETCH)}
