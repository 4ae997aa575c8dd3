"""One alert over each real SMS path: from the finding to the phone, its receipt and its reply.

The gateway's own engine, dispatcher and door are at one end, at the other a carrier: gammu's
dummy phone, a GSM modem on a pseudo-terminal, Kannel's own fakesmsc, an HTTP carrier.
"""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, unquote_to_bytes

import pytest

from alerts.channels.base import Channel
from alerts.channels.callback import Callback
from alerts.channels.kannel import KannelCallback, KannelChannel, KannelSettings
from alerts.channels.sms import SmsChannel, SmsSettings
from alerts.roster import Person, Roster
from edge.clock import SystemClock
from edge.outbox import Envelope
from gateway.db import tables
from gateway.db.engine import connect, upgrade
from gateway.dispatcher import Dispatcher
from simulators.carriers import Asked, Carrier, Said
from simulators.gammu import GammuSmsd, Modem
from simulators.modem import CENTRE, FakeModem
from simulators.phone import code_in
from tests.servers.doors import Ears, open_door, until
from tests.servers.kannel import DOOR_SECRET, PASSWORD, Kannel, fakesmsc, kannel_in
from tests.servers.process import free_port, program
from tests.unit.gateway.desk_world import make_book
from tests.unit.gateway.test_engine import a_finding, rows_of

NUMBER = "13800000001"
CLOCK = SystemClock()
_TAKEN = "SELECT TextDecoded FROM sentitems WHERE Status NOT LIKE '%Error'"


def _nothing() -> None:
    """The carrier reports by itself."""


@dataclass
class Line:
    """One way of a text: `texts` are those that reached the phone, decoded."""

    channel: Channel
    texts: Callable[[], list[str]]
    answer: Callable[[str], None]
    report: Callable[[], None] = _nothing
    callbacks: Mapping[str, Callback] | None = None


Open = Callable[[Path, int], AbstractAsyncContextManager[Line]]


@asynccontextmanager
async def dummy_phone(folder: Path, _port: int) -> AsyncIterator[Line]:
    program("gammu-smsd")
    daemon = GammuSmsd(folder / "smsd")
    daemon.start()
    try:
        yield Line(
            SmsChannel(SmsSettings(database=daemon.database)),
            partial(_sent, daemon.database),
            lambda text: daemon.receive(NUMBER, text, CLOCK.now_ns()),
            lambda: daemon.report(NUMBER, "Delivered", CLOCK.now_ns()),
        )
    finally:
        daemon.kill()


@asynccontextmanager
async def at_modem(folder: Path, _port: int) -> AsyncIterator[Line]:
    program("gammu-smsd")
    async with FakeModem(folder / "tty", CLOCK) as modem:
        daemon = GammuSmsd(folder / "smsd", Modem(folder / "tty", CENTRE))
        daemon.start()
        try:
            yield Line(
                SmsChannel(SmsSettings(database=daemon.database)),
                lambda: [submitted.text for submitted in modem.submitted],
                lambda text: modem.receive(f"+86{NUMBER}", text),
            )
        finally:
            daemon.kill()


@asynccontextmanager
async def kannel_and_fakesmsc(folder: Path, port: int) -> AsyncIterator[Line]:
    with ExitStack() as stack:
        kannel = stack.enter_context(kannel_in(folder, f"http://127.0.0.1:{port}"))
        carrier = stack.enter_context(ExitStack())
        log = carrier.enter_context(fakesmsc(kannel))

        def answer(text: str) -> None:
            carrier.close()  # it serves one client at a time
            stack.enter_context(fakesmsc(kannel, text))

        yield Line(
            _kannel_channel(kannel, folder, port), partial(_logged, log), answer,
            callbacks={"kannel": KannelCallback(DOOR_SECRET)},
        )  # fmt: skip


@asynccontextmanager
async def kannel_and_http_carrier(folder: Path, port: int) -> AsyncIterator[Line]:
    carrier = Carrier(lambda *_: Said("OK id=c1"), CLOCK.now_ns)
    async with carrier.serving() as carriers_port:
        with kannel_in(
            folder, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{carriers_port}"
        ) as kannel:
            yield Line(
                _kannel_channel(kannel, folder, port),
                lambda: [_in_request(asked) for asked in carrier.asked],
                lambda text: kannel.receive(NUMBER, text),
                lambda: kannel.report("c1", 1),
                {"kannel": KannelCallback(DOOR_SECRET)},
            )


def _sent(database: Path) -> list[str]:
    with closing(sqlite3.connect(database, timeout=5)) as db:
        return [str(text) for (text,) in db.execute(_TAKEN)]


def _logged(log: Path) -> list[str]:
    found = re.findall(r"Got message \d+: <\S+ \S+ \S+ (.*)>", log.read_text())
    return [unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be") for text in found]


def _in_request(asked: Asked) -> str:
    (text,) = parse_qs(asked.raw_query, encoding="latin-1")["text"]
    return text.encode("latin-1").decode("utf-16-be")


def _kannel_channel(kannel: Kannel, folder: Path, port: int) -> KannelChannel:
    (folder / "secret").write_text(PASSWORD)
    (folder / "door").write_text(DOOR_SECRET)
    settings = {
        "url": kannel.sendsms,
        "username": "shouwang",
        "secret_file": folder / "secret",
        "callback": {"url": f"http://127.0.0.1:{port}", "secret_file": folder / "door"},
        "private_networks": ["127.0.0.0/8"],
    }
    return KannelChannel(KannelSettings.model_validate(settings))


def gateway_for(channel: str, folder: Path) -> Ears:
    """An engine whose only grid worker is reached over `channel`."""
    database = connect(f"sqlite:///{folder / 'gateway.db'}")
    upgrade(database)
    who = {"id": "wang", "name": "王芳", "roles": ["grid_worker"], "areas": ["s01"]}
    reach = {channel: NUMBER} if channel == "sms" else {"reach": {channel: NUMBER}}
    roster = Roster(version=2, person=(Person.model_validate(who | reach),))
    return Ears(database, replace(make_book(), roster=roster), Random(1))


PATHS = {
    "gammu's dummy phone": dummy_phone,
    "a modem on a pty": at_modem,
    "Kannel and its fakesmsc": kannel_and_fakesmsc,
    "Kannel and an HTTP carrier": kannel_and_http_carrier,
}


@pytest.mark.parametrize("open_line", PATHS.values(), ids=PATHS)
def test_an_alert_goes_to_the_phone_and_its_receipt_and_reply_come_back(
    open_line: Open, tmp_path: Path
) -> None:
    async def main() -> None:
        port = free_port()
        async with open_line(tmp_path, port) as line:
            engine = gateway_for(line.channel.name, tmp_path)
            dispatcher = Dispatcher(engine, {line.channel.name: line.channel}, CLOCK)
            async with open_door(engine, line.callbacks or {}, port):
                running = asyncio.create_task(dispatcher.run())
                await alert_and_answer(engine, line)
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
            await line.channel.aclose()
            engine.database.dispose()

    asyncio.run(main())


async def alert_and_answer(engine: Ears, line: Line) -> None:
    engine.take_finding(Envelope(1, "e01", "epoch", 1, a_finding()), CLOCK.now_ns())
    await until(line.texts)
    (text,) = line.texts()
    code = code_in(text)
    assert "久未用水" in text
    assert code is not None
    await until(lambda: "accepted" in ledger(engine))
    await asyncio.to_thread(line.report)
    await until(lambda: "delivered" in ledger(engine))
    await asyncio.to_thread(line.answer, f"收到 {code}")
    await until(lambda: states(engine) == ["acknowledged"])
    assert engine.counts["reply", "acknowledge"] == 1
    assert line.texts() == [text]


def ledger(engine: Ears) -> list[str]:
    return [row["state"] for row in rows_of(engine, tables.ledger)]


def states(engine: Ears) -> list[str]:
    return [row["state"] for row in rows_of(engine, tables.incident)]
