"""Milesight WS302 on its own: how loud it was since the last report; no sound leaves it."""

from edge.profiles.base import Expected, Recorded
from edge.profiles.codec import bare
from edge.profiles.milesight import CODECS
from edge.reading import SECOND_NS
from edge.wire import Reason

PROFILE = bare(next(codec for codec in CODECS if codec.name == "ws302"))

_TOPIC = "lorawan/ws302/24E124743C000001/85"
_DEVICE = "lorawan:24e124743c000001"
_NOW_NS = 1_695_282_399 * SECOND_NS
RECORDED = (
    Recorded(
        "the example of its maker: 57.5 now, 47.4 on the whole, 61.8 at the loudest",
        _TOPIC,
        bytes.fromhex("017564 055B053F02DA016A02"),
        _NOW_NS,
        (
            Expected(_DEVICE, "battery.pct", 100.0, _NOW_NS),
            Expected(_DEVICE, "noise.level", 47.4, _NOW_NS),
        ),
    ),
    Recorded("a field cut short", _TOPIC, bytes.fromhex("055B053F"), _NOW_NS, Reason.BAD_FRAME),
)
