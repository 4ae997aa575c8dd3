"""The real Kannel as shipped: over a fakesmsc that takes all, and over a carrier that refuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.exc import OperationalError

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt
from alerts.channels.kannel import KannelCallback, KannelChannel, KannelSettings
from edge.clock import SystemClock
from gateway.db.engine import connect, upgrade
from simulators.carriers import Asked, Carrier, Said
from tests.servers.doors import Ears, open_door, until
from tests.servers.kannel import DOOR_SECRET, PASSWORD, Kannel, fakesmsc, kannel_in
from tests.servers.process import free_port
from tests.unit.gateway.desk_world import make_book

NUMBER = "13800000001"
TEXT = "紧急 3栋2单元301：12小时未用水，请上门。回1234加1我去"
CLOCK = SystemClock()


@dataclass
class Line:
    """A Kannel, the channel that speaks to it, and what it has told at our door."""

    kannel: Kannel
    channel: KannelChannel
    ears: Ears

    async def send(self, idempotency_id: str = "n1", number: str = NUMBER) -> Outcome:
        out = Outgoing(idempotency_id, number, TEXT, {}, 0)
        return (await self.channel.send(out, CLOCK.now_ns())).outcome

    async def accepted(self) -> bool:
        return await self.send() is Outcome.ACCEPTED

    def outcomes(self, idempotency_id: str = "n1") -> list[Outcome]:
        receipts = [news for news in self.ears.heard if isinstance(news, Receipt)]
        return [news.outcome for news in receipts if news.idempotency_id == idempotency_id]

    def texts(self) -> list[tuple[str, str]]:
        return [(news.address, news.text) for news in self.ears.heard if isinstance(news, Inbound)]


@asynccontextmanager
async def line(folder: Path, carrier: str | None = None) -> AsyncIterator[Line]:
    (folder / "secret").write_text(PASSWORD)
    (folder / "door").write_text(DOOR_SECRET)
    database = connect(f"sqlite:///{folder / 'gateway.db'}")
    upgrade(database)
    ears, port = Ears(database, make_book(), Random(1)), free_port()
    door = f"http://127.0.0.1:{port}"
    with kannel_in(folder, door, carrier) as kannel:
        settings = {
            "url": kannel.sendsms,
            "username": "shouwang",
            "secret_file": folder / "secret",
            "callback": {"url": door, "secret_file": folder / "door"},
            "private_networks": ["127.0.0.0/8"],
        }
        channel = KannelChannel(KannelSettings.model_validate(settings))
        async with open_door(ears, {"kannel": KannelCallback(DOOR_SECRET)}, port):
            yield Line(kannel, channel, ears)
        await channel.aclose()
    database.dispose()


def run(folder: Path, scenario: Callable[[Line], Awaitable[None]]) -> None:
    async def main() -> None:
        async with line(folder) as there:
            await scenario(there)

    asyncio.run(main())


def test_a_text_is_taken_and_delivered_and_the_answer_comes_in(tmp_path: Path) -> None:
    async def scenario(line: Line) -> None:
        with fakesmsc(line.kannel, "收到 1234，马上到"):
            await until(line.accepted)
            await until(lambda: Outcome.DELIVERED in line.outcomes())
            await until(line.texts)
        assert line.outcomes()[0] is Outcome.ACCEPTED
        assert line.texts() == [(NUMBER, "收到 1234，马上到")]

    run(tmp_path, scenario)


def test_without_its_carrier_a_text_waits_in_kannel_and_goes_out_once(tmp_path: Path) -> None:
    async def scenario(line: Line) -> None:
        verdict = await line.channel.send(Outgoing("n1", NUMBER, TEXT, {}, 0), 0)
        assert (verdict.outcome, verdict.reason) == (
            Outcome.ACCEPTED, "in Kannel's queue: its carrier is away"
        )  # fmt: skip
        with fakesmsc(line.kannel) as log:
            await until(lambda: Outcome.DELIVERED in line.outcomes())
            assert log.read_text().count("Got message") == 1

    run(tmp_path, scenario)


def test_a_killed_bearerbox_sends_what_was_queued_once_after_its_restart(tmp_path: Path) -> None:
    async def scenario(line: Line) -> None:
        assert [await line.send(f"n{n}", f"1380000000{n}") for n in (1, 2)] == [
            Outcome.ACCEPTED
        ] * 2
        line.kannel.kill()
        assert await line.send("n3") is Outcome.TEMPORARY  # nobody listens
        line.kannel.start()
        with fakesmsc(line.kannel) as log:
            await until(lambda: log.exists() and log.read_text().count("Got message") >= 2)
            await until(lambda: Outcome.DELIVERED in line.outcomes("n1"))
            await until(lambda: Outcome.DELIVERED in line.outcomes("n2"))
            assert log.read_text().count("Got message") == 2

    run(tmp_path, scenario)


def by_last_digit(asked: Asked, now_ns: int) -> Said:
    """An HTTP carrier that goes by the number: 2 is barred, 3 finds it busy, the rest are taken."""
    del now_ns
    number = asked.query["to"]
    return Said({"2": "ERR blacklisted", "3": "BUSY later"}.get(number[-1], f"OK id=c{number}"))


def test_a_carriers_refusals_and_failures_come_back_as_what_they_are(tmp_path: Path) -> None:
    async def main() -> None:
        carrier = Carrier(by_last_digit, CLOCK.now_ns)
        async with carrier.serving() as port, line(tmp_path, f"http://127.0.0.1:{port}") as there:
            for digit in "12345":
                assert await there.send(f"n{digit}", f"1380000000{digit}") is Outcome.ACCEPTED
            await until(lambda: Outcome.ACCEPTED in there.outcomes("n4"))
            await until(lambda: Outcome.ACCEPTED in there.outcomes("n5"))
            await asyncio.to_thread(there.kannel.report, "c13800000004", 1)
            await asyncio.to_thread(there.kannel.report, "c13800000005", 2)
            await until(lambda: Outcome.PERMANENT in there.outcomes("n5"))
            await until(lambda: Outcome.TEMPORARY in there.outcomes("n3"))
            assert there.outcomes("n1") == [Outcome.ACCEPTED]
            assert there.outcomes("n2") == [Outcome.PERMANENT]
            assert there.outcomes("n3") == [Outcome.TEMPORARY]
            assert there.outcomes("n4") == [Outcome.ACCEPTED, Outcome.DELIVERED]
            assert there.outcomes("n5") == [Outcome.ACCEPTED, Outcome.PERMANENT]
            busy = [asked for asked in carrier.asked if asked.query["to"].endswith("3")]
            assert len({asked.query["id"] for asked in busy}) == 1 < len(busy)

    asyncio.run(main())


def test_what_is_told_while_the_gateway_is_away_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(line: Line) -> None:
        monkeypatch.setattr(line.ears, "receipt", _refusing(2, line.ears.receipt))
        with fakesmsc(line.kannel):
            await until(line.accepted)
            await until(lambda: {Outcome.ACCEPTED, Outcome.DELIVERED} <= set(line.outcomes()))
        assert line.ears.counts["callback_kannel", "database"] == 2

    run(tmp_path, scenario)


def _refusing(times: int, taken: Callable[[Receipt, int], None]) -> Callable[[Receipt, int], None]:
    left = [OperationalError("", {}, Exception("locked"))] * times

    def receipt(news: Receipt, now_ns: int) -> None:
        if left:
            raise left.pop()
        taken(news, now_ns)

    return receipt
