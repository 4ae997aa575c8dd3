"""A camera is down, as its recorder says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.camera import Camera
from edge.detectors.base import Condition, Status
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, Tier

PATIENCE_NS = 5 * MINUTE_NS


@dataclass(frozen=True, slots=True)
class CameraDown(PointRule[Camera]):
    """It has been down for five minutes. A camera that merely is not heard is `device_silent`.

    While its recorder or switch is down as well (its adapter), that is the one finding.
    """

    watches: ClassVar[type] = Camera
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "camera_down"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "摄像头自 {since} 起无画面，已 {minutes} 分钟",
            "The camera has been down for {minutes} min, since {since}",
        ),
        Condition.GONE: (
            "摄像头于 {at} 恢复，此前自 {since} 起无画面",
            "The camera is up again at {at}; it had been down since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["CameraDown", ...]:
        """One rule for every camera."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Camera, now_ns: int) -> int | None:
        """When it went down, once that is long enough ago."""
        due_ns = min(self.moments(state), default=None)
        return None if due_ns is None or now_ns < due_ns else state.state.down_ns

    def lasts_since_ns(self, state: Camera, now_ns: int) -> int | None:
        """It is down until it says up, also when the link was lost meanwhile."""
        del now_ns
        return state.state.down_ns

    def moments(self, state: Camera) -> Iterable[int]:
        """Yield when it has been down for long enough."""
        down_ns, listening_ns = state.state.down_ns, state.listening_ns
        if down_ns is not None and listening_ns is not None:
            yield max(down_ns, listening_ns) + PATIENCE_NS

    def numbers(self, state: Camera, status: Status) -> tuple[Numbers, Numbers]:
        """For how long."""
        del state
        down_min = round((status.at_ns - status.since_ns) / MINUTE_NS, 1)
        return {"down_min": down_min}, {"patience_min": PATIENCE_NS / MINUTE_NS}
