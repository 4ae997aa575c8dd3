"""That paho's own machinery calls what `PahoClient` puts in its place."""

import pytest

from edge.paho_client import READ_BYTES, PahoClient

CONNACK = b"\x20\x02\x00\x00"
PUBACK = b"\x40\x02\x00\x07"


class Socket:
    """Stands in for the socket: gives what was put in, chunk by chunk, and counts its calls."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks
        self.writes: list[bytes] = []

    def recv(self, limit: int) -> bytes:
        if not self.chunks:
            raise BlockingIOError
        assert len(self.chunks[0]) <= limit
        return self.chunks.pop(0)

    def send(self, packet: bytes) -> int:
        self.writes.append(bytes(packet))
        return len(packet)

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        """Nothing is held."""


def client_on(*chunks: bytes) -> tuple[PahoClient, Socket]:
    client = PahoClient("c")
    client._sock = socket = Socket(list(chunks))  # type: ignore[assignment]
    return client, socket


def test_a_chunk_is_read_whole_and_nothing_when_nothing_has_come() -> None:
    client, _ = client_on(b"x" * READ_BYTES, b"y")
    assert [client.read(), client.read(), client.read()] == [b"x" * READ_BYTES, b"y", b""]


def test_the_end_of_the_stream_is_the_end_of_the_link() -> None:
    client, _ = client_on(b"")
    with pytest.raises(ConnectionResetError):
        client.read()


def test_packets_that_are_handed_in_are_acted_on_without_the_socket() -> None:
    client, socket = client_on(b"not for paho")
    answers: list[str] = []
    client.on_connect = lambda *_: answers.append("connected")
    client.on_publish = lambda *_: answers.append("confirmed")
    info = client.publish("a", b"1", qos=1)
    client.handle(CONNACK + b"\x40\x02" + info.mid.to_bytes(2, "big"))
    assert answers == ["connected", "confirmed"]
    assert socket.chunks == [b"not for paho"]


def test_a_packet_that_cannot_be_ends_what_was_handed_in() -> None:
    client, _ = client_on()
    lost: list[object] = []
    client.on_disconnect = lambda *reason: lost.append(reason)
    client.handle(CONNACK + b"\xf0\x00" + PUBACK)
    assert len(lost) == 1
    assert client.socket() is None


def test_the_acks_of_a_batch_leave_in_one_write() -> None:
    client, socket = client_on()
    client.ack_all([1, 2, 0x1234])
    client.loop_write()
    assert socket.writes == [b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x12\x34"]


def test_no_acks_cost_no_write() -> None:
    client, socket = client_on()
    client.ack_all([])
    client.loop_write()
    assert socket.writes == []
