"""A camera went down just when somebody was at a restricted door near it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.camera import BLIND_NS, Camera
from edge.detectors.base import Condition, Status
from edge.point_rule import Numbers, PointRule
from edge.reading import MINUTE_NS, Tier


@dataclass(frozen=True, slots=True)
class CameraBlinded(PointRule[Camera]):
    """Down within five minutes of a denial at, or an opening of, a restricted door there.

    Restricted are doors of the same building with hours: at busy doors it would be chance, and
    so it would with a camera that goes down again and again.
    """

    watches: ClassVar[type] = Camera
    version: ClassVar[int] = 2
    rule: ClassVar[str] = "camera_blinded"
    category: ClassVar[str] = "security"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "摄像头于 {since} 掉线，{within_min:g} 分钟内同楼受限的门有开启或拒绝，可能被破坏",
            (
                "The camera went down at {since}, within {within_min:g} min of an opening of or a "
                "denial at a restricted door of the building: somebody may have blinded it"
            ),
        ),
        Condition.GONE: (
            "摄像头已恢复；它在受限的门有动静前后自 {since} 起掉线，请查看录像",
            "The camera is up again; it went down at {since}, as a restricted door was used",
        ),
    }

    @classmethod
    def install(cls) -> tuple["CameraBlinded", ...]:
        """One rule for every camera."""
        return (cls(Tier.IMPORTANT),)

    def since_ns(self, state: Camera, now_ns: int) -> int | None:
        """When it went down, if a restricted door was used about then."""
        del now_ns
        return state.state.blind_ns

    def moments(self, state: Camera) -> Iterable[int]:
        """Yield nothing: two messages make it, and another ends it."""
        del state
        return ()

    def numbers(self, state: Camera, status: Status) -> tuple[Numbers, Numbers]:
        """How far apart the two were, in minutes."""
        door_ns = state.state.door_ns or status.since_ns
        apart_min = round(abs(door_ns - status.since_ns) / MINUTE_NS, 1)
        return {"apart_min": apart_min}, {"within_min": BLIND_NS / MINUTE_NS}
