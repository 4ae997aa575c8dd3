"""Two gateways on one PostgreSQL: one dies, stops or both lose it, and nobody waits long."""

import asyncio
import os
import random
import re
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import monotonic
from typing import Any

import aiomqtt
import pytest
import sqlalchemy as sa

from edge.clock import SystemClock
from gateway.db import tables
from gateway.db.engine import connect
from simulators.smsd import Network, SmsdTwin
from simulators.webhook_sink import WebhookSink
from tests.kill.children import start_gateway
from tests.kill.eventually import eventually
from tests.kill.test_gateway_kill import (
    FINDINGS,
    NOTICES,
    PEOPLE,
    SECRET,
    Edge,
    findings,
    write_config,
)
from tests.servers.process import Server

TAKEOVER_S = 15.0


class Pair:
    """Gateways `a` and `b` on one database, with one modem, one webhook and one edge."""

    def __init__(self, folder: Path, broker: Server, database: str, site: str) -> None:
        self.folder, self.broker, self.site = folder, broker, site
        self.database = database
        self.texts: Counter[tuple[str, str]] = Counter()
        self.sink = WebhookSink(SystemClock(), SECRET)
        self.gateways: dict[str, ForkServerProcess] = {}
        self.modem = SmsdTwin(
            folder / "smsd.db", SystemClock(), self._ring, rng=random.Random(site),
            network=Network(send_s=(0, 0), report_s=(0, 0)),
        )  # fmt: skip
        self.modem.loop_s = 0.01
        self._engine = connect(database)

    @asynccontextmanager
    async def living(self, kill_at: str = "") -> AsyncIterator[Edge]:
        """Both run, `a` until it dies at `kill_at`; the edge has findings that it has not told."""
        broker = self.broker
        async with self.sink.serving() as hook, aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"{self.site}-edge",
        ) as client:  # fmt: skip
            now_ns = SystemClock().now_ns()
            edge = Edge(client, self.site, findings(self.site, now_ns))
            parts = [asyncio.create_task(part) for part in (edge.listen(), self.modem.run())]
            try:
                for name in ("a", "b"):
                    await self._start(name, hook, kill_at if name == "a" else "")
                yield edge
            finally:
                for part in parts:
                    part.cancel()
                self._end()

    async def _start(self, name: str, hook: str, kill_at: str) -> None:
        config = write_config(self.folder / name, self.site, self.broker, hook)
        text = config.read_text()
        text = text.replace("sqlite:///gateway.db", self.database)
        text = text.replace('"smsd.db"', f'"{self.folder}/smsd.db"')
        config.write_text(f'node = "{name}"\n{text}')
        if name == "b":
            secret = (self.folder / "a" / "link.secret").read_bytes()
            (self.folder / "b" / "link.secret").write_bytes(secret)
        self.gateways[name] = start_gateway(config, kill_at)
        port = int(re.search(r"port = (\d+)", text)[1])  # type: ignore[index]
        await eventually(lambda: listens(port), f"{name} is up")

    def _end(self) -> None:
        for process in self.gateways.values():
            process.kill()
            process.join()
        self._engine.dispose()

    def _ring(self, number: str, text: str) -> None:
        self.texts[number, text] += 1

    def all_told(self) -> bool:
        hooks = {call.webhook_id for call in self.sink.calls}
        return len(self.texts) >= NOTICES and len(hooks) >= NOTICES

    def answer_one(self) -> None:
        """The first person answers by the code of one of their texts."""
        number = PEOPLE["wang"]
        text = next(text for phone, text in self.texts if phone == number)
        code = re.findall(r"\d{4}", text)[-1]
        self.modem.receive(number, f"{code} 1")

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]

    def answered(self) -> bool:
        return "acknowledged" in {row["state"] for row in self.rows(tables.incident)}

    def repeated_calls(self) -> set[str]:
        return {call.webhook_id for call in self.sink.calls if call.repeat}

    def cut_off(self) -> set[str]:
        """The messages whose sender died or stopped before it knew the answer."""
        unknown = {r["outbox_id"] for r in self.rows(tables.ledger) if r["state"] == "unknown"}
        return {r["idempotency_id"] for r in self.rows(tables.outbox) if r["id"] in unknown}

    def check(self) -> None:
        """Every finding is one incident, everybody was told, and once but where a send was cut."""
        opened = [row["finding_id"] for row in self.rows(tables.incident)]
        assert len(opened) == len(set(opened)) == FINDINGS
        assert len(self.texts) == self.texts.total() == NOTICES, "an SMS is queued once"
        assert all(call.signed for call in self.sink.calls)
        assert self.repeated_calls() <= self.cut_off()


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def measured(since_s: float, holds: Callable[[], bool], what: str) -> None:
    await eventually(holds, what)
    took_s = monotonic() - since_s
    assert took_s <= TAKEOVER_S, f"{what} only after {took_s:.1f} s"


@pytest.mark.parametrize("point", ["intake:1", "commit:1", "claim:2", "send:3", "mark:2"])
def test_when_one_is_killed_the_other_tells_everybody_and_hears_them_within_seconds(
    point: str, mosquitto: Server, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    async def story() -> None:
        pair = Pair(tmp_path, mosquitto, fresh_database(), f"t{point.replace(':', '')}")
        async with pair.living(f"gateway.{point}") as edge:
            telling = asyncio.create_task(edge.tell())
            await eventually(lambda: not pair.gateways["a"].is_alive(), "a is killed")
            killed_s = monotonic()
            await measured(killed_s, lambda: edge.done, "every finding committed")
            await measured(killed_s, pair.all_told, "every person told of every step")
            pair.answer_one()
            await measured(killed_s, pair.answered, "an answer heard")
            await telling
            pair.check()

    asyncio.run(story())


def test_one_that_is_stopped_in_the_middle_and_goes_on_much_later_does_no_harm(
    mosquitto: Server, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    async def story() -> None:
        pair = Pair(tmp_path, mosquitto, fresh_database(), "tstop")
        async with pair.living() as edge:
            telling = asyncio.create_task(edge.tell())
            await eventually(lambda: len(pair.texts) > 0, "the first person told")
            pid = pair.gateways["a"].pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            stopped_s = monotonic()
            await measured(stopped_s, lambda: edge.done, "every finding committed")
            await measured(stopped_s, pair.all_told, "every person told of every step")
            os.kill(pid, signal.SIGCONT)
            pair.answer_one()
            await eventually(pair.answered, "an answer heard")
            await telling
            pair.check()
            assert all(process.is_alive() for process in pair.gateways.values())

    asyncio.run(story())


def test_a_database_that_goes_away_in_the_middle_and_comes_back_loses_nothing(
    mosquitto: Server, own_postgres: Server, tmp_path: Path
) -> None:
    from tests.servers.postgres import url  # noqa: PLC0415

    async def story() -> None:
        pair = Pair(tmp_path, mosquitto, url(own_postgres, "shouwang"), "tgone")
        async with pair.living() as edge:
            telling = asyncio.create_task(edge.tell())
            await eventually(lambda: len(pair.texts) > 0, "the first person told")
            own_postgres.kill()
            await asyncio.sleep(3)  # an outage has a length
            own_postgres.start()
            await measured(monotonic(), lambda: edge.done, "every finding committed")
            await eventually(pair.all_told, "every person told of every step")
            await telling
            pair.check()
            assert all(process.is_alive() for process in pair.gateways.values())

    asyncio.run(story())
