"""`shouwang bench stages`: where an edge's processor time goes, stage by stage.

Every stage of the edge's path is run by itself on the benchmark's feed, in this process and
in batches of 1,000 messages; its processor time is divided by the messages.
"""

import argparse
import asyncio
import gc
import random
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench.backlog import publish
from bench.feed import METERS, SITE, feed, registry_text
from bench.publisher import Address
from edge.admitting import Admitting
from edge.agent import COLLECT_AFTER
from edge.broker import BrokerSettings, PahoSession
from edge.clock import SystemClock
from edge.flood import Flood
from edge.health import Health
from edge.journal import Journal, JournalSettings, open_journal
from edge.pipeline import Pipeline
from edge.registry import Registry
from edge.seen import Seen
from edge.session import Delivery
from edge.topic import device_filters
from tests.servers.brokers import mosquitto_in

BATCH = 1_000
LINGER_S = 0.05

T = TypeVar("T")


class Books:
    """Processor time by stage."""

    def __init__(self) -> None:
        self.cpu_s: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        """What `work` returns; its time is booked."""
        began_s = time.process_time()
        result = work()
        self.book(stage, time.process_time() - began_s)
        return result

    def book(self, stage: str, cpu_s: float) -> None:
        """Add to the time of `stage`."""
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + cpu_s


def fold_stages(books: Books, folder: Path, rounds: int) -> None:
    """Book admission, journal and detection of `rounds` messages from every meter."""
    now_ns = time.time_ns()
    pipeline = Pipeline(Registry.parse(tomllib.loads(registry_text()), Path("registry.toml")))
    settings = JournalSettings(path=folder / "journal.sqlite")
    journal = open_journal(settings, fresh_epoch="bench", now_ns=now_ns, health=Health())
    admitting = Admitting(pipeline, Flood(pipeline.registry), Seen(), Health())
    came = [
        Delivery(*message, retain=False, received_ns=now_ns, mid=1, link=1)
        for message in feed(rounds, 1, now_ns)
    ]
    for start in range(0, len(came), BATCH):
        _fold(books, (admitting, journal, pipeline), came[start : start + BATCH])
    journal.close()


def _fold(
    books: Books, edge: tuple[Admitting, Journal, Pipeline], deliveries: Sequence[Delivery]
) -> None:
    admitting, journal, pipeline = edge
    taken = books.timed("decode and admit", lambda: admitting.take(deliveries))
    books.timed("journal", lambda: journal.append(taken.entries))
    for entry in taken.entries:
        books.timed("detect", partial(pipeline.step, entry))


async def receive_stage(books: Books, address: Address, rounds: int) -> None:
    """Book taking as many messages from a real broker, and acking them."""
    async with _running(_session(address)) as (_, up):
        await up.wait()
    await publish(address, feed(rounds, 1, time.time_ns()))
    left, began_s = rounds * METERS, time.process_time()
    async with _running(_session(address)) as (session, _):
        while left:
            deliveries = await session.receive(BATCH, LINGER_S)
            session.ack(deliveries)
            left -= len(deliveries)
        books.book("receive and ack", time.process_time() - began_s)


def _session(address: Address) -> PahoSession:
    settings = BrokerSettings.model_validate({
        "host": address.host, "port": address.port, "username": address.username,
        "password": address.password, "client_id": "bench-stages",
    })  # fmt: skip
    return PahoSession(settings, device_filters(SITE), clock=SystemClock(), rng=random.Random(1))


@asynccontextmanager
async def _running(session: PahoSession) -> AsyncIterator[tuple[PahoSession, asyncio.Event]]:
    up = asyncio.Event()

    async def on_link(_: bool) -> None:
        up.set()

    running = asyncio.create_task(session.run(on_link))
    try:
        yield session, up
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def main(argv: Sequence[str] | None = None) -> int:
    """Print the processor time of each stage: 0 measured, 1 failed, 2 usage."""
    parser = argparse.ArgumentParser("shouwang bench stages", description=__doc__)
    parser.add_argument("--messages", type=int, default=40_000, help="in whole thousands")
    rounds = max(1, parser.parse_args(argv).messages // METERS)
    books = Books()
    gc.set_threshold(COLLECT_AFTER)
    with tempfile.TemporaryDirectory(prefix="shouwang-bench-") as name:
        broker = mosquitto_in(Path(name))
        broker.start()
        address = Address(broker.host, broker.port, broker.username, broker.password)
        try:
            asyncio.run(receive_stage(books, address, rounds))
        finally:
            broker.kill()
        fold_stages(books, Path(name), rounds)
    for stage, cpu_s in books.cpu_s.items():
        print(f"{stage:20} {cpu_s / (rounds * METERS) * 1e6:6.1f} us a message")
    return 0
