"""A device measures what cannot be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.instrument import RANGES, Instrument
from edge.point_rule import Numbers, PointRule, lasting
from edge.reading import DAY_NS, Tier


@dataclass(frozen=True, slots=True)
class ValueImpossible(PointRule[Instrument]):
    """Outside what nature allows; told once, and over after a day of values that can be."""

    watches: ClassVar[type] = Instrument
    rule: ClassVar[str] = "value_impossible"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "设备自 {since} 起上报不可能的数值：{channel} = {value:g}（应在 {low:g} 至 {high:g}）",
            "What cannot be, since {since}: {channel} = {value:g} ({low:g} to {high:g} can be)",
        ),
        Condition.GONE: (
            "设备一天内未再上报不可能的数值；自 {since} 起共 {times:g} 次",
            "A day without impossible values; there were {times:g} since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["ValueImpossible", ...]:
        """One rule for every instrument."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Instrument, now_ns: int) -> int | None:
        """When the first of the impossible values was."""
        return lasting(state.state.odd, now_ns, DAY_NS)

    def moments(self, state: Instrument) -> Iterable[int]:
        """Yield nothing: only its values show that it is well."""
        del state
        return ()

    def numbers(self, state: Instrument, status: Status) -> tuple[Numbers, Numbers]:
        """The last such value, and what can be."""
        del status
        said = state.state
        low, high = RANGES.get(said.odd_channel, (0.0, 0.0))
        times = float(said.odd.count)
        seen: Numbers = {"channel": said.odd_channel, "value": said.odd_value, "times": times}
        return seen, {"low": low, "high": high}
