"""Two devices speak under one name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.numbering import FORGET_NS, SWITCHES_MIN, Numbering
from edge.point_rule import Numbers, PointRule, lasting
from edge.reading import Tier


@dataclass(frozen=True, slots=True)
class DeviceCloned(PointRule[Numbering]):
    """Its numbers, or its boots, jump to and fro and go on where they were, six times.

    Less than a day lies from each return to the next. A device that begins to number anew
    jumps once. It is over when a message comes a day after the last return.
    """

    watches: ClassVar[type] = Numbering
    rule: ClassVar[str] = "device_cloned"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "自 {since} 起有两个来源用同一编号上报（序号交替 {switches:g} 次），疑似设备被复制",
            "Since {since} two sources speak under one name; they took turns {switches:g} times",
        ),
        Condition.GONE: (
            "一天内未再出现两个来源交替上报，此前自 {since} 起",
            "For a day only one source spoke under the device's name; there were two since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["DeviceCloned", ...]:
        """One rule for every device."""
        return (cls(Tier.IMPORTANT),)

    def since_ns(self, state: Numbering, now_ns: int) -> int | None:
        """When the first of enough returns was."""
        return lasting(state.state.switches, now_ns, FORGET_NS, SWITCHES_MIN)

    def moments(self, state: Numbering) -> Iterable[int]:
        """Yield nothing: only its messages show that there is one."""
        del state
        return ()

    def numbers(self, state: Numbering, status: Status) -> tuple[Numbers, Numbers]:
        """How many returns."""
        del status
        switches = float(state.state.switches.count)
        return {"switches": switches}, {"switches_min": float(SWITCHES_MIN)}
