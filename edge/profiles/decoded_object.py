"""What a network server's own codec made of an uplink: an object, under the codec's names.

Codecs name alike what they decode alike, so a name is read where its unit leaves no doubt; all
others are passed over, since a codec may also name a person or a place. An absent name says
nothing: network servers leave out what is zero or false.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.profiles import axioma
from edge.profiles.base import Sheet, number
from edge.profiles.channel import CHANNELS, kind_of
from edge.profiles.field import part, truth
from edge.wire import Reason, WireError

_DEPTH_MAX = 3
_CELL_V_MAX = 4.3
_NAMES = {
    "temperature": "temperature.c",
    "airtemperature": "temperature.c",
    "humidity": "humidity.pct",
    "relativehumidity": "humidity.pct",
    "airrelativehumidity": "humidity.pct",
    "luminosity": "illuminance.lx",
    "illuminance": "illuminance.lx",
    "lux": "illuminance.lx",
    "airlightintensity": "illuminance.lx",
    "battery": "battery.pct",
    "batterylevel": "battery.pct",
    "batterypercent": "battery.pct",
    "batteryvoltage": "battery.v",
    "batv": "battery.v",
    "vbat": "battery.v",
    "currentvolumem3": "water.total",
    "totalvolumem3": "water.total",
    "totalm3": "water.total",
    "volumem3": "water.total",
    "totalkwh": "elec.total",
    "energykwh": "elec.total",
    "magnetstatus": "door.contact",
    "doorstatus": "door.contact",
    "dooropenstatus": "door.contact",
    "door": "door.contact",
    "actioncontactstate": "door.contact",
    "leakagestatus": "leak",
    "waterleak": "leak",
    "leak": "leak",
    "leakage": "leak",
    "smokestatus": "smoke",
    "tamperstatus": "device.tamper",
    "tamper": "device.tamper",
    "pulse": "pulse.a",
    "pulsecount": "pulse.a",
}
"""By name without case and signs; a nested name stands behind that of its owner."""
_STATES: dict[str, tuple[str, str]] = {
    "door.contact": ("open", "closed"),
    "leak": ("wet", "dry"),
    "smoke": ("smoke", "clear"),
    "device.tamper": ("tampered", "clear"),
    "sos": ("pressed", "clear"),
}
_WORDS = {
    "open": True, "opened": True, "leak": True, "leaking": True, "wet": True, "alarm": True,
    "smoke alarm": True, "installed": False, "uninstalled": True, "triggered": True,
    "close": False, "closed": False, "normal": False, "no leak": False, "dry": False,
    "clear": False,
}  # fmt: skip
_SIGNS = str.maketrans("", "", "._-/ ")


def read_object(sheet: Sheet, decoded: Any) -> bool:
    """Add what `decoded` says by names that are known; whether it said anything."""
    if not isinstance(decoded, dict):
        return False
    before = len(sheet.readings)
    if axioma.is_day(decoded):
        try:
            axioma.read_day(decoded, sheet)
        except WireError as error:
            sheet.reject(error)
        return True
    known = False
    for name, value in _leaves(decoded, "", 0):
        channel = name if name in CHANNELS else _NAMES.get(name.lower().translate(_SIGNS))
        if channel is not None and value is not None:
            known = True
            _add(sheet, channel, value)
    return known or len(sheet.readings) > before


def read_normalized(sheet: Sheet, measurements: Any) -> bool:
    """Add what a normalized payload of The Things Stack says; whether it said anything.

    Its names have units of their own (lorawan-devices, schema of payloads): `battery` is volts.
    """
    listed = measurements if isinstance(measurements, list) else []
    said = False
    for each in (one for one in listed if isinstance(one, dict)):
        inner = {name: value for name, value in each.items() if name != "battery"}
        said |= read_object(sheet, inner)
        if each.get("battery") is not None:
            _add(sheet, "battery.v", each["battery"])
            said = True
        if (leak := part(each, "water").get("leak")) is not None:
            _add(sheet, "leak", leak)
            said = True
    return said


def _leaves(owner: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Every value that is no object, under the names that lead to it."""
    for key, value in owner.items():
        name = f"{path}.{key}" if path else key
        if not isinstance(value, dict):
            yield name, value
        elif depth < _DEPTH_MAX:
            yield from _leaves(value, name, depth + 1)


def _is_volts(value: Any) -> bool:
    """Whether a `battery` is a cell's voltage: percentages are whole numbers."""
    return isinstance(value, float) and 0 < value <= _CELL_V_MAX and not value.is_integer()


def _add(sheet: Sheet, channel: str, value: Any) -> None:
    if channel == "battery.pct" and _is_volts(value):
        channel = "battery.v"
    try:
        sheet.add(kind_of(channel), channel, _value(channel, value))
    except WireError as error:
        sheet.reject(error)


def _value(channel: str, value: Any) -> float | str:
    if isinstance(value, str) and value in CHANNELS[channel].texts:
        return value
    if channel in _STATES:
        word = _WORDS.get(value.lower()) if isinstance(value, str) else None
        when_yes, when_no = _STATES[channel]
        return when_yes if (truth(value, channel) if word is None else word) else when_no
    if CHANNELS[channel].is_text:
        if not isinstance(value, str):
            raise WireError(Reason.WRONG_TYPE, f"{channel} holds a text")
        return value
    return number(value, channel)
