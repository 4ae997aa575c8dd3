"""Milesight EM300-MCS on its own: a door contact whose history is back-dated."""

from edge.profiles.base import Expected, Recorded
from edge.profiles.codec import bare
from edge.profiles.milesight import CODECS
from edge.reading import SECOND_NS
from edge.wire import Reason

PROFILE = bare(next(codec for codec in CODECS if codec.name == "em300-mcs"))

_TOPIC = "lorawan/em300-mcs/24E124141C000001/85"
_DEVICE = "lorawan:24e124141c000001"
_PAST_NS = 1_665_561_758 * SECOND_NS
_NOW_NS = _PAST_NS + 3_600 * SECOND_NS
RECORDED = (
    Recorded(
        "an open door",
        _TOPIC,
        bytes.fromhex("01755C 03673401 046865 060001"),
        _NOW_NS,
        (
            Expected(_DEVICE, "battery.pct", 92.0, _NOW_NS),
            Expected(_DEVICE, "temperature.c", 30.8, _NOW_NS),
            Expected(_DEVICE, "humidity.pct", 50.5, _NOW_NS),
            Expected(_DEVICE, "door.contact", "open", _NOW_NS),
        ),
    ),
    Recorded(
        "a door that was open an hour ago is history",
        _TOPIC,
        bytes.fromhex("20CE9E74466310015D01"),
        _NOW_NS,
        (
            Expected(_DEVICE, "temperature.c", 27.2, _PAST_NS, historical=True),
            Expected(_DEVICE, "humidity.pct", 46.5, _PAST_NS, historical=True),
            Expected(_DEVICE, "door.contact", "open", _PAST_NS, historical=True),
        ),
    ),
    Recorded("a field cut short", _TOPIC, b"\x01\x75", _NOW_NS, Reason.BAD_FRAME),
    Recorded(
        "another model's field", _TOPIC, bytes.fromhex("06E10A000A0000000000"), _NOW_NS,
        Reason.BAD_FRAME,
    ),
)  # fmt: skip
