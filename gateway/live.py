"""Tells every open console that something changed: a bounded fan-out.

A subscriber that does not keep up is dropped, not waited for; its browser reconnects and
reads the page afresh, so nothing is lost but a moment.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SUBSCRIBERS_MAX = 64
QUEUE_MAX = 32


class TooManySubscribersError(Exception):
    """`SUBSCRIBERS_MAX` consoles are listening already."""


@dataclass(frozen=True, slots=True)
class Changed:
    """These incidents are not what they were."""

    incident_ids: tuple[str, ...]


@dataclass(eq=False, slots=True)
class Subscription:
    """One listener's queue; `None` in it is the end."""

    queue: asyncio.Queue[Changed | None] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_MAX + 1),
    )

    async def changes(self, keep_alive_s: float) -> AsyncIterator[Changed | None]:
        """Each change as it comes, None after `keep_alive_s` real seconds without one."""
        while True:
            try:
                async with asyncio.timeout(keep_alive_s):
                    change = await self.queue.get()
            except TimeoutError:
                yield None
                continue
            if change is None:
                return
            yield change


class Live:
    """The hub: `publish` is called after a commit, on the loop, and never waits."""

    def __init__(self) -> None:
        self._listening: set[Subscription] = set()
        self.dropped = 0

    @property
    def subscribers(self) -> int:
        """How many consoles are listening."""
        return len(self._listening)

    def publish(self, incident_ids: Collection[str]) -> None:
        """Every listener will see this change, or is dropped when its queue is full."""
        if not incident_ids:
            return
        change = Changed(tuple(sorted(incident_ids)))
        for listener in tuple(self._listening):
            if listener.queue.qsize() >= QUEUE_MAX:
                self.dropped += 1
                self._end(listener)
            else:
                listener.queue.put_nowait(change)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription for the length of the block.

        Raises:
            TooManySubscribersError: the hub is full.
        """
        if len(self._listening) >= SUBSCRIBERS_MAX:
            raise TooManySubscribersError
        listener = Subscription()
        self._listening.add(listener)
        try:
            yield listener
        finally:
            self._listening.discard(listener)

    def close(self) -> None:
        """Every listener has come to its end."""
        for listener in tuple(self._listening):
            self._end(listener)

    def _end(self, listener: Subscription) -> None:
        self._listening.discard(listener)
        listener.queue.put_nowait(None)
