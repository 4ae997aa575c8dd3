"""ESPHome: a bare value on `<prefix>/<type>/<name>/state`, `online` or `offline` on `/status`.

Unit and meaning stand only in the discovery, so the entity's name decides, by convention: it is
one of our channels, or ends with one after an underscore (`kitchen_water_total`), in that
channel's unit; names of device classes (`power`) mean ESPHome's own units. States are retained by
default and carry no time: after a reconnect an old value looks new, and only a subscriber that
minds the retain flag can tell. Every entity is a device, `esphome:<prefix>/<name>`; the node is
`esphome:<prefix>`.
"""

from edge.profiles.base import (
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    json_object,
    number,
    vendor_id,
)
from edge.profiles.channel import CHANNELS
from edge.profiles.field import truth, unnumbered, utf8
from edge.profiles.property_name import Meaning, meaning
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_TYPES = frozenset(("sensor", "binary_sensor"))
_STATES = {b"online": "up", b"offline": "down"}
_SENSORS = {
    name.replace(".", "_"): known
    for name, channel in CHANNELS.items()
    if not channel.is_text and (known := meaning(name)) is not None
}
_SENSORS |= {
    "temperature": Meaning(Kind.ENV, "temperature.c"),
    "humidity": Meaning(Kind.ENV, "humidity.pct"),
    "illuminance": Meaning(Kind.ENV, "illuminance.lx"),
    "wifi_signal": Meaning(Kind.ENV, "rssi.dbm"),
    "battery_level": Meaning(Kind.ENV, "battery.pct"),
    "energy": Meaning(Kind.ELEC, "elec.total"),
    "power": Meaning(Kind.ELEC, "elec.power"),
    "voltage": Meaning(Kind.ELEC, "elec.voltage"),
    "current": Meaning(Kind.ELEC, "elec.current"),
}
_BINARY_SENSORS = {
    "door": (Kind.DOOR, "door.contact", "open", "closed"),
    "contact": (Kind.DOOR, "door.contact", "open", "closed"),
    "leak": (Kind.LEAK, "leak", "wet", "dry"),
    "smoke": (Kind.SMOKE, "smoke", "smoke", "clear"),
    "sos": (Kind.SOS, "sos", "pressed", "clear"),
    "window": (Kind.DOOR, "door.contact", "open", "closed"),
    "motion": (Kind.ENV, "motion", "motion", "clear"),
    "gas": (Kind.GAS, "gas.alarm", "gas", "clear"),
    "tamper": (Kind.ENV, "device.tamper", "tampered", "clear"),
}
"""By the name of the entity or its end: the channel, its texts for ON and for OFF."""


def _claims(topic: str, payload: bytes) -> bool:
    match topic.split("/"):
        case [_, *_, kind, _, "state"]:
            return kind in _TYPES
        case [prefix, "status"]:
            return bool(prefix) and payload in _STATES
        case ["esphome", "discover", name]:
            return bool(name)
    return False


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    match topic.split("/"):
        case ["esphome", "discover", _]:
            json_object(payload)
            return ()  # who a node is; retained, so it does not say that the node lives
        case [first, *rest, "sensor", name, "state"]:
            sheet = _sheet([first, *rest, name], received_ns)
            _sensor(sheet, name, utf8(payload))
        case [first, *rest, "binary_sensor", name, "state"]:
            sheet = _sheet([first, *rest, name], received_ns)
            _binary_sensor(sheet, name, utf8(payload))
        case [first, *rest, "status"]:
            sheet = _sheet([first, *rest], received_ns)
            _status(sheet, payload)
        case _:
            raise WireError(Reason.UNKNOWN_TOPIC, "not <prefix>/<type>/<name>/state or /status")
    return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)


def _sheet(parts: list[str], received_ns: int) -> Sheet:
    return Sheet(vendor_id("esphome", *parts), received_ns, received_ns, TimeSource.RECEIVER)


def _status(sheet: Sheet, payload: bytes) -> None:
    state = _STATES.get(payload)
    if state is None:
        raise WireError(Reason.OUT_OF_RANGE, "status is neither online nor offline")
    sheet.add(Kind.ENV, "device.state", state)


def _sensor(sheet: Sheet, name: str, text: str) -> None:
    for ending, known in _SENSORS.items():
        if name == ending or name.endswith(f"_{ending}"):
            sheet.add(known.kind, known.channel, number(text.strip(), known.channel))
            return


def _binary_sensor(sheet: Sheet, name: str, text: str) -> None:
    entry = _BINARY_SENSORS.get(name.rpartition("_")[2])
    if entry is not None:
        kind, channel, when_on, when_off = entry
        sheet.add(kind, channel, when_on if truth(text, channel) else when_off)


PROFILE = Profile(
    name="esphome",
    kinds=(Kind.WATER, Kind.GAS, Kind.HEAT, Kind.ELEC, Kind.DOOR, Kind.LEAK, Kind.SMOKE, Kind.SOS),
    filters=("+/sensor/+/state", "+/binary_sensor/+/state", "+/status"),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_788_390_574_000_000_000
RECORDED = (
    Recorded(
        "birth",
        "livingroom/status",
        b"online",
        _NOW_NS,
        (Expected("esphome:livingroom", "device.state", "up", _NOW_NS),),
    ),
    Recorded(
        "will",
        "livingroom/status",
        b"offline",
        _NOW_NS,
        (Expected("esphome:livingroom", "device.state", "down", _NOW_NS),),
    ),
    Recorded(
        "a bare number, whose unit only its name tells",
        "livingroom/sensor/water_total/state",
        b"123.456",
        _NOW_NS,
        (Expected("esphome:livingroom/water_total", "water.total", 123.456, _NOW_NS),),
    ),
    Recorded(
        "ON is an open door",
        "livingroom/binary_sensor/front_door/state",
        b"ON",
        _NOW_NS,
        (Expected("esphome:livingroom/front_door", "door.contact", "open", _NOW_NS),),
    ),
    Recorded(
        "a name that means nothing here",
        "livingroom/sensor/free_heap/state",
        b"20480",
        _NOW_NS,
        (),
    ),
    Recorded(
        "a sensor without a value",
        "livingroom/sensor/water_total/state",
        b"nan",
        _NOW_NS,
        Reason.WRONG_TYPE,
    ),
)
