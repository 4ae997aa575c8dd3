"""A webhook receiver that checks signatures, counts repeats and answers by a script."""

import asyncio
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

from edge.clock import Clock
from edge.reading import SECOND_NS

KEPT_MAX = 1_000
TOLERANCE_S = 300
_HEAD_BYTES_MAX = 16 * 1024
_BODY_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sink says to one call: `hang` says nothing, `drop` closes without a word."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it came in; `repeat` if its webhook id was known."""

    path: str
    headers: dict[str, str]
    body: bytes
    signed: bool
    repeat: bool

    @property
    def webhook_id(self) -> str:
        """The id that the sender repeats on every try; empty where missing."""
        return self.headers.get("webhook-id", "")


class WebhookSink:
    """Answers each call by the next entry of `script`, and with 200 once it is used up.

    The last 1,000 calls are kept in `calls`; each of `watchers` is told every call. A call
    whose time is `tolerance_s` of the clock or more away is taken for a replay.
    """

    def __init__(self, clock: Clock, secret: str, tolerance_s: float = TOLERANCE_S) -> None:
        self.script: deque[Answer] = deque()
        self.calls: deque[Call] = deque(maxlen=KEPT_MAX)
        self.watchers: list[Callable[[Call], None]] = []
        self.port = 0
        self._clock = clock
        self._tolerance_s = tolerance_s
        self._signer = Webhook(secret)

    @property
    def repeats(self) -> int:
        """How many of `calls` came with an id that was known."""
        return sum(call.repeat for call in self.calls)

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Listen on loopback, on `port` or a free one, and yield the URL to call."""
        server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=_HEAD_BYTES_MAX, start_serving=True
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{self.port}/hook"
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = self._judged(*await _request(reader))
            self.calls.append(call)
            for watcher in self.watchers:
                watcher(call)
            answer = self.script.popleft() if self.script else Answer()
            if answer.hang:
                await reader.read()  # until the caller gives up
            elif not answer.drop:
                writer.write(_response(answer))
                await writer.drain()
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ValueError,
        ):
            pass  # a caller that speaks no HTTP gets no answer
        finally:
            writer.close()

    def _judged(self, path: str, headers: dict[str, str], body: bytes) -> Call:
        webhook_id = headers.get("webhook-id")
        repeat = any(call.webhook_id == webhook_id for call in self.calls)
        return Call(path, headers, body, self._signed(headers, body), repeat)

    def _signed(self, headers: dict[str, str], body: bytes) -> bool:
        """As `standardwebhooks` verifies, but against this sink's clock."""
        at_s = headers.get("webhook-timestamp", "")
        if not at_s.isdigit():
            return False
        if abs(int(at_s) - self._clock.now_ns() // SECOND_NS) > self._tolerance_s:
            return False
        at = datetime.fromtimestamp(int(at_s), tz=UTC)
        wanted = self._signer.sign(headers.get("webhook-id", ""), at, body.decode())
        given = headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(wanted.encode(), sign.encode()) for sign in given)


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    _, path, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _BODY_BYTES_MAX:
        raise ValueError(f"a body of {length} bytes")
    return path, headers, await reader.readexactly(length)


def _response(answer: Answer) -> bytes:
    headers = {"content-length": str(len(answer.body)), "connection": "close"} | answer.headers
    lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body


def refusal(**fields: object) -> Answer:
    """A 200 whose JSON body refuses, as the Chinese chat services do."""
    return Answer(body=json.dumps(fields).encode())
