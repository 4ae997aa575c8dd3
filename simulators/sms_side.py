"""The SMS daemon of a demo, real or simulated, and the phones behind it."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.clock import Clock
from simulators.gammu import GammuSmsd, Missing
from simulators.phone import Phones
from simulators.smsd import SmsdTwin

__all__ = ["Missing", "SmsSide", "gammu_side", "twin_side"]

_LOOK_S = 0.05
_SENT = """
    SELECT ID, DestinationNumber, TextDecoded FROM sentitems
    WHERE ID > ? AND Status LIKE 'SendingOK%' ORDER BY ID
"""


@dataclass(frozen=True, slots=True)
class SmsSide:
    """Where the daemon's tables are, and what must run beside them."""

    database: Path
    run: Callable[[], Coroutine[Any, Any, None]]


@contextmanager
def twin_side(folder: Path, clock: Clock, phones: Phones) -> Iterator[SmsSide]:
    """The simulated daemon; it looks into its outbox a few times a real second."""
    folder.mkdir()
    database = folder / "smsd.sqlite"
    twin = SmsdTwin(database, clock, phones.ring, rng=random.Random())
    twin.loop_s = _LOOK_S * clock.speed
    phones.connect(twin.receive)
    yield SmsSide(database, twin.run)


@contextmanager
def gammu_side(folder: Path, clock: Clock, phones: Phones) -> Iterator[SmsSide]:
    """The real gammu-smsd with its dummy phone; it has ended after the block.

    Raises:
        Missing: it is not installed.
    """
    daemon = GammuSmsd(folder)
    phones.connect(lambda number, text: daemon.receive(number, text, clock.now_ns()))

    async def ring_sent() -> None:
        """The dummy phone has no network: what it has sent is on the screen at once."""
        newest = 0
        while True:
            for item, number, text in _sent_after(daemon.database, newest):
                newest = item
                phones.ring(number, text)
            await asyncio.sleep(_LOOK_S)

    daemon.start()
    try:
        yield SmsSide(daemon.database, ring_sent)
    finally:
        daemon.stop()


def _sent_after(database: Path, newest: int) -> list[tuple[int, str, str]]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(_SENT, (newest,)).fetchall()
