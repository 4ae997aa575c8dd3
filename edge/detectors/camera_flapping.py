"""A camera goes down again and again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from edge.camera import FLAP_GAP_NS, Camera
from edge.detectors.base import Condition, Status
from edge.point_rule import Numbers, PointRule, ends, lasting
from edge.reading import Tier

DOWNS = 4


@dataclass(frozen=True, slots=True)
class CameraFlapping(PointRule[Camera]):
    """Four times down with less than half an hour from each to the next."""

    watches: ClassVar[type] = Camera
    rule: ClassVar[str] = "camera_flapping"
    category: ClassVar[str] = "device"
    sentences: ClassVar[Mapping[Condition, tuple[str, str]]] = {
        Condition.HOLDS: (
            "摄像头自 {since} 起反复掉线 {downs:g} 次，请检查供电和网线",
            "The camera has gone down {downs:g} times since {since}: look at power and cable",
        ),
        Condition.GONE: (
            "摄像头半小时内未再掉线；自 {since} 起共 {downs:g} 次",
            "The camera has not gone down for half an hour; {downs:g} times since {since}",
        ),
    }

    @classmethod
    def install(cls) -> tuple["CameraFlapping", ...]:
        """One rule for every camera."""
        return (cls(Tier.GENERAL),)

    def since_ns(self, state: Camera, now_ns: int) -> int | None:
        """When it went down first."""
        return lasting(state.state.downs, now_ns, FLAP_GAP_NS, DOWNS)

    def moments(self, state: Camera) -> Iterable[int]:
        """Yield when the last time is long enough ago."""
        return ends(state.state.downs, FLAP_GAP_NS)

    def numbers(self, state: Camera, status: Status) -> tuple[Numbers, Numbers]:
        """How often."""
        del status
        return {"downs": float(state.state.downs.count)}, {"downs_min": float(DOWNS)}
