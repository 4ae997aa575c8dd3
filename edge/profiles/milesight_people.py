"""Milesight VS121 on its own: how many people are in view, and nothing else of them."""

from edge.profiles.base import Expected, Recorded
from edge.profiles.codec import bare
from edge.profiles.milesight import CODECS
from edge.reading import SECOND_NS
from edge.wire import Reason

PROFILE = bare(next(codec for codec in CODECS if codec.name == "vs121"))

_TOPIC = "lorawan/vs121/24E124600B000001/85"
_DEVICE = "lorawan:24e124600b000001"
_NOW_NS = 1_695_282_399 * SECOND_NS
RECORDED = (
    Recorded(
        "the example of its maker: three people, and the most of the last minutes",
        _TOPIC,
        bytes.fromhex("04C9030800A1 06CD05"),
        _NOW_NS,
        (Expected(_DEVICE, "crowd.count", 3.0, _NOW_NS),),
    ),
    Recorded(
        "what it is, and who went where, says nothing",
        _TOPIC,
        bytes.fromhex("FF0101 FF086600B0940976 FF090100 FF1F1F07004B 05CC02000100"),
        _NOW_NS,
        (),
    ),
    Recorded("a field cut short", _TOPIC, bytes.fromhex("04C903"), _NOW_NS, Reason.BAD_FRAME),
)
