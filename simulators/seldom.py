"""A channel that is asked for news less often than its dispatcher would.

In virtual or scaled time a poll every two seconds of the clock is a poll every few
microseconds of the machine.
"""

from alerts.channels.base import Inbound, Outgoing, Receipt, Verdict
from alerts.channels.sms import SmsChannel
from edge.reading import SECOND_NS


class Seldom:
    """`channel` as it is, but polled at most every `every_s` seconds of the caller's clock."""

    def __init__(self, channel: SmsChannel, every_s: float) -> None:
        self.name = channel.name
        self._channel = channel
        self._every_ns = int(every_s * SECOND_NS)
        self._due_ns = 0

    async def send(self, out: Outgoing, now_ns: int) -> Verdict:
        """As the channel sends."""
        return await self._channel.send(out, now_ns)

    async def poll(self, now_ns: int) -> list[Receipt | Inbound]:
        """The channel's news, or none before its time.

        Raises:
            Unavailable: the channel cannot be asked.
        """
        if now_ns < self._due_ns:
            return []
        self._due_ns = now_ns + self._every_ns
        return await self._channel.poll(now_ns)

    async def done(self, keys: list[str]) -> None:
        """As the channel settles; nothing to settle costs nothing.

        Raises:
            Unavailable: the channel cannot be told.
        """
        if keys:
            await self._channel.done(keys)

    async def aclose(self) -> None:
        """As the channel closes."""
        await self._channel.aclose()
