"""Between the edge and InfluxDB stands a network's login page, a wrong certificate, a slow disk."""

import asyncio
import gzip
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge import forwarder as forwarding
from edge.influx import InfluxSettings, sink
from edge.influx_answer import Answer, Verdict
from edge.journal import INFLUX_LIVE, Journal
from tests.contract.forwarding import WatchedHealth, forwarder, health, journal
from tests.contract.readings import admitted, reading
from tests.servers.hardened import authority, certificate

__all__ = ["health", "journal"]

LINE = "m v=1 1"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Scene = Callable[[InfluxSettings], Awaitable[None]]


def served(api: str, serve: Serve, scene: Scene, tls: ssl.SSLContext | None = None) -> None:
    """Play `scene` against a server that treats each connection by `serve`."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        async with server:
            url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
            told = {"api": api, "database": "d", "secret": "a-token", "timeout": "500 ms"}
            await scene(InfluxSettings.model_validate(told | {"url": url}))

    asyncio.run(main())


async def written(settings: InfluxSettings) -> Answer:
    to = sink(settings)
    async with asyncio.timeout(10):
        answer = await to.write([LINE])
    await to.aclose()
    return answer


async def request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(field.partition(b":")[2])
        for field in head.lower().split(b"\r\n")
        if field.startswith(b"content-length:")
    )
    return head, await reader.readexactly(length)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_the_login_page_of_a_network_has_stored_nothing(api: str) -> None:
    page = b"<html>sign in to the network</html>"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
        )
        writer.write(page)
        await writer.drain()

    async def scene(settings: InfluxSettings) -> None:
        answer = await written(settings)
        assert (answer.verdict, answer.cause) == (Verdict.LATER, "page")

    served(api, serve, scene)


@pytest.mark.parametrize("status", [b"301", b"302", b"303", b"307", b"308"])
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_redirect_is_not_followed_and_the_secret_goes_nowhere_else(
    api: str, status: bytes
) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await request(reader))[0])
        writer.write(
            b"HTTP/1.1 %s Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" % status
        )
        await writer.drain()

    async def scene(settings: InfluxSettings) -> None:
        assert (await written(settings)).verdict is Verdict.LATER

    served(api, serve, scene)
    assert len(asked) == 1


def test_of_a_page_without_an_end_only_the_beginning_is_read() -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request(reader)
        writer.write(b"HTTP/1.1 503 Full\r\nContent-Type: text/html\r\n\r\n")
        while sent < 64 * 2**20:
            writer.write(b"full " * 13_000)
            sent += 65_000
            await writer.drain()

    async def scene(settings: InfluxSettings) -> None:
        answer = await written(settings)
        assert (answer.verdict, answer.cause) == (Verdict.LATER, "503")
        assert len(answer.said) <= 300

    served("v1", serve, scene)
    assert sent < 16 * 2**20


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_nothing_is_sent_to_a_server_whose_certificate_nobody_vouches_for(
    tmp_path: Path, api: str
) -> None:
    authority(tmp_path, "stranger")
    certificate(tmp_path, "stranger")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1))

    async def scene(settings: InfluxSettings) -> None:
        assert (await written(settings)).verdict is Verdict.LATER

    served(api, serve, scene, tls)
    assert b"".join(heard) == b""


def test_a_server_too_slow_for_many_lines_gets_fewer_until_it_keeps_up(
    journal: Journal, health: WatchedHealth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forwarding, "_LINES_ALWAYS", 5)
    at_once: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, body = await request(reader)
            lines = gzip.decompress(body).count(b"\n") + 1
            if lines > 10:
                await reader.read()  # it is still at it when the edge has given up
                return
            at_once.append(lines)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()

    async def scene(settings: InfluxSettings) -> None:
        to = sink(settings.model_copy(update={"timeout": 0.05}))
        async with asyncio.timeout(20):
            while await forwarder(journal, health, to).forward():
                pass
        await to.aclose()

    journal.append([admitted(*(reading(seq) for seq in range(40)))])
    served("v1", serve, scene)
    assert sum(lines for lines in at_once if lines > 1) == 40
    assert journal.position(INFLUX_LIVE) == 1
    assert health.counted("influx_points_rejected") == 0
