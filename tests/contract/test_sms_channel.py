"""One suite over both carriers: the twin in virtual time and the real gammu-smsd."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Unavailable
from alerts.channels.sms import SmsChannel, SmsSettings
from edge.clock import Clock, SystemClock, sleep
from edge.reading import SECOND_NS
from simulators import clock as virtual
from simulators.gammu import GammuSmsd
from simulators.phone import Phones
from simulators.smsd import Network, SmsdTwin

START_NS = 1_800_000_000 * SECOND_NS
NUMBER = "13800000001"
TEXT = "紧急 3栋2单元301：12小时未用水，请上门。回1234加1我去"
PATIENCE_S = 20
SOMEBODY_ELSES = f"""
    INSERT INTO outbox (CreatorID, DestinationNumber, TextDecoded, Coding, Class, MultiPart,
                        DeliveryReport, InsertIntoDB, SendingDateTime, SendingTimeOut)
    SELECT 'Gammu 1.42', '{NUMBER}', 'hello', 'Unicode_No_Compression', -1, 'false', 'yes',
           at, at, at FROM (SELECT '2000-01-01 00:00:00' AS at)
"""

News = list[Receipt | Inbound]


@dataclass
class Carrier:
    """A running daemon with the channel that speaks to it."""

    channel: SmsChannel
    clock: Clock
    database: Path
    receive: Callable[[str, str], None]
    report_delivered: Callable[[], None]
    kill: Callable[[], object]
    news: News = field(default_factory=list)

    async def send(self, out: Outgoing) -> None:
        """Try until the daemon's queue has it."""
        for _ in range(PATIENCE_S * 5):
            if (await self.channel.send(out, self.clock.now_ns())).outcome is Outcome.ACCEPTED:
                return
            await sleep(self.clock, 0.2)
        pytest.fail("the daemon never took the text")

    async def poll(self) -> News:
        """News, or none while the daemon holds its lock."""
        with suppress(Unavailable):
            return await self.channel.poll(self.clock.now_ns())
        return []

    async def until(self, happened: Callable[[News], bool]) -> News:
        """All settled news, once `happened` is true of them."""
        for _ in range(PATIENCE_S * 5):
            news = await self.poll()
            self.news += news
            await settle(self.channel, news)
            if happened(self.news):
                return self.news
            await sleep(self.clock, 0.2)
        return pytest.fail(f"it did not happen; news so far: {self.news}")


Scenario = Callable[[Carrier], Awaitable[None]]
Run = Callable[[Scenario], None]


async def settle(channel: SmsChannel, news: News) -> None:
    """Settle `news`; while the daemon holds its lock they just come again."""
    with suppress(Unavailable):
        await channel.done([item.key for item in news])


def outgoing(idempotency_id: str = "I7f3a/0/0/grid1/sms", text: str = TEXT) -> Outgoing:
    return Outgoing(idempotency_id, NUMBER, text, {}, START_NS)


def outcomes(news: News) -> list[Outcome]:
    return [item.outcome for item in news if isinstance(item, Receipt)]


def texts(news: News) -> list[str]:
    return [item.text for item in news if isinstance(item, Inbound)]


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database, timeout=5)) as db:
        return db.execute(query).fetchall()


def _reported() -> None:
    """The twin's network reports by itself."""


def _run_twin(folder: Path, scenario: Scenario, network: Network) -> None:
    async def main(clock: virtual.VirtualClock) -> None:
        phones = Phones(clock, {})
        database = folder / "smsd.db"
        twin = SmsdTwin(database, clock, phones.ring, rng=Random(1), network=network)
        twin.refresh_s = 2.0
        task = asyncio.create_task(twin.run())
        settings = SmsSettings(database=database, silent_after="5 s", keep="1 h")
        await scenario(
            Carrier(SmsChannel(settings), clock, database, twin.receive, _reported, task.cancel)
        )
        task.cancel()

    virtual.run(main, START_NS)


@contextmanager
def _gammu(folder: Path) -> Iterator[GammuSmsd]:
    if shutil.which("gammu-smsd") is None:
        if os.environ.get("SHOUWANG_REQUIRE_ALL") == "1":
            pytest.fail("gammu-smsd is not installed, and every program is required")
        pytest.skip("gammu-smsd is not installed")
    daemon = GammuSmsd(folder)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


def _run_gammu(folder: Path, scenario: Scenario) -> None:
    clock = SystemClock()
    with _gammu(folder) as daemon:
        channel = SmsChannel(SmsSettings(database=daemon.database, silent_after="5 s"))
        carrier = Carrier(
            channel,
            clock,
            daemon.database,
            lambda number, text: daemon.receive(number, text, clock.now_ns()),
            lambda: daemon.report(NUMBER, "Delivered", clock.now_ns()),
            daemon.kill,
        )
        asyncio.run(_awaited(scenario(carrier)))


async def _awaited(scenario: Awaitable[None]) -> None:
    await scenario


@pytest.fixture(params=["twin", "gammu-smsd"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    if request.param == "twin":
        return lambda scenario: _run_twin(tmp_path, scenario, Network())
    return lambda scenario: _run_gammu(tmp_path, scenario)


def test_a_text_is_taken_by_the_network_and_then_delivered(run: Run) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing())
        await carrier.until(lambda news: Outcome.ACCEPTED in outcomes(news))
        carrier.report_delivered()
        news = await carrier.until(lambda news: Outcome.DELIVERED in outcomes(news))
        assert {item.idempotency_id for item in news if isinstance(item, Receipt)} == {
            "I7f3a/0/0/grid1/sms"
        }
        sent = rows(carrier.database, "SELECT DestinationNumber, TextDecoded FROM sentitems")
        assert sent == [(NUMBER, TEXT)]

    run(scenario)


def test_a_message_sent_again_and_again_is_queued_once(run: Run) -> None:
    async def scenario(carrier: Carrier) -> None:
        for _ in range(3):
            await carrier.send(outgoing())
        await carrier.until(lambda news: Outcome.ACCEPTED in outcomes(news))
        verdict = await carrier.channel.send(outgoing(), carrier.clock.now_ns())
        assert verdict.outcome in {Outcome.ACCEPTED, Outcome.DELIVERED}
        await carrier.until(lambda _: not rows(carrier.database, "SELECT ID FROM outbox"))
        assert len(rows(carrier.database, "SELECT ID FROM sentitems")) == 1

    run(scenario)


def test_a_reply_comes_again_until_it_is_settled_and_then_no_more(run: Run) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing())
        carrier.receive("+8613800000001", "收到 1234")
        for _ in range(PATIENCE_S * 5):
            first = [item for item in await carrier.poll() if isinstance(item, Inbound)]
            if first:
                break
            await sleep(carrier.clock, 0.2)
        assert [(item.address, item.text) for item in first] == [(NUMBER, "收到 1234")]
        await carrier.until(lambda news: first[0] in news)
        assert texts(await carrier.poll()) == []

    run(scenario)


def test_messages_of_other_users_of_the_daemon_are_left_alone(run: Run) -> None:
    async def scenario(carrier: Carrier) -> None:
        with closing(sqlite3.connect(carrier.database, timeout=5)) as db, db:
            db.execute(SOMEBODY_ELSES)
        await carrier.send(outgoing("ours"))
        await carrier.until(lambda _: len(rows(carrier.database, "SELECT ID FROM sentitems")) == 2)
        news = await carrier.until(lambda news: Outcome.ACCEPTED in outcomes(news))
        assert {item.idempotency_id for item in news if isinstance(item, Receipt)} == {"ours"}

    run(scenario)


def test_a_dead_daemon_is_noticed_and_gets_no_more_texts(run: Run) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing("before"))
        carrier.kill()
        await carrier.until(lambda _: not carrier.channel.alive(carrier.clock.now_ns()))
        verdict = await carrier.channel.send(outgoing("after"), carrier.clock.now_ns())
        assert verdict.outcome is Outcome.TEMPORARY
        assert "no sign of life" in verdict.reason
        assert rows(carrier.database, "SELECT 1 FROM outbox WHERE CreatorID LIKE '%after'") == []

    run(scenario)


def test_a_text_refused_for_now_is_queued_anew_when_sent_again(tmp_path: Path) -> None:
    async def scenario(carrier: Carrier) -> None:
        for tries in (1, 2):
            await carrier.send(outgoing())
            news = await carrier.until(lambda news: len(outcomes(news)) == tries)  # noqa: B023
            assert outcomes(news) == [Outcome.TEMPORARY] * tries
        assert "CMS 38" in str(news[0])

    _run_twin(tmp_path, scenario, Network(refused=1.0))


@pytest.mark.parametrize(
    ("network", "outcome", "reason"),
    [
        (Network(refused=1.0, cause=28), Outcome.PERMANENT, "unidentified subscriber"),
        (Network(refused=1.0, cause=500), Outcome.TEMPORARY, "CMS 500"),
        (Network(undelivered=1.0), Outcome.PERMANENT, "could not deliver"),
    ],
)
def test_what_the_network_says_in_the_end(
    tmp_path: Path, network: Network, outcome: Outcome, reason: str
) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing())
        news = await carrier.until(lambda news: outcome in outcomes(news))
        assert reason in str(news[-1])

    _run_twin(tmp_path, scenario, network)


def test_an_undelivered_text_is_not_sent_a_second_time(tmp_path: Path) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing())
        await carrier.until(lambda news: Outcome.PERMANENT in outcomes(news))
        verdict = await carrier.channel.send(outgoing(), carrier.clock.now_ns())
        assert verdict.outcome is Outcome.PERMANENT
        assert rows(carrier.database, "SELECT 1 FROM outbox") == []

    _run_twin(tmp_path, scenario, Network(undelivered=1.0))


def test_news_settled_long_ago_are_removed_and_those_of_others_stay(tmp_path: Path) -> None:
    async def scenario(carrier: Carrier) -> None:
        await carrier.send(outgoing())
        await carrier.until(lambda news: Outcome.DELIVERED in outcomes(news))
        with closing(sqlite3.connect(carrier.database)) as db, db:
            copied = "99, 1, 'other', '1', 'x', '', NULL, 'DeliveryOK', -1"
            db.execute(f"INSERT INTO sentitems VALUES ({copied})")
        await sleep(carrier.clock, 2 * 3_600.0)
        await carrier.until(lambda _: True)
        assert rows(carrier.database, "SELECT ID FROM sentitems") == [(99,)]
        assert rows(carrier.database, "SELECT 1 FROM shouwang_settled") == []

    _run_twin(tmp_path, scenario, Network())
