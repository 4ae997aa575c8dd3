"""Any cut of the stream gives the same packets; any bytes give packets or a FrameError."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import mqtt_frames
from edge.mqtt_frames import BODY_BYTES_MAX, FrameError, Frames
from edge.session import Delivery
from edge.wire import PAYLOAD_BYTES_MAX

NOW_NS, LINK = 1_780_000_000_000_000_000, 3

TOPICS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
OTHERS = st.sampled_from(
    [b"\x20\x02\x00\x00", b"\x40\x02\x00\x07", b"\x90\x03\x00\x01\x01", b"\xd0\x00"]
)


def packet(head: int, body: bytes) -> bytes:
    """MQTT 3.1.1, section 2.2.3."""
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | 0x80 if length else digit)
        if not length:
            return bytes([head, *digits]) + body


def publish(topic: bytes, payload: bytes, mid: int, *, retain: bool = False) -> bytes:
    """At QoS 1, or at QoS 0 where `mid` is 0."""
    head = 0x30 | retain | (0x02 if mid else 0)
    name = len(topic).to_bytes(2, "big") + topic
    return packet(head, name + (mid.to_bytes(2, "big") if mid else b"") + payload)


MESSAGES = st.tuples(TOPICS, st.binary(max_size=400), st.integers(0, 65_535), st.booleans())


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Delivery], bytes, bytes]:
    """What was said: messages, other packets, and the whole stream of both."""
    said, others, stream = [], b"", b""
    for part in draw(st.lists(MESSAGES | OTHERS, max_size=20)):
        if isinstance(part, bytes):
            others += part
            stream += part
            continue
        topic, payload, mid, retain = part
        said.append(Delivery(topic, payload, retain, NOW_NS, mid, LINK))
        stream += publish(topic.encode(), payload, mid, retain=retain)
    return said, others, stream


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(edges)]


def fed(chunks: list[bytes]) -> tuple[list[Delivery], bytes]:
    frames, deliveries, others = Frames(LINK), [], b""
    for chunk in chunks:
        arrived = frames.feed(chunk, NOW_NS)
        deliveries += arrived.deliveries
        others += arrived.others
    return deliveries, others


@given(streams(), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_cut_of_the_stream_gives_the_same_packets(
    spoken: tuple[list[Delivery], bytes, bytes], cuts: list[int]
) -> None:
    said, others, stream = spoken
    assert fed(chunks_of(stream, cuts)) == (said, others)


@given(streams())
def test_one_byte_at_a_time_gives_the_same_packets(
    spoken: tuple[list[Delivery], bytes, bytes],
) -> None:
    said, others, stream = spoken
    assert fed([stream[at : at + 1] for at in range(len(stream))]) == (said, others)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_any_bytes_give_packets_or_a_frame_error_wherever_they_are_cut(
    stream: bytes, cuts: list[int]
) -> None:
    def outcome(chunks: list[bytes]) -> object:
        try:
            return fed(chunks)
        except FrameError:
            return FrameError

    assert outcome(chunks_of(stream, cuts)) == outcome([stream])


@pytest.mark.parametrize(
    "stream",
    [
        packet(0x34, b"\x00\x03a/b\x00\x07twice"),
        packet(0x36, b"\x00\x03a/b\x00\x07"),
        packet(0x32, b"\x00"),
        packet(0x32, b"\x00\x09a"),
        packet(0x32, b"\x00\x03a/b\x07"),
        packet(0x32, b"\x00\x03a/b\x00\x00no id"),
        packet(0x30, b""),
        b"\x32\xff\xff\xff\xff\x01",
        packet(0x90, b"\x01" * (BODY_BYTES_MAX + 1)),
    ],
    ids=["QoS 2", "QoS 3", "no topic", "topic cut short", "id cut short", "id 0", "no body",
         "length of five digits", "an endless SUBACK"],
)  # fmt: skip
def test_a_packet_that_cannot_be_is_a_frame_error(stream: bytes) -> None:
    with pytest.raises(FrameError):
        fed([stream])


@pytest.mark.parametrize("step", [1_000, 262_144, 10**9])
def test_a_message_beyond_the_limit_comes_cut_and_its_neighbours_whole(step: int) -> None:
    huge = publish(b"a/b", b"x" * (2 * BODY_BYTES_MAX), 7)
    stream = publish(b"a/b", b"before", 6) + huge + publish(b"a/b", b"after", 8)
    got, _ = fed([stream[at : at + step] for at in range(0, len(stream), step)])
    assert [(delivery.mid, delivery.payload[:6]) for delivery in got] == [
        (6, b"before"), (7, b"xxxxxx"), (8, b"after")
    ]  # fmt: skip
    assert PAYLOAD_BYTES_MAX < len(got[1].payload) <= BODY_BYTES_MAX


def test_a_topic_that_is_no_text_is_delivered_as_one_that_no_tree_has() -> None:
    (delivery,), _ = fed([publish(b"\xff\xfe", b"1", 5)])
    assert (delivery.topic, delivery.mid) == ("\ufffd", 5)


def test_the_memory_for_topics_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_frames, "_TOPICS_KEPT", 3)
    frames = Frames(LINK)
    for number in range(10):
        (delivery,) = frames.feed(publish(b"t/%d" % number, b"", 1), NOW_NS).deliveries
        assert delivery.topic == f"t/{number}"
    assert len(frames._topics) <= 3
