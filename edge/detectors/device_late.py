"""What a device says comes too late for what is promised of its home."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.lateness import DAYS_LATE, WITHIN_DAYS, Lateness
from edge.point_rule import Numbers, PointRule
from edge.reading import DAY_NS, MINUTE_NS, SECOND_NS, Tier


@dataclass(frozen=True, slots=True)
class DeviceLate(PointRule[Lateness]):
    """On three days of seven a live message came later than two intervals and 15 min.

    What could not have come sooner, since the edge or the adapter was cut off, is excused, and so
    is what the device calls history. It is over after three days on which it was on time.
    """

    watches: ClassVar[type] = Lateness
    rule: ClassVar[str] = "device_late"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "7 天内 {days:g} 天数据迟到，最久 {worst_min:g} 分钟（允许 {allowed_min:g} 分钟）",
            "Late on {days:g} of 7 days, by up to {worst_min:g} min ({allowed_min:g} are allowed)",
        ),
        Condition.GONE: (
            "设备数据已恢复准时",
            "What the device says comes in time again",
        ),
    }

    @classmethod
    def install(cls) -> tuple["DeviceLate", ...]:
        """One rule for every device."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Lateness, now_ns: int) -> int | None:
        """When it became too often."""
        del now_ns
        return state.state.told_ns

    def moments(self, state: Lateness) -> Iterable[int]:
        """Yield nothing: only its messages show when they come."""
        del state
        return ()

    def delay_s(self, state: Lateness) -> float:
        """The days that it takes to be late often enough."""
        del state
        return WITHIN_DAYS * DAY_NS / SECOND_NS

    def numbers(self, state: Lateness, status: Status) -> tuple[Numbers, Numbers]:
        """On how many days, and by how much."""
        del status
        late = state.state
        recent = [day for day in late.worst_ns if day > late.day - WITHIN_DAYS]
        worst_min = float(round(state.worst_s(late.day) * SECOND_NS / MINUTE_NS))
        usual: Numbers = {"allowed_min": float(round(late.allowed_ns / MINUTE_NS))}
        seen: Numbers = {"days": float(len(recent)), "worst_min": worst_min}
        return seen, usual | {"days_min": float(DAYS_LATE)}
