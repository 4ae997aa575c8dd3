"""zigbee2mqtt: one JSON object a device with all that it knows, and availability beside it.

`contact: true` is a closed door. Old builds quote numbers. `voltage` is mV of a battery or
V of the mains, told apart by what stands next to it. Friendly names may contain slashes.
Nothing is numbered: a message with `last_seen` is named by its content, one without by
its time of receipt too. When the bridge is down, so is its word about every device.
"""

from edge.profiles.base import (
    CHINA_H,
    Expected,
    Profile,
    Recorded,
    Sheet,
    VendorMessages,
    epoch_ns,
    instant_ns,
    json_object,
    vendor_id,
)
from edge.profiles.field import Form, Object, identifier, unnumbered, utf8
from edge.reading import Kind, TimeSource
from edge.wire import Reason, WireError

_BASE = "zigbee2mqtt/"
_BRIDGE_STATE = "zigbee2mqtt/bridge/state"
_COMMANDS = ("/set", "/get")
_STATES = {"online": "up", "offline": "down"}
_MAINS = frozenset(("power", "energy", "current"))
_SENSORS = (
    ("contact", Kind.DOOR),
    ("water_leak", Kind.LEAK),
    ("smoke", Kind.SMOKE),
    ("sos", Kind.SOS),
    ("gas", Kind.GAS),
    ("energy", Kind.PLUG),
    ("power", Kind.PLUG),
)
_ALARMS = (
    ("gas.alarm", "gas", ("gas", "clear")),
    ("motion", "occupancy", ("motion", "clear")),
    ("battery.state", "battery_low", ("low", "ok")),
)
_PHASES = (
    ("elec.current", "current_a"),
    ("elec.current.b", "current_phase_b"),
    ("elec.current.b", "current_b"),
    ("elec.current.c", "current_phase_c"),
    ("elec.current.c", "current_c"),
)
"""How meters of three phases call their currents; which of the two, depends on the maker."""
_LUX = "illuminance_lux"
_PRESSED = frozenset(("emergency", "sos"))


def _claims(topic: str, payload: bytes) -> bool:
    del payload  # the topic alone decides
    if topic == _BRIDGE_STATE:
        return True
    name = topic.removeprefix(_BASE)
    return name not in {topic, "", "bridge"} and not (
        name.startswith("bridge/") or topic.endswith(_COMMANDS)
    )


def _decode(topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    name = topic.removeprefix(_BASE)
    if topic == _BRIDGE_STATE:
        return _availability("bridge", topic, payload, received_ns)
    if name.endswith("/availability"):
        return _availability(name.removesuffix("/availability"), topic, payload, received_ns)
    state = json_object(payload)
    seen_ns = _last_seen_ns(state)
    at_ns = received_ns if seen_ns is None else seen_ns
    clock = TimeSource.RECEIVER if seen_ns is None else TimeSource.GATEWAY
    sheet = Sheet(vendor_id("z2m", name), received_ns, at_ns, clock)
    _fill(sheet, state)
    receipt_ns = received_ns if seen_ns is None else 0
    return (sheet.message(seq=unnumbered(topic, payload, receipt_ns), said=payload),)


def _fill(sheet: Sheet, state: Object) -> None:
    form = Form(sheet, state)
    kind = next((kind for key, kind in _SENSORS if key in state), Kind.ENV)
    form.state(Kind.DOOR, "door.contact", "contact", ("closed", "open"))
    form.state(Kind.LEAK, "leak", "water_leak", ("wet", "dry"))
    form.state(Kind.SMOKE, "smoke", "smoke", ("smoke", "clear"))
    form.state(Kind.SOS, "sos", "sos", ("pressed", "clear"))
    if isinstance(action := state.get("action"), str) and action in _PRESSED:
        sheet.add(Kind.SOS, "sos", "pressed")
    form.state(kind, "device.tamper", "tamper", ("tampered", "clear"))
    for channel, key, words in _ALARMS:
        form.state(kind, channel, key, words)
    form.amount(Kind.PLUG, "elec.total", "energy")
    form.amount(Kind.PLUG, "elec.power", "power")
    form.amount(Kind.PLUG, "elec.current", "current")
    for channel, key in _PHASES:
        form.amount(Kind.PLUG, channel, key)
    if state.get("state") in ("ON", "OFF"):  # of a valve or a lock it is another word
        form.state(Kind.PLUG, "switch", "state", ("on", "off"))
    if state.keys() & _MAINS:
        form.amount(Kind.PLUG, "elec.voltage", "voltage")
    elif kind is not Kind.ENV or "battery" in state:
        form.amount(kind, "battery.v", "voltage", per_unit=1000.0)
    form.amount(kind, "battery.pct", "battery")
    form.amount(Kind.ENV, "temperature.c", "temperature")
    form.amount(Kind.ENV, "humidity.pct", "humidity")
    form.amount(Kind.ENV, "illuminance.lx", "illuminance_lux" if _LUX in state else "illuminance")
    form.amount(Kind.ENV, "lqi", "linkquality")


def _last_seen_ns(state: Object) -> int | None:
    """When the device was last heard; ISO 8601 or milliseconds, as the bridge is set."""
    seen = state.get("last_seen")
    if seen is None:
        return None
    if isinstance(seen, str):
        return instant_ns(seen, "last_seen", utc_offset_h=CHINA_H)
    return epoch_ns(seen, "last_seen", per_s=1000)


def _availability(name: str, topic: str, payload: bytes, received_ns: int) -> VendorMessages:
    text = utf8(payload).strip()
    if text.startswith("{"):
        text = identifier(json_object(payload).get("state"), "state")
    if text not in _STATES:
        raise WireError(Reason.OUT_OF_RANGE, "availability is neither online nor offline")
    sheet = Sheet(vendor_id("z2m", name), received_ns, received_ns, TimeSource.RECEIVER)
    sheet.add(Kind.ENV, "device.state", _STATES[text])
    return (sheet.message(seq=unnumbered(topic, payload, received_ns), said=payload),)


PROFILE = Profile(
    name="z2m",
    kinds=(Kind.DOOR, Kind.LEAK, Kind.SMOKE, Kind.SOS, Kind.PLUG, Kind.ENV),
    filters=("zigbee2mqtt/#",),
    claims=_claims,
    decode=_decode,
)

_NOW_NS = 1_788_390_574_000_000_000
_DOOR = "z2m:czujnikokna2"
_LEAK = "z2m:czujnikzalania1"
_PLUG = "z2m:flat 3/kettle"
_RISER = "z2m:riser 1"
RECORDED = (
    Recorded(
        "contact true is a closed door",
        "zigbee2mqtt/czujnikokna2",
        b'{"contact":true,"linkquality":128}',
        _NOW_NS,
        (
            Expected(_DOOR, "door.contact", "closed", _NOW_NS),
            Expected(_DOOR, "lqi", 128.0, _NOW_NS),
        ),
    ),
    Recorded(
        "an old build quotes the battery and gives its voltage in mV",
        "zigbee2mqtt/czujnikzalania1",
        b'{"battery":"100.00","voltage":3045,"linkquality":99,"water_leak":false}',
        _NOW_NS,
        (
            Expected(_LEAK, "leak", "dry", _NOW_NS),
            Expected(_LEAK, "battery.v", 3.045, _NOW_NS),
            Expected(_LEAK, "battery.pct", 100.0, _NOW_NS),
            Expected(_LEAK, "lqi", 99.0, _NOW_NS),
        ),
    ),
    Recorded(
        "a mains plug gives volts, has a slash in its name and was last heard before",
        "zigbee2mqtt/flat 3/kettle",
        b'{"state":"ON","power":1840.5,"current":8.1,"voltage":229,"energy":12.34,'
        b'"last_seen":"2026-09-02T16:29:30.250Z"}',
        _NOW_NS,
        (
            Expected(_PLUG, "elec.total", 12.34, 1_788_366_570_250_000_000),
            Expected(_PLUG, "elec.power", 1840.5, 1_788_366_570_250_000_000),
            Expected(_PLUG, "elec.current", 8.1, 1_788_366_570_250_000_000),
            Expected(_PLUG, "switch", "on", 1_788_366_570_250_000_000),
            Expected(_PLUG, "elec.voltage", 229.0, 1_788_366_570_250_000_000),
        ),
    ),
    Recorded(
        "the currents of three phases, as one maker calls them and as another does",
        "zigbee2mqtt/riser 1",
        b'{"power":9200,"current":12.1,"current_phase_b":14.2,"current_phase_c":15.3}',
        _NOW_NS,
        (
            Expected(_RISER, "elec.power", 9200.0, _NOW_NS),
            Expected(_RISER, "elec.current", 12.1, _NOW_NS),
            Expected(_RISER, "elec.current.b", 14.2, _NOW_NS),
            Expected(_RISER, "elec.current.c", 15.3, _NOW_NS),
        ),
    ),
    Recorded(
        "phases a to c",
        "zigbee2mqtt/riser 1",
        b'{"power":9200,"current_a":12.1,"current_b":14.2,"current_c":15.3}',
        _NOW_NS,
        (
            Expected(_RISER, "elec.power", 9200.0, _NOW_NS),
            Expected(_RISER, "elec.current", 12.1, _NOW_NS),
            Expected(_RISER, "elec.current.b", 14.2, _NOW_NS),
            Expected(_RISER, "elec.current.c", 15.3, _NOW_NS),
        ),
    ),
    Recorded(
        "null is not known",
        "zigbee2mqtt/czujnikokna2",
        b'{"contact":null,"battery":null}',
        _NOW_NS,
        (),
    ),
    Recorded(
        "availability in bare text",
        "zigbee2mqtt/my_bulb/availability",
        b"online",
        _NOW_NS,
        (Expected("z2m:my_bulb", "device.state", "up", _NOW_NS),),
    ),
    Recorded(
        "availability in JSON",
        "zigbee2mqtt/my_bulb/availability",
        b'{"state":"offline"}',
        _NOW_NS,
        (Expected("z2m:my_bulb", "device.state", "down", _NOW_NS),),
    ),
    Recorded(
        "the bridge itself in JSON",
        _BRIDGE_STATE,
        b'{"state":"online"}',
        _NOW_NS,
        (Expected("z2m:bridge", "device.state", "up", _NOW_NS),),
    ),
    Recorded(
        "the bridge itself in bare text",
        _BRIDGE_STATE,
        b"offline",
        _NOW_NS,
        (Expected("z2m:bridge", "device.state", "down", _NOW_NS),),
    ),
    Recorded(
        "an availability that is none",
        "zigbee2mqtt/my_bulb/availability",
        b"maybe",
        _NOW_NS,
        Reason.OUT_OF_RANGE,
    ),
)
