"""Gas, smoke, a call for help, water on the floor, a lift: what a device says goes to people.

No model stands between the device and the person. The finding is made from the one message,
whatever is thought of its clock, and nothing less urgent may hold it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from edge.detectors.base import Condition, Status, WarmingUp, hhmm
from edge.reading import DAY_NS, HOUR_NS, MINUTE_NS, Evidence, Reading, Tier
from edge.signal import Signal


@dataclass(frozen=True, slots=True)
class Hazard:
    """The channel rings. Over when it says so; a call button never does."""

    watches: ClassVar[type] = Signal
    version: ClassVar[int] = 1

    rule: str
    category: str
    what_zh: str
    what_en: str
    again_ns: int
    tier: Tier = Tier.URGENT

    @classmethod
    def install(cls, channel: str) -> tuple["Hazard", ...]:
        """The rule about that channel; none where it is no alarm."""
        found = _HAZARDS.get(channel)
        return (found,) if found else ()

    @classmethod
    def channels(cls) -> Mapping[str, int]:
        """Every alarm channel, and after how many nanoseconds its alarm is another one."""
        return {channel: hazard.again_ns for channel, hazard in _HAZARDS.items()}

    def observe(self, state: Signal, reading: Reading) -> Signal:
        """The signal with `reading` heard."""
        state.hear(reading)
        return state

    def evaluate(
        self, state: Signal, now_ns: int, active_since_ns: int | None = None
    ) -> Status | WarmingUp:
        """Whether it rings. One that rings anew is over first: asked again, it holds."""
        del now_ns
        said = state.state
        if active_since_ns is None:
            condition = Condition.HOLDS if said.rings else Condition.GONE
            return Status(condition, said.since_ns, said.alarm_ns, 0)
        if said.over_ns is not None:
            return Status(Condition.GONE, active_since_ns, said.over_ns, 0)
        if said.since_ns > active_since_ns:
            return Status(Condition.GONE, active_since_ns, said.since_ns, 0)
        return Status(Condition.HOLDS, active_since_ns, said.alarm_ns, 0)

    def next_due(self, state: Signal) -> int | None:
        """Never: only the device ends it, and silence is no all-clear."""
        del state
        return None

    def evidence(self, state: Signal, status: Status, utc_offset_h: float) -> Evidence:
        """What the device said, and when."""
        zh, en = _SENTENCES[status.condition]
        words = {
            "what_zh": self.what_zh,
            "what_en": self.what_en,
            "ask_zh": "请安排检修" if self.tier is Tier.GENERAL else "请立即处置",
            "at": hhmm(status.at_ns, utc_offset_h),
            "since": hhmm(status.since_ns, utc_offset_h),
        }
        return Evidence(
            seen={"said": state.state.word},
            usual={},
            complete_until_ns=status.at_ns,
            delay_s_worst=0.0,
            sentence_zh=zh.format_map(words),
            sentence_en=en.format_map(words),
        )


_HAZARDS: Mapping[str, Hazard] = MappingProxyType(
    {
        "gas.alarm": Hazard("gas_alarm", "gas", "燃气报警", "gas alarm", HOUR_NS),
        "smoke": Hazard("smoke_alarm", "fire", "烟感报警", "smoke alarm", HOUR_NS),
        "sos": Hazard("sos_pressed", "sos", "紧急呼叫按钮被按下", "call for help", 2 * MINUTE_NS),
        "leak": Hazard("water_leak", "leak", "水浸报警", "water on the floor", DAY_NS),
        "lift.trapped": Hazard("lift_trapped", "lift", "电梯困人", "people in a lift", HOUR_NS),
        "lift.off_level": Hazard(
            "lift_off_level", "lift", "电梯非平层停梯", "lift stopped between floors", HOUR_NS
        ),
        "lift.state": Hazard(
            "lift_out_of_service",
            "lift",
            "电梯停用",
            "lift out of service",
            7 * DAY_NS,
            Tier.GENERAL,
        ),
        "battery.state": Hazard(
            "battery_low", "device", "电池电量低", "battery low", 7 * DAY_NS, Tier.GENERAL
        ),
        "device.tamper": Hazard(
            "device_tamper", "security", "设备被拆动或遮挡", "tampering", HOUR_NS, Tier.IMPORTANT
        ),
    }
)
"""By channel. Detectors repeat an alarm within the time after which it would be another one."""

_SENTENCES = {
    Condition.HOLDS: (
        "{what_zh}：设备 {since} 发出报警，{ask_zh}",
        "{what_en}: the device gave the alarm at {since}",
    ),
    Condition.GONE: (
        "{what_zh}解除：设备 {at} 报告恢复或再次报警，此前 {since} 起报警",
        "{what_en} over: the device said so, or rang anew, at {at}; it had rung since {since}",
    ),
}
