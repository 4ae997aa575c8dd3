"""Publish a story at the pace of a clock, through whatever can publish.

A message that was not confirmed is published again until it is: a meter's gateway has
memory too. Nothing is skipped, so a broken broker makes the story late, never thin.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from edge.clock import Clock, sleep, sleep_until
from edge.session import NotPublished
from simulators.meters import TimedMessage

Publish = Callable[[str, bytes], Awaitable[None]]
_RETRY_S = 5.0


@dataclass(slots=True)
class Progress:
    """How far a story has come; `until_ns` is when its last message was due.

    `trouble` says why the message that is told now was not confirmed, "" where none waits.
    """

    published: int = 0
    retried: int = 0
    until_ns: int = 0
    trouble: str = ""


async def play(
    messages: Iterable[TimedMessage],
    publish: Publish,
    clock: Clock,
    progress: Progress,
    *,
    waiting: bool = True,
) -> None:
    """All of `messages` are confirmed, none before its time unless `waiting` is off."""
    for message in messages:
        if waiting:
            await sleep_until(clock, message.publish_ns)
        await _insist(message, publish, clock, progress)
        progress.published += 1
        progress.until_ns = message.publish_ns


async def _insist(
    message: TimedMessage, publish: Publish, clock: Clock, progress: Progress
) -> None:
    while True:
        try:
            await publish(message.topic, message.payload)
        except NotPublished as error:
            progress.retried += 1
            progress.trouble = str(error)
            await sleep(clock, _RETRY_S)
        else:
            progress.trouble = ""
            return
