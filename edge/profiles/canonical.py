"""Our own message v1 on `sw/1`, through the same door as everybody else's.

The agent subscribes to its own site's topics by itself, so there are no filters here.
Identity is the message's own device, boot and seq; the digest is the one of `edge.wire`.
"""

from edge import topic as topics
from edge import wire
from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    VendorMessage,
    VendorMessages,
    VendorReading,
    vendor_id,
)
from edge.reading import Kind
from edge.wire import Reason

_T_NS = 1_788_390_574 * 1_000_000_000
_TOPIC = f"{topics.PREFIX}/s01/b1/u-102/water/wm-7f3a/obs"


def _claims(topic: str, payload: bytes) -> bool:
    del payload
    return topic.startswith(f"{topics.PREFIX}/")


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    decoded = wire.decode(topic, payload, received_ns)
    readings = tuple(
        VendorReading(
            each.kind, each.channel, each.value, each.at_ns,
            each.clock, each.quality, each.historical, each.resolution,
        )
        for each in decoded.readings
    )  # fmt: skip
    message = VendorMessage(
        vendor_id("canonical", decoded.device), decoded.boot, decoded.seq,
        decoded.digest.to_bytes(4), readings, decoded.rejected,
    )  # fmt: skip
    return (message,)


PROFILE = Profile("canonical", tuple(Kind), (), _claims, _decode)
RECORDED = (
    Recorded(
        "a register and its state",
        _TOPIC,
        b'{"v":1,"dev":"wm-7f3a","boot":17,"seq":48213,"t":1788390574.0,"tsrc":"meter",'
        b'"e":[{"n":"water.total","u":"m3","v":6.054,"r":0.001},{"n":"meter.fault","vs":""}]}',
        _T_NS + 27_412_000_000,
        (
            Expected("canonical:wm-7f3a", "water.total", 6.054, _T_NS),
            Expected("canonical:wm-7f3a", "meter.fault", "", _T_NS),
        ),
    ),
    Recorded(
        "another device's topic",
        _TOPIC,
        b'{"v":1,"dev":"wm-0000","seq":1,"t":1788390574,"e":[]}',
        _T_NS,
        Reason.IDENTITY_MISMATCH,
    ),
)
