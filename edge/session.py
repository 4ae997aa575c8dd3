"""What the rooms ask of a broker connection, whichever client serves it.

A session is persistent (clean session off, fixed client id), delivers at QoS 1, and acks
only what it is told to: a message is the broker's until `ack`. MQTT 3.1.1 is enough.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Delivery(NamedTuple):
    """One message as it came from the broker, not yet acked.

    `mid` and `link` (a count of connections) name it for `ack`; an ack for a connection
    that has ended does nothing, since the broker sends the message again.
    """

    topic: str
    payload: bytes
    retain: bool
    received_ns: int
    mid: int
    link: int


class NotPublished(Exception):  # noqa: N818  (a state of the world, not a fault of ours)
    """The broker has not confirmed the message; it may or may not have it."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when the connection dies without a word."""

    topic: str
    payload: bytes


OnLink = Callable[[bool], Awaitable[None]]


class Session(Protocol):
    """A connection that mends itself while `run` runs."""

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection and the subscriptions."""
        ...

    @property
    def queued(self) -> int:
        """How many messages have come and wait to be received."""
        ...

    async def run(self, on_link: OnLink) -> None:
        """Connect, and reconnect with full-jitter back-off, until cancelled.

        `on_link(True)` is awaited after every accepted connection and its SUBACK,
        `on_link(False)` after every loss.
        """
        ...

    async def receive(self, limit: int, linger_s: float) -> list[Delivery]:
        """Wait for a first message, then for up to `limit` of them or `linger_s` real seconds.

        Fewer are given out at once where they are long.
        """
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are ours now; call it after the commit only."""
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1 and return once the broker has confirmed.

        Raises:
            NotPublished: the link is down, was lost, or gave no answer in time.
        """
        ...
