"""What many vendors' messages share beyond JSON: absent fields, wall clocks, no number.

Vendors leave out what is zero, write null for what they do not know, show times without a
zone and number nothing. No detail quotes a text of the payload: it may be a name or a PIN.
"""

from typing import Any

from edge import strict_xml
from edge.profiles.base import CHINA_H, Sheet, instant_ns, number, seq_of
from edge.reading import MINUTE_NS, Kind, Quality, TimeSource
from edge.wire import AT_NS_MIN, Reason, WireError

WALL_AHEAD_NS_MAX = 10 * MINUTE_NS
_XML_REASONS = {
    strict_xml.Fault.EMPTY: Reason.EMPTY,
    strict_xml.Fault.TOO_LARGE: Reason.TOO_LARGE,
    strict_xml.Fault.NOT_UTF8: Reason.NOT_UTF8,
    strict_xml.Fault.TOO_DEEP: Reason.TOO_DEEP,
    strict_xml.Fault.TOO_MANY: Reason.TOO_MANY_RECORDS,
}
_TRUTHS = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}

Object = dict[str, Any]


def xml_root(payload: bytes) -> strict_xml.Element:
    """The root element of the XML that `payload` is.

    Raises:
        WireError: it is not strict XML.
    """
    try:
        return strict_xml.parse(payload)
    except strict_xml.XmlError as error:
        reason = _XML_REASONS.get(error.fault, Reason.BAD_FRAME)
        raise WireError(reason, f"XML: {error.detail}") from None


def utf8(payload: bytes) -> str:
    """The text that `payload` is.

    Raises:
        WireError: it is empty, over 256 KiB, or not UTF-8.
    """
    if not payload:
        raise WireError(Reason.EMPTY, "no bytes")
    if len(payload) > strict_xml.BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"{len(payload)} bytes")
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise WireError(Reason.NOT_UTF8, f"byte {error.start}: {error.reason}") from None


def as_object(value: Any, name: str) -> Object:
    """`value`, which must be an object.

    Raises:
        WireError: it is not.
    """
    if not isinstance(value, dict):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not an object")
    return value


def part(owner: Object, key: str) -> Object:
    """The object at `key`; an empty one when it is absent or null.

    Raises:
        WireError: something else is there.
    """
    value = owner.get(key)
    return {} if value is None else as_object(value, key)


def truth(value: Any, name: str) -> bool:
    """`value` as a truth: a boolean, 1 or 0, or on/off, true/false in any case.

    Raises:
        WireError: it is none of these.
    """
    if isinstance(value, bool):
        return value
    known = _TRUTHS.get(str(value)[:8].strip().lower()) if isinstance(value, str | int) else None
    if known is None:
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is neither true nor false")
    return known


def identifier(value: Any, name: str) -> str:
    """A text or a whole number that names something; never empty.

    Raises:
        WireError: it is absent or of another type.
    """
    if value is None or value == "":
        raise WireError(Reason.MISSING_KEY, f"{name!r} is missing")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WireError(Reason.WRONG_TYPE, f"{name!r} is not a text")
    return str(value)


class Form:
    """Fills a sheet from the members of one object; what is absent or null is passed over.

    `quality` and `historical` hold for all of it.
    """

    def __init__(
        self,
        sheet: Sheet,
        owner: Object,
        *,
        quality: Quality = Quality.GOOD,
        historical: bool = False,
    ) -> None:
        self._sheet = sheet
        self._owner = owner
        self._quality = quality
        self._historical = historical

    def amount(self, kind: Kind, channel: str, key: str, per_unit: float = 1.0) -> None:
        """Take the number at `key`, of which `per_unit` make one unit of the channel."""
        value = self._owner.get(key)
        if value is None:
            return
        try:
            measured = number(value, key) / per_unit
        except WireError as error:
            self._sheet.reject(error)
            return
        self._add(kind, channel, measured)

    def state(self, kind: Kind, channel: str, key: str, states: tuple[str, str]) -> None:
        """Take the truth at `key` as the first of `states` when true, else the second."""
        value = self._owner.get(key)
        if value is None:
            return
        try:
            holds = truth(value, key)
        except WireError as error:
            self._sheet.reject(error)
            return
        self._add(kind, channel, states[0] if holds else states[1])

    def _add(self, kind: Kind, channel: str, value: float | str) -> None:
        self._sheet.add(kind, channel, value, quality=self._quality, historical=self._historical)


def wall_clock(
    text: Any, name: str, received_ns: int, *, utc_offset_h: float = CHINA_H
) -> tuple[int, TimeSource, Quality]:
    """When a clock without a zone showed `text`, and how far to trust that.

    A clock that was never set, or runs over 10 min ahead of the edge because it stands in
    another zone, says nothing: then it is the time of receipt. One that is behind cannot be
    told from a message that was kept back, and is believed.

    Raises:
        WireError: `text` is no time.
    """
    at_ns = instant_ns(text, name, utc_offset_h=utc_offset_h)
    if AT_NS_MIN <= at_ns <= received_ns + WALL_AHEAD_NS_MAX:
        return at_ns, TimeSource.DEVICE, Quality.GOOD
    return received_ns, TimeSource.RECEIVER, Quality.CLOCK_UNSET


def unnumbered(topic: str, payload: bytes, received_ns: int = 0) -> int:
    """A number for a message that has none: its topic, bytes and, if it has no time, receipt.

    With the time of receipt in it, a second delivery of one message counts as another one:
    the same value twice, which no rule minds.
    """
    return seq_of(b"%d %s %s" % (received_ns, topic.encode(errors="surrogatepass"), payload))
