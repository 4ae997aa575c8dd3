"""The real gammu-smsd on a modem that fails on purpose."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from alerts.channels.base import Inbound, Outcome, Outgoing, Receipt, Unavailable
from alerts.channels.sms import SmsChannel, SmsSettings
from edge.clock import SystemClock
from simulators.gammu import GammuSmsd, Modem
from simulators.modem import CENTRE, FakeModem, Mode, Submitted

NUMBER = "13800000001"
TEXT = "紧急 3栋2单元301：12小时未用水，请上门。回1234加1我去"
PATIENCE_S = 25.0

if shutil.which("gammu-smsd") is None:
    if os.environ.get("SHOUWANG_REQUIRE_ALL") == "1":
        pytest.fail("gammu-smsd is not installed, and every program is required", pytrace=False)
    pytest.skip("gammu-smsd is not installed", allow_module_level=True)


@dataclass
class Line:
    """A modem, the daemon on it and the channel that speaks to the daemon."""

    modem: FakeModem
    daemon: GammuSmsd
    channel: SmsChannel
    clock: SystemClock

    async def send(self) -> Outcome:
        out = Outgoing("I7f3a/0", NUMBER, TEXT, {}, 0)
        return (await self.channel.send(out, self.clock.now_ns())).outcome

    async def accepted(self) -> bool:
        return await self.send() is Outcome.ACCEPTED

    async def news(self) -> list[Receipt | Inbound]:
        with suppress(Unavailable):
            news = await self.channel.poll(self.clock.now_ns())
            await self.channel.done([item.key for item in news])
            return news
        return []

    async def outcome(self, wanted: Outcome) -> str:
        """The reason that came with `wanted`."""
        found: list[str] = []

        async def told() -> bool:
            news = [item for item in await self.news() if isinstance(item, Receipt)]
            found.extend(item.reason for item in news if item.outcome is wanted)
            return bool(found)

        await until(told)
        return found[0]


async def until(happened: Callable[[], object]) -> None:
    """Look five times a second until `happened` answers, or awaits to, true."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = happened()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.2)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Line]:
    clock = SystemClock()
    async with FakeModem(folder / "tty", clock) as modem:
        daemon = GammuSmsd(folder / "smsd", Modem(folder / "tty", CENTRE))
        channel = SmsChannel(SmsSettings(database=daemon.database))
        daemon.start()
        try:
            yield Line(modem, daemon, channel, clock)
        finally:
            daemon.kill()


def test_a_text_goes_through_the_modem_and_its_report_comes_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with connected(tmp_path) as line:
            await until(line.accepted)
            await line.outcome(Outcome.DELIVERED)
            assert line.modem.submitted == [Submitted(NUMBER, TEXT)]

    asyncio.run(main())


@pytest.mark.slow
def test_a_network_out_of_order_is_recorded_as_a_refusal_for_now(tmp_path: Path) -> None:
    async def main() -> None:
        async with connected(tmp_path) as line:
            line.modem.mode = Mode.CMS38
            await until(line.accepted)
            assert "CMS 38" in await line.outcome(Outcome.TEMPORARY)

    asyncio.run(main())


@pytest.mark.slow
def test_a_slow_network_is_waited_for_and_the_text_goes_out_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with connected(tmp_path) as line:
            line.modem.mode, line.modem.slow_s = Mode.SLOW, 3.0
            await until(line.accepted)
            await line.outcome(Outcome.DELIVERED)
            assert line.modem.submitted == [Submitted(NUMBER, TEXT)]

    asyncio.run(main())


def test_a_reply_comes_in_through_the_modem(tmp_path: Path) -> None:
    async def main() -> None:
        async with connected(tmp_path) as line:
            line.modem.receive("+8613800000001", "1234 1")
            found: list[Inbound] = []

            async def told() -> bool:
                found.extend(item for item in await line.news() if isinstance(item, Inbound))
                return bool(found)

            await until(told)
            assert [(item.address, item.text) for item in found] == [(NUMBER, "1234 1")]

    asyncio.run(main())


@pytest.mark.slow
def test_a_daemon_killed_before_the_answer_may_repeat_the_text_with_the_same_code(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with connected(tmp_path) as line:
            line.modem.mode = Mode.HANG
            await until(line.accepted)
            await until(lambda: line.modem.submitted)
            line.daemon.kill()
            line.modem.mode = Mode.OK
            _end_lease(line.daemon.database)
            line.daemon.start()
            await line.outcome(Outcome.DELIVERED)
            assert line.modem.submitted == [Submitted(NUMBER, TEXT)] * 2
            assert _count(line.daemon.database, "sentitems") == 1
            assert await line.send() is Outcome.DELIVERED  # and we add no third

    asyncio.run(main())


def _end_lease(database: Path) -> None:
    """The daemon would wait more than a minute for its dead self; that minute is over."""
    with closing(sqlite3.connect(database, timeout=5)) as db, db:
        db.execute("UPDATE outbox SET SendingTimeOut = '2000-01-01 00:00:00'")


def _count(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database, timeout=5)) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
