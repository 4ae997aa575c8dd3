"""paho's client as far as it is needed: to connect, subscribe, publish and keep alive.

What arrives is read here in whole chunks and framed by `edge.mqtt_frames`, since paho takes
each packet from the socket in four pieces and wraps each message in an object with a lock.
Packets that are no messages are handed back to paho, whose private method for reading is
replaced: should a release rename it, tests/contract/test_paho_client.py says so.
"""

import ssl
import struct
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MessageType

READ_BYTES = 256 * 1024
_ACK = 0x4002_0000
"""A PUBACK is four bytes: type, remaining length 2, message id."""


class PahoClient(mqtt.Client):
    """An MQTT 3.1.1 client of a persistent session that reads and acks when told to."""

    def __init__(self, client_id: str) -> None:
        self._handed = BytesIO()
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )

    def read(self) -> bytes:
        """Up to 256 KiB that have come; nothing when nothing has.

        Raises:
            OSError: the link has ended.
        """
        try:
            chunk = super()._sock_recv(READ_BYTES)
        except BlockingIOError:
            return b""
        if not chunk:
            raise ConnectionResetError("the broker closed the link")
        return chunk

    @property
    def holds_more(self) -> bool:
        """Whether bytes wait in the TLS layer that the socket no longer shows."""
        sock = self.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def handle(self, packets: bytes) -> None:
        """Let paho act on whole packets, none of them a PUBLISH."""
        self._handed = BytesIO(packets)
        while self._handed.tell() < len(packets) and self.socket() is not None:
            self.loop_read()

    def ack_all(self, mids: Sequence[int]) -> None:
        """Ack QoS 1 messages with one write."""
        if mids:
            acks = struct.pack(f"!{len(mids)}I", *[_ACK | mid for mid in mids])
            self._packet_queue(MessageType.PUBACK, acks, 0, 0)

    def _sock_recv(self, bufsize: int) -> bytes:
        """Up to `bufsize` bytes of what was handed in; raises BlockingIOError at its end."""
        piece = self._handed.read(bufsize)
        if not piece:
            raise BlockingIOError
        return piece


class _ClosedWhenRefused(ssl.SSLSocket):
    """paho leaves the socket of a failed handshake open until it is collected; this is closed."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def trusting(authority: Path) -> ssl.SSLContext:
    """TLS with servers whose certificate is by `authority` (PEM) and names their host.

    Raises:
        OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=authority)
    context.sslsocket_class = _ClosedWhenRefused
    return context
