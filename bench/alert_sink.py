"""Where both sides send their webhooks: it notes when each came and what it told of."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

_NAME = re.compile(rb"\bi[0-9a-f]{16}\b")
_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_POLL_S = 0.02
_HEAD_BYTES_MAX = 64 * 1024


class Arrival(NamedTuple):
    """One webhook: when it came, to which path, and the conditions that it names."""

    at_s: float
    path: str
    names: frozenset[str]


class Sink:
    """A receiver on loopback that says yes to everything; `arrivals` in their order."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Listen, and yield the URL to call; paths below it tell receivers apart."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES_MAX)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    def times(self, since: int = 0) -> Counter[str]:
        """How often each condition was told of, from the arrival numbered `since` on."""
        return Counter(name for arrival in self.arrivals[since:] for name in arrival.names)

    def first_s(self, since: int = 0) -> dict[str, float]:
        """When each condition was first told of."""
        first: dict[str, float] = {}
        for arrival in self.arrivals[since:]:
            for name in arrival.names:
                first.setdefault(name, arrival.at_s)
        return first

    async def until_told(self, names: frozenset[str], within_s: float, since: int = 0) -> bool:
        """Whether all of `names` were told of within so many seconds."""
        give_up_s = time.perf_counter() + within_s
        while time.perf_counter() < give_up_s:
            if names <= self.times(since).keys():
                return True
            await asyncio.sleep(_POLL_S)
        return False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = await reader.readexactly(_length(head))
                self._note(head, body)
                writer.write(_OK)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the caller has hung up, or the benchmark is over
        finally:
            writer.close()

    def _note(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        names = frozenset(name.decode() for name in _NAME.findall(body))
        self.arrivals.append(Arrival(time.perf_counter(), path, names))


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0
