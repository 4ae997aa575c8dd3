"""paho's client, made cheap for many small messages.

paho takes each packet from the socket in four pieces, wraps each message in an object with a
lock, and writes each ack by itself. Here the socket is read ahead, a message is handed on as
it is, and the acks of a batch leave in one write. Three methods below stand in for private
ones of paho 2: should a release rename them, tests/contract/test_paho_client.py says so.
"""

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import Struct

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MessageType, MQTTErrorCode

READ_BYTES = 65_536
_PUBACK = Struct("!BBH")
_RETAIN, _QOS = 0x01, 0x06
_QOS_0, _QOS_1 = 0x00, 0x02

Take = Callable[[bytes, bytes, int, bool], None]
"""Receives topic, payload, message id (0: nothing to ack) and the retain flag."""


class PahoClient(mqtt.Client):
    """An MQTT 3.1.1 client of a persistent session that acks when told to.

    Every message goes to `take`; `on_message` is never called. QoS 2 is refused, since a
    subscriber at QoS 1 gets none.
    """

    def __init__(self, client_id: str, take: Take) -> None:
        self._take = take
        self._ahead = b""
        self._at = 0
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )

    @property
    def has_read_ahead(self) -> bool:
        """Whether bytes wait here that the socket no longer shows."""
        return self._at < len(self._ahead)

    def ack_all(self, mids: Sequence[int]) -> None:
        """Ack QoS 1 messages with one write."""
        if mids:
            acks = b"".join([_PUBACK.pack(MessageType.PUBACK, 2, mid) for mid in mids])
            self._packet_queue(MessageType.PUBACK, acks, 0, 0)

    def _sock_recv(self, bufsize: int) -> bytes:
        """Up to `bufsize` bytes; raises as the socket does, and is empty at its end."""
        if self._at == len(self._ahead):
            self._ahead, self._at = super()._sock_recv(READ_BYTES), 0
        piece = self._ahead[self._at : self._at + bufsize]
        self._at += len(piece)
        return piece

    def _handle_publish(self) -> MQTTErrorCode:
        """MQTT 3.1.1, section 3.3: topic, message id above QoS 0, payload."""
        command, packet = self._in_packet["command"], bytes(self._in_packet["packet"])
        topic_end = 2 + int.from_bytes(packet[:2], "big")
        start = topic_end if command & _QOS == _QOS_0 else topic_end + 2
        if command & _QOS > _QOS_1 or len(packet) < start:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        mid = int.from_bytes(packet[topic_end:start], "big")
        self._take(packet[2:topic_end], packet[start:], mid, bool(command & _RETAIN))
        return MQTTErrorCode.MQTT_ERR_SUCCESS


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
