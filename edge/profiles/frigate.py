"""Frigate: `stats` of all cameras each minute, `available` of itself, `status` of each role.

No frames are a dead camera; frames are no proof of a live one, since a frozen picture has
them too: it is up only where newer versions grade the connection as well. Old versions put
the cameras at the top level, beside `detectors` and `service`. A Frigate that is down or
stopped knows nothing of its cameras. `<camera or zone>/person` is how many people are seen there.
Stats are numbered by their own time where newer versions have one, all else by its receipt.
"""

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessage,
    VendorMessages,
    epoch_ns,
    json_object,
    number,
    vendor_id,
)
from edge.profiles.field import Form, Object, part, unnumbered, utf8
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_STATS = "frigate/stats"
_AVAILABLE = "frigate/available"
_SERVICES = {"online": "up", "offline": "down", "stopped": "unknown"}
"""Stopped is on purpose: nobody is to be called, and nothing is known."""
_CAMERAS = {"online": "up", "offline": "down", "disabled": "unknown"}
_ROLES = frozenset(("detect", "record", "audio"))
_MOTION = {"ON": "motion", "OFF": "clear"}
_UNUSABLE = "unusable"
_CAMERAS_MAX = 256
_DIGITS_MAX = 9
_RECORDINGS = "/media/frigate/recordings"


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    match topic.split("/"):
        case ["frigate", "stats" | "available"]:
            return True
        case ["frigate", _, "status", role]:
            return role in _ROLES
        case ["frigate", _, "motion" | "person"]:
            return True
    return False


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    if topic == _STATS:
        return _stats(topic, payload, received_ns)
    match topic.split("/"):
        case ["frigate", place, "person"]:
            return (_people(topic, place, payload, received_ns),)
        case ["frigate", "available"]:
            device, channel, states = vendor_id("frigate", "service"), "device.state", _SERVICES
        case ["frigate", camera, "status", "detect"]:
            device, channel, states = _camera_id(camera), "cam.state", _CAMERAS
        case ["frigate", camera, "motion"]:
            device, channel, states = _camera_id(camera), "motion", _MOTION
        case ["frigate", _, "status", "record" | "audio"]:
            return ()  # that a camera is not recorded or heard does not say that it is down
        case _:
            raise WireError(Reason.UNKNOWN_TOPIC, "not a topic of Frigate that is read")
    state = states.get(utf8(payload).strip())
    if state is None:
        raise WireError(Reason.OUT_OF_RANGE, f"one of {sorted(states)} is expected")
    sheet = Sheet(device, received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.CAM, channel, state)
    return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)


def _people(topic: str, place: str, payload: bytes, received_ns: int) -> VendorMessage:
    text = utf8(payload).strip()
    if not (text.isascii() and text.isdecimal()):
        raise WireError(Reason.WRONG_TYPE, "a whole number of people is expected")
    sheet = Sheet(_camera_id(place), received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.CAM, "crowd.count", number(int(text[:_DIGITS_MAX]), "person"))
    return sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload)


def _stats(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    stats = json_object(payload)
    updated = part(stats, "service").get("last_updated")
    at_ns = received_ns if updated is None else epoch_ns(updated, "last_updated")
    clock = TimeSource.RECEIVER if updated is None else TimeSource.DEVICE
    owner = part(stats, "cameras") if "cameras" in stats else stats
    cameras = {
        name: camera
        for name, camera in owner.items()
        if isinstance(camera, dict) and "camera_fps" in camera
    }
    if len(cameras) > _CAMERAS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {_CAMERAS_MAX} cameras")
    seq = unnumbered(topic, payload, received_ns if updated is None else 0)
    messages = [
        _camera(Sheet(_camera_id(name), received_ns, at_ns, clock), camera, seq)
        for name, camera in cameras.items()
    ]
    disks = part(part(stats, "service"), "storage")
    if isinstance(disk := disks.get(_RECORDINGS), dict):
        sheet = Sheet(vendor_id("frigate", "service"), received_ns, at_ns, clock)
        Form(sheet, disk).amount(Kind.CAM, "disk.free", "free")
        messages.append(sheet.message(seq=seq))
    return tuple(messages)


def _camera(sheet: Sheet, camera: Object, seq: int) -> VendorMessage:
    try:
        fps = number(camera["camera_fps"], "camera_fps")
    except WireError as error:
        sheet.reject(error)
    else:
        sheet.add(Kind.CAM, "cam.fps", fps)
        grade = camera.get("connection_quality")
        if fps == 0 or grade == _UNUSABLE:
            sheet.add(Kind.CAM, "cam.state", "down")
        elif isinstance(grade, str):
            sheet.add(Kind.CAM, "cam.state", "up")
    return sheet.message(seq=seq)


def _camera_id(name: str) -> str:
    return vendor_id("frigate", "camera", name)


PROFILE = Profile(
    name="frigate",
    kinds=(Kind.CAM,),
    filters=(_STATS, _AVAILABLE, "frigate/+/status/detect", "frigate/+/motion", "frigate/+/person"),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_788_390_574_000_000_000
_FRONT = "frigate:camera/front_door"
_YARD = "frigate:camera/yard"
_SERVICE = "frigate:service"
_TOTALS = b'"camera_fps":5.0,"process_fps":5.0,"skipped_fps":0.0,"detection_fps":13.7'
_DETECTORS = b'"detectors":{"cpu1":{"detection_start":0.0,"inference_speed":91.43,"pid":42}}'


def _reported(topic: str, text: bytes, device: str, channel: str, state: str) -> Recorded:
    expected = (Expected(device, channel, state, _NOW_NS),)
    return Recorded(f"{topic} {text.decode()}", topic, text, _NOW_NS, expected)


RECORDED = (
    Recorded(
        "stats of a camera without frames, under cameras",
        _STATS,
        b'{"cameras":{"front_door":{"camera_fps":0.0,"process_fps":0.0,"detection_enabled":true,'
        b'"pid":52,"connection_quality":"unusable","expected_fps":5,"stalls_last_hour":0}},'
        + _TOTALS
        + b","
        + _DETECTORS
        + b',"service":{"uptime":101113,"version":"0.10.1",'
        b'"storage":{"/media/frigate/recordings":{"free":0.2,"total":8.0,"used":7.8}}}}',
        _NOW_NS,
        (
            Expected(_FRONT, "cam.fps", 0.0, _NOW_NS),
            Expected(_FRONT, "cam.state", "down", _NOW_NS),
            Expected(_SERVICE, "disk.free", 0.2, _NOW_NS),
        ),
    ),
    Recorded(
        "the old layout: cameras beside the detectors, and frames prove nothing",
        _STATS,
        b'{"front_door":{"camera_fps":5.1,"pid":52},"yard":{"camera_fps":0.0,"pid":53},'
        b'"detection_fps":13.7,' + _DETECTORS + b',"service":{"uptime":101113}}',
        _NOW_NS,
        (
            Expected(_FRONT, "cam.fps", 5.1, _NOW_NS),
            Expected(_YARD, "cam.fps", 0.0, _NOW_NS),
            Expected(_YARD, "cam.state", "down", _NOW_NS),
        ),
    ),
    Recorded(
        "a graded connection, and the time of the stats",
        _STATS,
        b'{"cameras":{"yard":{"camera_fps":5.0,"connection_quality":"excellent"}},'
        b'"service":{"last_updated":1788390560}}',
        _NOW_NS,
        (
            Expected(_YARD, "cam.fps", 5.0, 1_788_390_560_000_000_000),
            Expected(_YARD, "cam.state", "up", 1_788_390_560_000_000_000),
        ),
    ),
    _reported(_AVAILABLE, b"online", _SERVICE, "device.state", "up"),
    _reported(_AVAILABLE, b"stopped", _SERVICE, "device.state", "unknown"),
    _reported(_AVAILABLE, b"offline", _SERVICE, "device.state", "down"),
    _reported("frigate/front_door/status/detect", b"offline", _FRONT, "cam.state", "down"),
    _reported("frigate/front_door/status/detect", b"disabled", _FRONT, "cam.state", "unknown"),
    Recorded("recording", "frigate/front_door/status/record", b"online", _NOW_NS, ()),
    Recorded("audio off on purpose", "frigate/yard/status/audio", b"disabled", _NOW_NS, ()),
    Recorded(
        "the people in a zone, under the name of the zone",
        "frigate/square/person",
        b"23",
        _NOW_NS,
        (Expected("frigate:camera/square", "crowd.count", 23.0, _NOW_NS),),
    ),
    Recorded("no number", "frigate/square/person", b"many", _NOW_NS, Reason.WRONG_TYPE),
    Recorded("a state that is none", _AVAILABLE, b"asleep", _NOW_NS, Reason.OUT_OF_RANGE),
)
