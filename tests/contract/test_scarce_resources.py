"""Without files to open, or with writes that fail, nothing accepted is lost and all goes on after.

The limits are the kernel's, set on the process for a moment; mosquitto is the real one.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.health import Health
from edge.journal import Journal
from edge.journal_fault import JournalError
from edge.outbox import Outbox
from edge.ring import prune
from gateway.server import listen, serve
from tests.contract.readings import NOW_NS, admitted, finding, reading
from tests.contract.test_journal import opened, settings
from tests.contract.test_session import PATIENCE_S, paho, play
from tests.servers.links import Links, cancelled, listening
from tests.servers.process import Server
from tests.servers.scarce import no_file_beyond, nothing_more_to_open
from tests.unit.gateway.desk_world import World, make_world

ASK = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = make_world(tmp_path)
    yield world
    world.desk.db.dispose()


def test_a_journal_needs_no_further_file_to_accept_find_and_forget(tmp_path: Path) -> None:
    health = Health()
    journal = opened(tmp_path, health)
    with nothing_more_to_open():
        for number in range(1, 200):
            journal.append([admitted(reading(number))])
            journal.settle(number, [finding(number)])
        journal.checkpoint(199, bytes(100_000))
        prune(journal, settings(tmp_path), health, now_ns=NOW_NS, forwarded=False)
        assert len(Outbox(journal, forwarded=False).unacked(1_000)) == 199
    journal.close()
    assert opened_last(tmp_path) == 199


def test_a_link_that_no_socket_is_left_for_is_made_once_there_is_one(mosquitto: Server) -> None:
    async def scenario() -> None:
        with ExitStack() as scarce, listening("Too many open files") as said:
            scarce.enter_context(nothing_more_to_open())
            links = Links(paho(mosquitto, "scarce", []))
            await said.wait()
            assert links.seen == []
            scarce.close()
            await links.first()
        assert links.seen == [True]
        await cancelled(links.running)

    play(scenario())


def test_a_caller_whom_no_socket_is_left_for_is_served_once_there_is_one(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> list[bytes]:
        with listen("127.0.0.1", 0) as door, socket.socket() as first, socket.socket() as caller:
            serving = asyncio.create_task(serve(world.app, door, world.desk.live))
            await ask(first, door)
            answers = [await answer(first)]  # all that is imported late is imported now
            with nothing_more_to_open():
                await ask(caller, door)
                async with asyncio.timeout(PATIENCE_S):
                    while "out of system resource" not in caplog.text:
                        await asyncio.wait([serving], timeout=0.02)
            answers.append(await answer(caller))
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            return answers

    caplog.set_level(logging.ERROR, "asyncio")
    assert [each[:12] for each in asyncio.run(scenario())] == [b"HTTP/1.1 200"] * 2


async def ask(caller: socket.socket, door: socket.socket) -> None:
    """Ask on a socket that is there already."""
    caller.setblocking(False)  # noqa: FBT003  (the standard library's own signature)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(caller, door.getsockname())
    await loop.sock_sendall(caller, ASK)


async def answer(caller: socket.socket) -> bytes:
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.get_running_loop().sock_recv(caller, 100)


@pytest.mark.parametrize("seed", range(5))
def test_writes_that_are_cut_short_at_random_cost_nothing_that_was_accepted(
    tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    journal, accepted, failed = opened(tmp_path), 0, 0
    for _ in range(300):
        number = accepted + 1
        try:
            with ExitStack() as limits:
                if rng.random() < 0.2:
                    room = rng.randrange(200)
                    limits.enter_context(no_file_beyond(wal_bytes(tmp_path) + room))
                journal.append([admitted(reading(number))])
                accepted = number
                journal.settle(number, [finding(number)])
        except JournalError:
            failed += 1
            journal = reopened(journal, tmp_path)
            accepted = max(accepted, journal.last)
    owed = [each.finding.id for each in Outbox(journal, forwarded=False).unacked(1_000)]
    stored = [entry.position for entry in journal.replay_from(0)]
    journal.close()
    assert failed, "the disk has refused"
    assert stored == list(range(1, accepted + 1))
    assert len(owed) == len(set(owed))
    assert not list(tmp_path.glob("*.damaged-*")), "no sound file was put aside"


def reopened(journal: Journal, folder: Path) -> Journal:
    """As the edge is by its service manager."""
    journal.close()
    return opened(folder)


def opened_last(folder: Path) -> int:
    journal = opened(folder)
    journal.close()
    return journal.last


def wal_bytes(folder: Path) -> int:
    return (folder / "journal.db-wal").stat().st_size
