"""A lift breaks down again and again: it is mended, but not in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.detectors.base import Condition, Status
from edge.lift import OFTEN, WINDOW_NS, Lift
from edge.point_rule import Numbers, PointRule
from edge.reading import DAY_NS, Tier


@dataclass(frozen=True, slots=True)
class LiftRepeatFault(PointRule[Lift]):
    """Three faults in 30 days; what it says within an hour is one fault, maintenance is none."""

    watches: ClassVar[type] = Lift
    rule: ClassVar[str] = "lift_repeat_fault"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "电梯 {window_d:g} 天内第 {faults:g} 次故障，建议维保单位彻底排查",
            "The lift has broken down {faults:g} times in {window_d:g} days: have it looked into",
        ),
        Condition.GONE: (
            "电梯 {window_d:g} 天内的故障已少于 {faults_min:g} 次",
            "The lift has had fewer than {faults_min:g} faults in {window_d:g} days",
        ),
    }

    @classmethod
    def install(cls) -> tuple["LiftRepeatFault", ...]:
        """One rule for every lift."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Lift, now_ns: int) -> int | None:
        """When there were enough, while there are."""
        return state.state.often_ns if len(state.lately(now_ns)) >= OFTEN else None

    def moments(self, state: Lift) -> Iterable[int]:
        """Yield when so many faults are too long ago that few are left."""
        if len(state.state.faults) >= OFTEN:
            yield state.state.faults[-OFTEN] + WINDOW_NS

    def numbers(self, state: Lift, status: Status) -> tuple[Numbers, Numbers]:
        """How many faults, against how many are told."""
        faults = float(len(state.lately(status.at_ns)))
        return {"faults": faults}, {"faults_min": float(OFTEN), "window_d": WINDOW_NS / DAY_NS}
