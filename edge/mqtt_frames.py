"""MQTT 3.1.1 as it comes in: PUBLISH packets become deliveries in bulk, others stay bytes.

However the stream is cut into chunks, the same packets come of it. QoS 2 is refused, since
a subscriber at QoS 1 gets none. Sections 2.2 (fixed header) and 3.3 (PUBLISH).
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from edge.session import Delivery

BODY_BYTES_MAX: Final = 2**20
"""A PUBLISH beyond this is delivered cut, still far too long for any decoder: refused for
good, it would come again on every link. Nothing else that a broker sends is as long."""
_TOPICS_KEPT = 16_384
_UNREADABLE_TOPIC: Final = "\ufffd"
_LENGTH_DIGITS_MAX: Final = 4
_PUBLISH: Final = 0x30
_QOS: Final = 0x06
_QOS_1: Final = 0x02
_RETAIN: Final = 0x01
_DELIVERY: Final = Delivery
_delivery: Final = tuple.__new__  # a named tuple's own constructor costs twice as much


class FrameError(Exception):
    """The bytes are not MQTT 3.1.1 from here on; the link must end."""


def payload_bytes(deliveries: Sequence[Delivery]) -> int:
    """How many bytes their payloads hold together."""
    held = 0
    for delivery in deliveries:
        held += len(delivery[1])
    return held


def fitting(deliveries: Iterable[Delivery], limit: int, bytes_max: int) -> int:
    """How many of them are taken, up to `limit`, until their payloads hold `bytes_max`."""
    count = held = 0
    for delivery in deliveries:
        if count == limit or held >= bytes_max:
            break
        held += len(delivery[1])
        count += 1
    return count


def mids_of(link: int, deliveries: Sequence[Delivery]) -> list[int]:
    """The message ids of those that came over `link` at QoS 1."""
    mids = []
    for _, _, _, _, mid, came_by in deliveries:
        if mid and came_by == link:
            mids.append(mid)
    return mids


class Arrived(NamedTuple):
    """What a chunk completed: messages, and every other packet as it came, end to end."""

    deliveries: list[Delivery]
    others: bytes


class Frames:
    """The packets of one link, whose number its deliveries carry."""

    __slots__ = ("_link", "_rest", "_skip", "_topics")

    def __init__(self, link: int) -> None:
        self._link = link
        self._rest = b""
        self._skip = 0
        self._topics: dict[bytes, str] = {}

    def feed(self, chunk: bytes, received_ns: int) -> Arrived:
        """The packets that `chunk`, received at `received_ns`, brought to their end.

        Raises:
            FrameError: a packet cannot be; what came before it is lost with the link.
        """
        data = self._rest + chunk if self._rest else chunk
        deliveries: list[Delivery] = []
        others: list[bytes] = []
        at, end = min(self._skip, len(data)), len(data)
        self._skip -= at
        while end - at > 1:
            length, start = data[at + 1], at + 2
            if length > 127:  # noqa: PLR2004  (more digits follow)
                length, start = _length(data, at)
            if length > BODY_BYTES_MAX:
                self._skip, length = length - BODY_BYTES_MAX, BODY_BYTES_MAX
            stop = start + length
            if stop > end:
                self._skip = 0  # counted again when the packet is here
                break
            if data[at] & 0xF0 == _PUBLISH:
                deliveries.append(self._publish(data, at, start, stop, received_ns))
            elif self._skip:
                raise FrameError(f"a packet of type {data[at] >> 4} is longer than 1 MiB")
            else:
                others.append(data[at:stop])
            passed = min(self._skip, end - stop)
            self._skip -= passed
            at = stop + passed
        self._rest = data[at:]
        return Arrived(deliveries, b"".join(others))

    def _publish(self, data: bytes, at: int, start: int, stop: int, received_ns: int) -> Delivery:
        """The message whose body is `data[start:stop]`: topic, message id above QoS 0, payload."""
        head, topic_at = data[at], start + 2
        topic_end = topic_at + (data[start] << 8 | data[start + 1]) if topic_at <= stop else stop
        mid, payload_at = 0, topic_end
        if head & _QOS:
            payload_at = topic_end + 2
        if payload_at > stop or topic_at > stop or head & _QOS > _QOS_1:
            raise FrameError("a PUBLISH of QoS 2, or cut short within topic or message id")
        if head & _QOS:
            mid = data[topic_end] << 8 | data[topic_end + 1]
            if not mid:
                raise FrameError("a PUBLISH of QoS 1 without a message id")
        raw = data[topic_at:topic_end]
        topic = self._topics.get(raw) or self._topic(raw)
        retain = head & _RETAIN == _RETAIN
        return _delivery(
            _DELIVERY, (topic, data[payload_at:stop], retain, received_ns, mid, self._link)
        )

    def _topic(self, raw: bytes) -> str:
        """The topic as text, remembered; one that is none becomes a text that no tree has."""
        try:
            topic = raw.decode()
        except UnicodeDecodeError:
            return _UNREADABLE_TOPIC
        if len(self._topics) >= _TOPICS_KEPT:
            self._topics.clear()
        self._topics[raw] = topic
        return topic


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Remaining length of the packet at `at`, and where its body starts.

    A length that is not all here yet is given as beyond the end of `data`.
    """
    length = 0
    for digit, value in enumerate(data[at + 1 : at + 1 + _LENGTH_DIGITS_MAX]):
        length |= (value & 0x7F) << 7 * digit
        if value < 0x80:  # noqa: PLR2004  (the last digit)
            return length, at + 2 + digit
    if len(data) - at > _LENGTH_DIGITS_MAX:
        raise FrameError("a packet's length has more than four digits")
    return len(data), at + 1
