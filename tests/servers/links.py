"""Watching a broker session from outside: its links so far, and what it has logged."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Iterator

from edge.broker import PahoSession

PATIENCE_S = 20.0


class Said(logging.Handler):
    """Sets `heard` once the edge's broker connection has logged `words` so many `times`."""

    def __init__(self, words: str, times: int = 1) -> None:
        super().__init__()
        self.heard = asyncio.Event()
        self._words, self._missing = words, times

    def emit(self, record: logging.LogRecord) -> None:
        self._missing -= self._words in record.getMessage()
        if self._missing <= 0:
            self.heard.set()

    async def wait(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.heard.wait()


@contextlib.contextmanager
def listening(words: str, times: int = 1) -> Iterator[Said]:
    said = Said(words, times)
    logging.getLogger("edge.broker").addHandler(said)
    try:
        yield said
    finally:
        logging.getLogger("edge.broker").removeHandler(said)


class Links:
    """A session that runs, and every change of its link so far."""

    def __init__(self, session: PahoSession) -> None:
        self.seen: list[bool] = []
        self._changed = asyncio.Event()
        self.running = asyncio.create_task(session.run(self._on_link))

    async def first(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._changed.wait()

    async def _on_link(self, connected: bool) -> None:
        self.seen.append(connected)
        self._changed.set()


async def kept_out(session: PahoSession, words: str, times: int = 1) -> None:
    """Return once the session has logged `words` so many times without ever a link."""
    with listening(words, times) as said:
        links = Links(session)
        await said.wait()
        assert links.seen == []
        await cancelled(links.running)
    gc.collect()  # a socket left open by a refusal warns here, and the warning fails the test


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
