"""The gateway's door for providers, served on loopback, and an engine that remembers its news."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette

from alerts.channels.base import Inbound, Receipt
from alerts.channels.callback import Callback
from alerts.code import Chance
from edge.clock import SystemClock
from edge.http_server import listen, run
from gateway.book import Book
from gateway.door import Door
from gateway.engine import Engine

PATIENCE_S = 25.0


class Ears(Engine):
    """An engine whose `heard` has every piece of news, known or not."""

    def __init__(self, database: sa.Engine, book: Book, chance: Chance) -> None:
        super().__init__(database, book, chance)
        self.heard: list[Receipt | Inbound] = []

    def receipt(self, receipt: Receipt, now_ns: int) -> None:
        self.heard.append(receipt)
        super().receipt(receipt, now_ns)

    def reply(self, channel: str, inbound: Inbound, now_ns: int) -> str:
        self.heard.append(inbound)
        return super().reply(channel, inbound, now_ns)


@asynccontextmanager
async def open_door(
    engine: Engine, callbacks: Mapping[str, Callback], port: int
) -> AsyncIterator[None]:
    """The door on `port` of loopback, until the block ends."""
    door = Door(callbacks, engine, SystemClock())
    app = Starlette(routes=[door.route()])
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None)
    serving = asyncio.create_task(run(config, listen("127.0.0.1", port)))
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def until(happened: Callable[[], object]) -> None:
    """Look ten times a second until `happened` answers, or awaits to, true."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = happened()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.1)
