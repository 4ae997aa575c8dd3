"""What every LoRaWAN network server hands over: port, bytes, a decoded object, and the link.

Bytes go to a codec. Without one, the server's own decoded object is read as far as its names
are known; an absent name says nothing, because zero and false are left out.
"""

from collections.abc import Sequence
from typing import Any

from edge.profiles import axioma, milesight
from edge.profiles.base import Sheet
from edge.profiles.codec import Codec, choose
from edge.profiles.decoded_object import read_object
from edge.reading import Kind, Quality
from edge.wire import WireError

CODECS: tuple[Codec, ...] = (axioma.CODEC, *milesight.CODECS)


def read_uplink(sheet: Sheet, hint: str, port: int, data: bytes, decoded: Any) -> None:
    """Add what one uplink says, by the codec that fits it or else by the server's `decoded`.

    Bytes that nobody can read are noted as a rejection: they must not vanish.
    """
    try:
        codec = choose(CODECS, hint, port, data)
        codec.read(data, sheet)
    except WireError as error:
        if not read_object(sheet, decoded) and data:
            sheet.reject(error)


def add_signal(sheet: Sheet, gateways: Any, *, quality: Quality = Quality.GOOD) -> None:
    """Add the strongest of the signals that the gateways in the message report, and its SNR."""
    heard: Sequence[Any] = gateways if isinstance(gateways, list) else ()
    signals = [each for each in heard if isinstance(each, dict) and _is_number(each.get("rssi"))]
    if not signals:
        return
    best = max(signals, key=lambda each: float(each["rssi"]))
    sheet.add(Kind.ENV, "rssi.dbm", best["rssi"], quality=quality)
    if _is_number(best.get("snr")):
        sheet.add(Kind.ENV, "snr.db", best["snr"], quality=quality)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
