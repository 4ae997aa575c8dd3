"""ONVIF: notifications pulled from a camera, as SOAP or RTSP metadata.

The message names a video source and not the camera: whoever pulled hands the camera in on
`http/onvif/<camera>`, or it is `unnamed`. `UtcTime` is UTC with or without a Z. Tampering is said
as a truth, or as a level that was triggered. A message is named by its content, which has its
time.
"""

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    instant_ns,
    seq_of,
    vendor_id,
)
from edge.profiles.field import xml_root
from edge.reading import Kind, TimeSource
from edge.strict_xml import Element
from edge.wire import RECORDS_MAX, Reason, WireError

_BASE = "http/onvif/"
_MOTION = ("motion", "motion", "clear")
_TAMPER = ("device.tamper", "tampered", "clear")
_TOPICS = {
    "Device/Tampering": _TAMPER,
    "RuleEngine/TamperDetector/Tamper": _TAMPER,
    "VideoSource/GlobalSceneChange/ImagingService": _TAMPER,
    "VideoSource/GlobalSceneChange/AnalyticsService": _TAMPER,
    "VideoSource/GlobalSceneChange/RecordingService": _TAMPER,
    "VideoSource/SignalLoss": ("cam.state", "down", "up"),
    "VideoSource/MotionAlarm": _MOTION,
    **{
        f"VideoSource/{event}/{service}": (f"cam.{word}", word, "clear")
        for event, word in (("ImageTooDark", "black"), ("ImageTooBlurry", "blurred"))
        for service in ("ImagingService", "AnalyticsService", "RecordingService")
    },
    "RuleEngine/CellMotionDetector/Motion": _MOTION,
}
"""The path of a topic without its prefix: the channel, its texts for yes and for no."""
_ITEMS = frozenset(("State", "IsTamper", "IsMotion", "Level", "Loss"))
_UNNAMED = "unnamed"
_MARK = b"NotificationMessage"
_ANSWERS = {"true": True, "1": True, "trigger": True, "false": False, "0": False, "normal": False}


def _claims(topic: str, payload: bytes) -> bool:
    return topic.startswith(_BASE) or (topic == "" and _MARK in payload)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if topic and not topic.startswith(_BASE):
        raise WireError(Reason.UNKNOWN_TOPIC, "not http/onvif/<camera>")
    camera = vendor_id("onvif", topic.removeprefix(_BASE) if topic else _UNNAMED)
    notices = list(xml_root(payload).every("NotificationMessage"))
    if len(notices) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {RECORDS_MAX} notifications")
    read = (_message(camera, notice, received_ns) for notice in notices)
    return tuple(message for message in read if message is not None)


def _message(camera: str, notice: Element, received_ns: int) -> VendorMessage | None:
    known = _TOPICS.get(_path(notice.text_of("Topic") or ""))
    if known is None:
        return None
    inner = next((each for each in notice.every("Message") if "UtcTime" in each.attributes), None)
    if inner is None:
        raise WireError(Reason.MISSING_KEY, "'UtcTime' is missing")
    at_ns = instant_ns(inner.attributes["UtcTime"], "UtcTime", utc_offset_h=0.0)
    holds = _answer(inner)
    sheet = Sheet(camera, received_ns, at_ns, TimeSource.DEVICE)
    channel, when_yes, when_no = known
    sheet.add(Kind.CAM, channel, when_yes if holds else when_no)
    return sheet.message(seq=seq_of(f"{channel} {holds} {at_ns}"))


def _path(topic: str) -> str:
    """The topic without the prefixes of its namespaces: tns1:Device/Tampering."""
    return "/".join(step.rpartition(":")[2] for step in topic.split("/"))


def _answer(message: Element) -> bool:
    for part in message.every("Data"):
        for item in part.every("SimpleItem"):
            if item.attributes.get("Name") in _ITEMS:
                answer = _ANSWERS.get(item.attributes.get("Value", "").lower())
                if answer is not None:
                    return answer
    raise WireError(Reason.MISSING_KEY, "no item of 'Data' says yes or no")


PROFILE = Profile(
    name="onvif", kinds=(Kind.CAM,), filters=(f"{_BASE}+",), claims=_claims, decode=_decode
)

_TOPIC = "http/onvif/gate-3"
_CAMERA = "onvif:gate-3"
_NOW_NS = 1_462_234_480_000_000_000
_AT_NS = 1_462_234_473_775_000_000


def _notice(topic: bytes, items: bytes, *, utc: bytes = b"2016-05-03T00:14:33.775") -> bytes:
    return (
        b'<wsnt:NotificationMessage xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">'
        b'<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        + topic + b'</wsnt:Topic><wsnt:Message><tt:Message UtcTime="' + utc
        + b'"><tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" '
        b'Value="VideoSource0"/></tt:Source><tt:Data>' + items
        + b"</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )  # fmt: skip


_TRIGGER = (
    b'<tt:SimpleItem Name="Level" Value="Trigger"/><tt:SimpleItem Name="Percentage" Value="32"/>'
)
RECORDED = (
    Recorded(
        "tampering, in UTC without a Z",
        _TOPIC,
        _notice(b"tns1:Device/Tampering", _TRIGGER),
        _NOW_NS,
        (Expected(_CAMERA, "device.tamper", "tampered", _AT_NS),),
    ),
    Recorded(
        "the signal is back",
        _TOPIC,
        _notice(
            b"tns1:VideoSource/SignalLoss",
            b'<tt:SimpleItem Name="State" Value="false"/>',
            utc=b"2016-05-03T00:14:33.775Z",
        ),
        _NOW_NS,
        (Expected(_CAMERA, "cam.state", "up", _AT_NS),),
    ),
    Recorded(
        "a picture that shows nothing any more",
        _TOPIC,
        _notice(
            b"tns1:VideoSource/ImageTooDark/ImagingService",
            b'<tt:SimpleItem Name="State" Value="true"/>',
        ),
        _NOW_NS,
        (Expected(_CAMERA, "cam.black", "black", _AT_NS),),
    ),
    Recorded(
        "a topic that is not ours", _TOPIC, _notice(b"tns1:Device/Trigger/Relay", b""), _NOW_NS, ()
    ),
    Recorded(
        "a document type is refused",
        _TOPIC,
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        _NOW_NS,
        Reason.BAD_FRAME,
    ),
)
