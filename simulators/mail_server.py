"""A mail server on loopback that answers by a script, stage by stage of RFC 5321."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

HANG, DROP = "hang", "drop"
"""Instead of an answer: say nothing more, or close the connection."""

_GREETING = "220 mail.example ready"
_FINE = {
    "EHLO": "250 mail.example",
    "HELO": "250 mail.example",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "TEXT": "250 queued",
    "QUIT": "221 bye",
    "RSET": "250 fine",
}
_LINE_MAX = 64 * 1024


class MailServer:
    """Takes every message but where `answers` says otherwise, by stage; `texts` has them."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self.texts: list[str] = []
        self._answers = _FINE | {"": _GREETING} | dict(answers or {})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Listen on a free port of loopback, and yield it."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=_LINE_MAX)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stage, text = "", ""
        try:
            while await self._answer(stage, reader, writer):
                if stage == "DATA":
                    text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    stage = "TEXT"
                    continue
                if stage == "TEXT":
                    self.texts.append(text)
                stage = (await reader.readline()).decode()[:4].strip().upper()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client's affair
        finally:
            writer.close()

    async def _answer(
        self, stage: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        answer = self._answers.get(stage, "502 what?")
        if answer == HANG:
            await reader.read()
        if answer in {HANG, DROP}:
            return False
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return stage != "QUIT"
