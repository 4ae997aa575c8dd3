"""GB/T 28181: keep-alive, catalogue and status, as MANSCDP XML out of SIP messages.

A keep-alive speaks for the recorder that sent it and for none of its cameras: those go up and
down in the catalogue only, which comes in parts, so a camera that is not listed is not gone; a
subscription brings what changed as an `Event`. The text is GB 2312 by name and GBK in fact, or
UTF-8. Names of places are not read. No message has a time, and `SN` may start again or stand
still: receipt names it.
"""

from edge.profiles.base import Expected, Profile, Recorded, Sheet, VendorMessages, vendor_id
from edge.profiles.field import unnumbered, xml_root
from edge.reading import Kind, TimeSource
from edge.strict_xml import Element
from edge.wire import RECORDS_MAX, Reason, WireError

_TOPIC = "sip/gb28181"
_CAMERAS = {"ON": "up", "ONLINE": "up", "OK": "up", "OFF": "down", "OFFLINE": "down"}
_CAMERAS |= {"VLOST": "down", "DEFECT": "down"}
_DEVICE_ALARM = "2"
_DEVICE_ALARMS = {"1": ("cam.state", "down"), "2": ("device.tamper", "tampered")}
"""By type: the picture is lost, the case is opened."""


def _claims(topic: str, payload: bytes) -> bool:
    return topic == _TOPIC or (topic == "" and b"<CmdType>" in payload)


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    root = xml_root(payload)
    owner = root.text_of("DeviceID")
    if not owner:
        raise WireError(Reason.MISSING_KEY, "'DeviceID' is missing")
    match root.text_of("CmdType"):
        case "Keepalive":
            state = "up" if root.text_of("Status") == "OK" else "fault"
            states = {owner: ("device.state", state)}
        case "DeviceStatus":
            states = {owner: ("device.state", _status(root))}
        case "Catalog":
            states = _catalogue(root)
        case "Alarm":
            states = _alarm(root, owner)
        case _:
            return ()  # a query, an answer or an alarm that no channel of ours holds
    seq = unnumbered(topic, payload, received_ns)
    messages = []
    for device, (channel, state) in states.items():
        receipt = (received_ns, received_ns, TimeSource.RECEIVER)
        sheet = Sheet(vendor_id("gb28181", device), *receipt)
        sheet.add(Kind.CAM, channel, state)
        messages.append(sheet.message(seq=seq))
    return tuple(messages)


def _status(root: Element) -> str:
    if (root.text_of("Online") or "").upper() == "OFFLINE":
        return "down"
    return "up" if (root.text_of("Status") or "").upper() == "OK" else "fault"


def _alarm(root: Element, owner: str) -> dict[str, tuple[str, str]]:
    """What the device itself is alarmed by (method 2); pictures and people are not our alarms."""
    if root.text_of("AlarmMethod") != _DEVICE_ALARM:
        return {}
    info = root.child("Info")
    kind = root.text_of("AlarmType") or (info.text_of("AlarmType") if info else None)
    state = _DEVICE_ALARMS.get(kind or "")
    return {} if state is None else {owner: state}


def _catalogue(root: Element) -> dict[str, tuple[str, str]]:
    """The cameras of this part that have a status; groups and areas have none."""
    listed = root.child("DeviceList")
    items = [] if listed is None else list(listed.every("Item"))
    if len(items) > RECORDS_MAX:
        raise WireError(Reason.TOO_MANY_RECORDS, f"over {RECORDS_MAX} items")
    return {
        device: ("cam.state", _CAMERAS.get(status.upper(), "unknown"))
        for item in items
        if (device := item.text_of("DeviceID"))
        and (status := item.text_of("Event") or item.text_of("Status"))
    }


PROFILE = Profile(
    name="gb28181", kinds=(Kind.CAM,), filters=(_TOPIC,), claims=_claims, decode=_decode
)

_NOW_NS = 1_788_390_574_000_000_000
_RECORDER = "34020000001110000001"
_CAMERA = "34020000001320000001"


def _xml(kind: str, body: str, *, encoding: str = "GB2312") -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\r\n<{kind}>\r\n'
    return (head + body + f"</{kind}>\r\n").encode(encoding)


def _item(status: str) -> str:
    return (
        f"<CmdType>Catalog</CmdType>\r\n<SN>18</SN>\r\n<DeviceID>{_RECORDER}</DeviceID>\r\n"
        '<SumNum>2</SumNum>\r\n<DeviceList Num="1">\r\n'
        f"<Item><DeviceID>{_CAMERA}</DeviceID><Name>3号楼东门</Name><Status>{status}</Status></Item>"
        "\r\n</DeviceList>\r\n"
    )


_KEEPALIVE = (
    f"<CmdType>Keepalive</CmdType>\r\n<SN>123456</SN>\r\n<DeviceID>{_RECORDER}</DeviceID>\r\n"
    "<Status>OK</Status>\r\n"
)
_STATUS = (
    f"<CmdType>DeviceStatus</CmdType><SN>4</SN><DeviceID>{_RECORDER}</DeviceID>"
    "<Result>OK</Result><Online>ONLINE</Online><Status>ERROR</Status>"
)
_OFF = (Expected(f"gb28181:{_CAMERA}", "cam.state", "down", _NOW_NS),)
RECORDED = (
    Recorded(
        "a keep-alive is the recorder's, not its cameras'",
        _TOPIC,
        _xml("Notify", _KEEPALIVE),
        _NOW_NS,
        (Expected(f"gb28181:{_RECORDER}", "device.state", "up", _NOW_NS),),
    ),
    Recorded(
        "one of two parts of a catalogue, with a name in GB 2312",
        _TOPIC,
        _xml("Response", _item("OFF")),
        _NOW_NS,
        _OFF,
    ),
    Recorded(
        "a name that was cut within a sign",
        _TOPIC,
        _xml("Response", _item("OFF")).replace("门".encode("gb2312"), "门".encode("gb2312")[:1]),
        _NOW_NS,
        _OFF,
    ),
    Recorded(
        "a catalogue in UTF-8",
        _TOPIC,
        _xml("Response", _item("OFF"), encoding="UTF-8"),
        _NOW_NS,
        _OFF,
    ),
    Recorded(
        "online and in trouble",
        _TOPIC,
        _xml("Response", _STATUS),
        _NOW_NS,
        (Expected(f"gb28181:{_RECORDER}", "device.state", "fault", _NOW_NS),),
    ),
    Recorded("nobody's", _TOPIC, _xml("Notify", "<SN>1</SN>"), _NOW_NS, Reason.MISSING_KEY),
)
