"""What every LoRaWAN network server hands over: port, bytes, a decoded object, and the link.

Bytes go to a codec. Without one, the server's own decoded object is read as far as its keys
are channels of ours; an absent key says nothing, because zero and false are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.profiles import axioma, milesight
from edge.profiles.base import Sheet
from edge.profiles.channel import CHANNELS
from edge.profiles.codec import Codec, choose
from edge.reading import Kind, Quality
from edge.wire import WireError

CODECS: tuple[Codec, ...] = (axioma.CODEC, *milesight.CODECS)
_OTHER_NAMES = {"temperature": "temperature.c"}
_KINDS = {
    "water": Kind.WATER,
    "gas": Kind.GAS,
    "heat": Kind.HEAT,
    "elec": Kind.ELEC,
    "door": Kind.DOOR,
    "leak": Kind.LEAK,
    "smoke": Kind.SMOKE,
    "sos": Kind.SOS,
    "cam": Kind.CAM,
    "meter": Kind.WATER,
}
"""The kind that the first word of a channel implies."""


def read_uplink(sheet: Sheet, hint: str, port: int, data: bytes, decoded: Any) -> None:
    """Add what one uplink says, by the codec that fits it or else by the server's `decoded`.

    Bytes that nobody can read are noted as a rejection: they must not vanish.
    """
    try:
        codec = choose(CODECS, hint, port, data)
        codec.read(data, sheet)
    except WireError as error:
        if not (isinstance(decoded, dict) and _read_object(sheet, decoded)) and data:
            sheet.reject(error)


def add_rssi(sheet: Sheet, gateways: Any, *, quality: Quality = Quality.GOOD) -> None:
    """Add the strongest of the signals that the gateways in the message report."""
    heard: Sequence[Any] = gateways if isinstance(gateways, list) else ()
    signals = [each["rssi"] for each in heard if isinstance(each, dict) and _sound(each)]
    if signals:
        sheet.add(Kind.ENV, "rssi.dbm", max(signals), quality=quality)


def kind_of(channel: str) -> Kind:
    """The kind of a device that reports `channel`, as far as the channel tells."""
    return _KINDS.get(channel.partition(".")[0], Kind.ENV)


def _sound(gateway: Mapping[str, Any]) -> bool:
    rssi = gateway.get("rssi")
    return isinstance(rssi, int | float) and not isinstance(rssi, bool)


def _read_object(sheet: Sheet, decoded: Mapping[str, Any]) -> bool:
    named = [(_OTHER_NAMES.get(key, key), value) for key, value in decoded.items()]
    known = [(channel, value) for channel, value in named if channel in CHANNELS]
    for channel, value in known:
        sheet.add(kind_of(channel), channel, value)
    return bool(known)
