"""That paho's own machinery calls what `PahoClient` puts in its place."""

import pytest
from paho.mqtt.enums import MQTTErrorCode

from edge.paho_client import PahoClient

Taken = tuple[bytes, bytes, int, bool]


class Socket:
    """Stands in for the socket: gives what was put in, chunk by chunk, and counts its calls."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks
        self.reads = 0
        self.writes: list[bytes] = []

    def recv(self, limit: int) -> bytes:
        self.reads += 1
        if not self.chunks:
            raise BlockingIOError
        chunk, self.chunks[0] = self.chunks[0][:limit], self.chunks[0][limit:]
        self.chunks = [rest for rest in self.chunks if rest]
        return chunk

    def send(self, packet: bytes) -> int:
        self.writes.append(bytes(packet))
        return len(packet)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing is held."""


def publish(payload: bytes, *, flags: int = 0x02, mid: bytes = b"\x00\x07") -> bytes:
    body = b"\x00\x03a/b" + mid + payload
    assert len(body) < 128
    return bytes([0x30 | flags, len(body)]) + body


def read_all(chunks: list[bytes]) -> tuple[list[Taken], Socket, MQTTErrorCode]:
    """What the client takes from the chunks, read as the event loop reads."""
    taken: list[Taken] = []
    client = PahoClient("c", lambda *message: taken.append(message))
    client._sock = socket = Socket(chunks)  # type: ignore[assignment]
    answer = client.loop_read()
    while (client.has_read_ahead or socket.chunks) and not answer:
        answer = client.loop_read()
    return taken, socket, answer


def test_many_messages_cost_one_read_of_the_socket() -> None:
    packets = [publish(b"%d" % number) for number in range(100)]
    taken, socket, _ = read_all([b"".join(packets)])
    assert taken == [(b"a/b", b"%d" % number, 7, False) for number in range(100)]
    assert socket.reads == 1


def test_packets_cut_anywhere_arrive_whole() -> None:
    stream = publish(b"one") + publish(b"") + publish(b"three", flags=0x03)
    for size in range(1, len(stream)):
        chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
        taken, _, _ = read_all(chunks)
        assert [(payload, retain) for _, payload, _, retain in taken] == [
            (b"one", False), (b"", False), (b"three", True)
        ]  # fmt: skip


def test_a_message_of_qos_0_has_nothing_to_ack() -> None:
    taken, _, _ = read_all([publish(b"now", flags=0x00, mid=b"")])
    assert taken == [(b"a/b", b"now", 0, False)]


@pytest.mark.parametrize(
    "packet",
    [
        publish(b"twice", flags=0x04),
        publish(b"", flags=0x06),
        b"\x32\x01\x00",
        b"\x32\x03\x00\x09a",
    ],
    ids=["QoS 2", "QoS 3", "no topic", "topic cut short"],
)
def test_a_publish_that_cannot_be_is_taken_by_nobody_and_ends_the_link(packet: bytes) -> None:
    taken, _, answer = read_all([packet])
    assert (taken, answer) == ([], MQTTErrorCode.MQTT_ERR_PROTOCOL)


def test_the_acks_of_a_batch_leave_in_one_write() -> None:
    client = PahoClient("c", lambda *_: None)
    client._sock = socket = Socket([])  # type: ignore[assignment]
    client.ack_all([1, 2, 0x1234])
    client.loop_write()
    assert socket.writes == [b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x12\x34"]


def test_no_acks_cost_no_write() -> None:
    client = PahoClient("c", lambda *_: None)
    client._sock = socket = Socket([])  # type: ignore[assignment]
    client.ack_all([])
    client.loop_write()
    assert socket.writes == []
