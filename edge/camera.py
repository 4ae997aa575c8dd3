"""One camera, as its recorder or its software says: up or down, how many pictures, how they are.

Of pictures themselves nothing is known here, and nothing is kept.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from edge.point import Point
from edge.reading import DAY_NS, MINUTE_NS, Reading
from edge.run import Run

FLAP_GAP_NS = 30 * MINUTE_NS
BLIND_NS = 5 * MINUTE_NS
"""A camera that goes down so soon before or after a suspicious word of a door may be blinded."""
CAMERA_VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "cam.black": "black",
        "cam.frozen": "frozen",
        "cam.blurred": "blurred",
        "cam.covered": "covered",
        "cam.moved": "moved",
        "cam.frame_age": "frozen",
    }
)
"""Channels that say how the picture is, and the word for what is wrong with it."""
STALE_S = 60.0
"""A last picture of this age is a frozen one."""
FPS_KNOWN = 50
SLOW_PART = 0.25
_USUAL_PART = 1 / 3
"""A slow one is usual again from here on, lest it be slow and usual by turns."""
_MEMORY_NS = DAY_NS
"""What is usual fades over a day, so that a few hours of darkness do not become the usual."""
_WEIGHT_MAX = 0.02


class CameraState(Struct, array_like=True):
    """A camera as it goes into a checkpoint; `usual_fps` is the mean of `fps_seen`, fading.

    `views` are the channels that say what is wrong with the picture, and since when; each was
    last heard at its time in `views_ns`.
    """

    down_ns: int | None = None
    newest_ns: int = 0
    downs: Run = Run()
    usual_fps: float = 0.0
    fps_seen: int = 0
    slow_ns: int | None = None
    fps_ns: int = 0
    door_ns: int | None = None
    blind_ns: int | None = None
    views: dict[str, int] = field(default_factory=dict)
    views_ns: dict[str, int] = field(default_factory=dict)


class Camera(Point[CameraState]):
    """The camera `device`; it also hears the doors near it."""

    __slots__ = ("device", "state")

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.state = CameraState()

    def hear(self, reading: Reading) -> None:
        """Take in a word of the camera or of a door near it; `unknown` changes nothing."""
        at_ns = min(reading.at_ns, reading.received_ns)
        if reading.device != self.device:
            if (reading.channel, reading.value) in _SUSPICIOUS:
                self._note_door(at_ns)
        elif reading.channel == "cam.state" and at_ns >= self.state.newest_ns:
            self.state.newest_ns = at_ns
            self._hear_state(str(reading.value), at_ns, reading.received_ns)
        elif reading.channel == "cam.fps" and not isinstance(reading.value, str):
            self._hear_fps(reading.value, at_ns)

        elif reading.channel in CAMERA_VIEWS:
            self._hear_view(reading.channel, reading.value, at_ns)

    def _hear_view(self, channel: str, value: float | str, at_ns: int) -> None:
        state = self.state
        if at_ns < state.views_ns.get(channel, 0):
            return
        state.views_ns[channel] = at_ns
        if isinstance(value, str):
            is_wrong = value == CAMERA_VIEWS[channel]
        else:
            is_wrong = channel == "cam.frame_age" and value >= STALE_S
        if is_wrong:
            state.views.setdefault(channel, at_ns)
        else:
            state.views.pop(channel, None)

    def _hear_state(self, word: str, at_ns: int, received_ns: int) -> None:
        state = self.state
        if word == "up":
            state.down_ns = state.blind_ns = None
        elif word == "down" and state.down_ns is None:
            state.down_ns, state.slow_ns = at_ns, None
            state.downs = state.downs.then(at_ns, received_ns, FLAP_GAP_NS)
            self._look_for_blinding(state.door_ns)

    def _hear_fps(self, fps: float, at_ns: int) -> None:
        """Learn from what is not slow, so that a slow camera does not become the usual one."""
        state = self.state
        if state.down_ns is not None or fps <= 0 or at_ns < state.fps_ns:
            return
        gap_ns, state.fps_ns = at_ns - state.fps_ns, at_ns
        part = SLOW_PART if state.slow_ns is None else _USUAL_PART
        if state.fps_seen >= FPS_KNOWN and fps < part * state.usual_fps:
            state.slow_ns = at_ns if state.slow_ns is None else state.slow_ns
            return
        state.slow_ns = None
        state.fps_seen += 1
        weight = max(min(gap_ns / _MEMORY_NS, _WEIGHT_MAX), 1 / state.fps_seen)
        state.usual_fps += (fps - state.usual_fps) * weight

    def _note_door(self, at_ns: int) -> None:
        self.state.door_ns = max(at_ns, self.state.door_ns or 0)
        self._look_for_blinding(at_ns)

    def _look_for_blinding(self, door_ns: int | None) -> None:
        down_ns = self.state.down_ns
        if down_ns is None or door_ns is None or self.state.downs.count > 1:
            return  # one that flaps goes down beside every opening, by chance
        if abs(down_ns - door_ns) <= BLIND_NS:
            self.state.blind_ns = down_ns


_SUSPICIOUS = frozenset({("door.access", "denied"), ("door.contact", "open")})
