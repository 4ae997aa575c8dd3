"""What the edge does when its disk is full: it waits, and takes nothing new meanwhile.

A commit that finds no room has changed nothing, so it is simply tried again. The messages
behind it stay with the broker, whose queue is the next bound.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from edge.clock import Clock, sleep
from edge.health import Health
from edge.journal import JournalFull

log = logging.getLogger(__name__)

RETRY_S = 5.0

T = TypeVar("T")


async def when_room(clock: Clock, health: Health, act: Callable[[], T]) -> T:
    """The result of `act`, called again every 5 s for as long as it raises JournalFull."""
    while True:
        try:
            return act()
        except JournalFull as error:
            health.count("journal_full")
            log.error("%s", error)  # noqa: TRY400  (a state of the disk; its trace says nothing)
        await sleep(clock, RETRY_S)
