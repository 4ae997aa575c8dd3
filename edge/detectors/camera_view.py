"""A camera that is up shows nothing of use: black, frozen, blurred, covered or turned away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from edge.camera import CAMERA_VIEWS, Camera
from edge.detectors.base import Condition, Status
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, Tier

PATIENCE_NS = 10 * MINUTE_NS


@dataclass(frozen=True, slots=True)
class CameraView(PointRule[Camera]):
    """Its recorder has said so for ten minutes. No picture is looked at here.

    What is wrong may change meanwhile; it ends when nothing is wrong, or the camera goes down.
    """

    watches: ClassVar[type] = Camera
    rule: ClassVar[str] = "camera_view"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "摄像头画面自 {since} 起异常（{view_zh}），已 {minutes} 分钟",
            "The picture has been {view} for {minutes} min, since {since}",
        ),
        Condition.GONE: (
            "摄像头画面已恢复或摄像头掉线，此前自 {since} 起异常",
            "The picture is well again, or the camera is down; it was not since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["CameraView", ...]:
        """One rule for every camera."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Camera, now_ns: int) -> int | None:
        """When the first thing went wrong, once that is long enough ago."""
        due_ns = min(self.moments(state), default=None)
        return None if due_ns is None or now_ns < due_ns else min(state.state.views.values())

    def moments(self, state: Camera) -> Iterable[int]:
        """Yield when it has been wrong for long enough."""
        wrong_ns, listening_ns = state.state.views.values(), state.listening_ns
        if wrong_ns and listening_ns is not None and state.state.down_ns is None:
            yield max(min(wrong_ns), listening_ns) + PATIENCE_NS

    def numbers(self, state: Camera, status: Status) -> tuple[Numbers, Numbers]:
        """What is wrong, and for how long."""
        wrong = min(state.state.views, key=state.state.views.__getitem__, default="")
        wrong_min = round((status.at_ns - status.since_ns) / MINUTE_NS, 1)
        seen: Numbers = {"view": CAMERA_VIEWS.get(wrong, ""), "wrong_min": wrong_min}
        return seen, {"patience_min": PATIENCE_NS / MINUTE_NS}

    def words(self, seen: Numbers) -> Mapping[str, str]:
        """What is wrong, in Chinese."""
        return {"view_zh": _ZH.get(str(seen["view"]), "")}


_ZH: Mapping[str, str] = MappingProxyType(
    {"black": "黑屏", "frozen": "卡住", "blurred": "模糊", "covered": "遮挡", "moved": "方向改变"}
)
