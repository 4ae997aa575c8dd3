"""A camera gives far fewer pictures than it usually does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from edge.camera import SLOW_PART, Camera
from edge.detectors.base import Condition, Status
from edge.leeway import Bounds
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, Tier

PATIENCE_NS = 10 * MINUTE_NS


@dataclass(frozen=True, slots=True)
class CameraSlow(PointRule[Camera]):
    """For ten minutes it has had less than a quarter of its own usual rate, of fifty values."""

    watches: ClassVar[type] = Camera
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "camera_slow"
    category: ClassVar[str] = "device"
    tunes: ClassVar[Bounds] = Bounds(3.0)
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "摄像头自 {since} 起帧率过低，不到平时每秒 {usual_fps:g} 帧的四分之一",
            "The camera has had less than a quarter of its usual {usual_fps:g} fps since {since}",
        ),
        Condition.GONE: (
            "摄像头帧率已恢复或状态有变，此前自 {since} 起过低",
            "The camera's rate is usual again, or its state is another; it was low since {since}",
        ),
    }

    patience_ns: int = PATIENCE_NS

    @classmethod
    def install(cls) -> tuple["CameraSlow", ...]:
        """One rule for every camera."""
        return (cls(Tier.GENERAL),)

    def scaled(self, scale: float) -> "CameraSlow":
        """The rule with more patience."""
        return replace(self, patience_ns=int(self.patience_ns * scale))

    def since_ns(self, state: Camera, now_ns: int) -> int | None:
        """When it became slow, once the camera has said so for long enough."""
        slow_ns, newest_ns = state.state.slow_ns, state.state.fps_ns
        if slow_ns is None or min(now_ns, newest_ns) - slow_ns < self.patience_ns:
            return None
        return slow_ns

    def lasts_since_ns(self, state: Camera, now_ns: int) -> int | None:
        """It is slow until it has said otherwise."""
        del now_ns
        return state.state.slow_ns

    def moments(self, state: Camera) -> Iterable[int]:
        """Yield nothing: only the camera's own word can show that it is still slow."""
        del state
        return ()

    def numbers(self, state: Camera, status: Status) -> tuple[Numbers, Numbers]:
        """The rate that is usual, and the part of it that is too little."""
        slow_min = round((status.at_ns - status.since_ns) / MINUTE_NS, 1)
        usual_fps = round(state.state.usual_fps, 1)
        return {"slow_min": slow_min}, {"usual_fps": usual_fps, "slow_part": SLOW_PART}
