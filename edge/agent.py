"""One edge, put together: read this file first.

Messages come from the broker and go through the journal into the pipeline; findings go
back over the broker to the gateway; readings go on to InfluxDB. Each of these is one named
task of one group. There is no partial failure: should any task raise, all end, the process
exits non-zero with the reason in its log, and the next start continues from the journal.
"""

import argparse
import asyncio
import gc
import logging
import random
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from edge import topic
from edge.admitting import Taken
from edge.announcer import Announced, Announcer
from edge.broker import PahoSession
from edge.clock import Clock, SystemClock, deadline, parse, sleep
from edge.courier import Courier
from edge.disk_room import when_room
from edge.edge_settings import EdgeSettings, check, read_registry, read_vendors
from edge.failpoint import hit
from edge.fold import Fold
from edge.forwarder import Forwarder, Source
from edge.gather import Gathering
from edge.health import Health
from edge.holding import Holding
from edge.influx import sink
from edge.journal import Journal, open_journal
from edge.journal_fault import JournalError
from edge.labelling import Labelling
from edge.log_record import log_to_stderr
from edge.machine import LinuxMachine, SteadyClock
from edge.outbox import Outbox
from edge.pipeline import Pipeline
from edge.provisioned import Provisioning
from edge.push_settings import read_credentials
from edge.reading import SECOND_NS
from edge.registry import Registry
from edge.report import Report, last_will
from edge.ruling import Ruling
from edge.session import Delivery, Session, Will
from edge.settings import ConfigError
from edge.timekeeper import Timekeeper
from edge.told import Told, Topics
from edge.told_errors import told

if TYPE_CHECKING:
    from edge.intake_http import PushIntake

__all__ = ["EdgeSettings", "main", "read_registry", "run_edge"]

log = logging.getLogger(__name__)

CHECKPOINT_LOOK_S = 60.0
CHECKPOINT_S = 3_600.0
CHECKPOINT_READINGS = 50_000
_TICK_S_MIN, _TICK_S_MAX = 1.0, 60.0
_LAST_COMMIT_S = 2.0
# A batch makes thousands of objects and no cycles; looking for these after every 700 objects,
# as Python does, is a sixth of the time that a backlog takes.
COLLECT_AFTER = 50_000

Connect = Callable[[Sequence[str], Will], Session]
"""Makes the edge's session, not yet running, from its topic filters and its last will."""


async def run_edge(
    settings: EdgeSettings,
    *,
    connect: Connect,
    clock: Clock,
    rng: random.Random,
    stop: asyncio.Event | None = None,
) -> None:
    """Run the edge until `stop` is set: it then says goodbye and leaves a checkpoint.

    Cancelling it instead is a crash: nothing is lost, and the next run replays more. `clock`
    also stamps what `connect` brings. A `SteadyClock` says that the time is not known yet, and
    nothing is judged before it is; any other is believed.

    Raises:
        ConfigError: the registry cannot be used.
        JournalError: the journal cannot be used.
        ExceptionGroup: a task failed.
    """
    registry = read_registry(settings)
    health = Health()
    epoch = str(UUID(int=rng.getrandbits(128), version=4))
    journal = open_journal(
        settings.journal, fresh_epoch=epoch, now_ns=clock.now_ns(), health=health
    )
    try:
        agent = _Agent(settings, registry, journal, health, connect=connect, clock=clock, rng=rng)
        if settings.metrics is not None:
            from edge.metrics import serve  # noqa: PLC0415  (a server that few edges have)

            serve(health, settings.metrics)
        await agent.run(stop or asyncio.Event())
    finally:
        journal.close()


class _Agent:
    """The parts of one edge and the tasks that move them."""

    def __init__(  # noqa: PLR0913  (the composition root takes everything there is)
        self,
        settings: EdgeSettings,
        registry: Registry,
        journal: Journal,
        health: Health,
        *,
        connect: Connect,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._settings = settings
        self._health = health
        self._journal = journal
        site, edge = settings.site, settings.edge
        vendors = read_vendors(settings, registry, health)
        pipeline = Pipeline(registry, settings.pipeline, vendors)
        ours = (*topic.device_filters(site), topic.adapter_filter(site))
        told = Topics(settings)
        filters = (*ours, *vendors.filters, *told.filters())
        self._session = connect(filters, last_will(settings, journal.boot))
        self._clock = clock = Timekeeper(settings.clock, self._session, (site, edge), clock, health)
        self._fold = fold = Fold(journal, pipeline, health)
        self._gathering = Gathering(self._session, settings.journal.linger, clock, fold.is_awaited)
        self._provisioning = Provisioning(
            (site, edge), settings.provisioning, self._fold, self._session,
            clock=clock, health=health,
        )  # fmt: skip
        self._ruling = Ruling(settings, self._fold, self._woken, clock=clock, health=health)
        self._holding = Holding(settings.clock, journal, self._fold, clock, health)
        self._outbox = Outbox(journal, forwarded=settings.influx is not None)
        address = (topic.finding_topic(site, edge), edge, journal.epoch)
        self._courier = Courier(
            self._outbox, self._session, address=address, clock=clock, health=health
        )
        self._announcer = Announcer(
            Announced(edge, pipeline, settings.home_assistant), self._session, journal,
            clock=clock, rng=rng, health=health,
        )  # fmt: skip
        self._provisioning.changed.append(lambda _: self._announcer.wake())
        self._told = Told(
            told, clock=clock, courier=self._courier, provisioning=self._provisioning,
            announcer=self._announcer, hear_labels=self._hear_labels,
        )  # fmt: skip
        self._report = Report(
            settings, journal, self._session, fold=self._fold, holding=self._holding,
            outbox=self._outbox, clock=clock, health=health,
        )  # fmt: skip
        self._forwarder = self._forwarding(registry, rng)
        self._push = self._pushing()
        self._stepped = asyncio.Event()

    def _forwarding(self, registry: Registry, rng: random.Random) -> Forwarder | None:
        if (influx := self._settings.influx) is None:
            return None
        forwarder = Forwarder(
            Source(self._settings.edge, self._journal, self._outbox, registry), sink(influx),
            backfill_per_s=influx.backfill_per_s, clock=self._clock, rng=rng, health=self._health,
        )  # fmt: skip
        self._provisioning.changed.append(forwarder.adopt)
        return forwarder

    def _pushing(self) -> "PushIntake | None":
        if (push := self._settings.push) is None:
            return None
        from edge.intake_http import PushIntake  # noqa: PLC0415  (4 MB of a server few edges have)

        return PushIntake(
            push, read_credentials(push), self._take_pushed,
            clock=self._clock.stamping, health=self._health,
        )  # fmt: skip

    async def run(self, stop: asyncio.Event) -> None:
        """Recover, then run every task until `stop`, then leave in good order."""
        self._fold.recover()
        log.info("edge %s: boot %d", self._settings.edge, self._journal.boot)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part, name=name) for name, part in self._parts().items()]
            await stop.wait()
            await self._commit_last()
            await self._say_goodbye()
            for task in tasks:
                task.cancel()
        self._fold.checkpoint()

    def _parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        parts = {
            "open": self._open(),  # first: where the time is assumed this is done at once
            "time": self._clock.run(),
            "session": self._session.run(self._on_link),
            "receive": self._receive(),
            "tick": self._once_open(self._tick),
            "courier": self._courier.run(),
            "announce": self._once_open(self._announcer.run),
            "report": self._report.run(),
            "rules": self._once_open(self._ruling.run),
            "seen": self._provisioning.run(),
            "checkpoint": self._checkpoint(),
        }
        if self._forwarder is not None:
            parts["forward"] = self._forwarder.run()
        if self._push is not None:
            parts["push"] = self._push.run()
        return parts

    async def _receive(self) -> None:
        while True:
            await self._commit(await self._gathering.batch())

    async def _commit(self, received: Sequence[Delivery]) -> None:
        if not received:
            return
        hit("edge.receive")
        messages, told = self._told.sort(received)
        take = partial(self._holding.take, messages, self._session.ack, more=self._gathering.more())
        await self._when_room(take if messages else self._fold.settle_rest)
        self._woken()
        if told:
            await self._told.obey(told, self._session)

    async def _commit_waiting(self) -> None:
        """What was heard is judged before the time or the link that followed it."""
        await self._commit(self._gathering.release())

    async def _open(self) -> None:
        """Once the time is known, let in what was held until then."""
        await self._clock.until_trusted()
        await self._provisioning.begin()
        await self._ruling.look()
        await self._holding.open(lambda: self._session.connected)
        self._woken()

    async def _once_open(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """What is judged or stated by the clock begins when the time is known."""
        await self._holding.opened.wait()
        await run()

    def _take_pushed(self, delivery: Delivery) -> Taken:
        """Commit what came by HTTP; its ack is the answer, which comes after this."""
        hit("edge.receive")
        taken = self._holding.take_pushed(delivery)
        self._woken()
        return taken

    async def _tick(self) -> None:
        """Tick when the pipeline says that time matters."""
        looked_ns = self._clock.now_ns()
        while True:
            self._stepped.clear()
            now_ns = self._clock.now_ns()
            if self._clock.take_moved() or self._stood_still(now_ns - looked_ns):
                await self._listen_afresh(now_ns)
            looked_ns = now_ns
            due_ns = self._fold.due_ns()
            if due_ns is not None and due_ns <= now_ns:
                await self._commit_waiting()
                await self._when_room(partial(self._fold.tick, now_ns))
                self._courier.wake()
                self._announcer.wake()
                await sleep(self._clock, _TICK_S_MIN)
                continue
            wait_s = _TICK_S_MAX if due_ns is None else (due_ns - now_ns) / SECOND_NS
            await self._until_stepped(wait_s)

    async def _hear_labels(self, pages: list[Delivery]) -> None:
        place = (self._settings.site, self._settings.edge)
        labelling = Labelling(
            place, self._fold, self._session, clock=self._clock, health=self._health
        )
        await labelling.take([page.payload for page in pages], self._holding.opened.is_set)

    def _stood_still(self, unseen_ns: int) -> bool:
        """Whether the loop was away for longer than it waits, and a minute of real time more."""
        return abs(unseen_ns) > (_TICK_S_MAX + 60.0 * max(1.0, self._clock.speed)) * SECOND_NS

    async def _listen_afresh(self, now_ns: int) -> None:
        """The wall clock was set, or the edge stood still: no device was silent for that."""
        log.warning("the time is not what was expected; silences are counted from now on")
        self._health.count("time_jumps")
        await self._commit_waiting()
        await self._when_room(partial(self._fold.link, now_ns, up=self._session.connected))

    async def _until_stepped(self, limit_s: float) -> None:
        """Wait until something was stepped; at most a minute, since a wall clock may be set."""
        try:
            async with deadline(self._clock, min(limit_s, _TICK_S_MAX)):
                await self._stepped.wait()
        except TimeoutError:
            return

    async def _on_link(self, up: bool) -> None:
        await self._commit_waiting()
        if self._holding.opened.is_set():
            now_ns = self._clock.now_ns()
            await self._when_room(partial(self._fold.link, now_ns, up=up, kept=True))
            self._woken()
        self._health.gauge("link_up", float(up))
        if not up:
            self._health.count("links_lost")
            self._holding.link_lost()
            return
        self._clock.link_up()
        await self._report.say(up=True)
        self._courier.start_over()
        self._announcer.start_over()

    async def _checkpoint(self) -> None:
        while True:
            began_ns = self._clock.monotonic_ns()
            while (
                self._fold.readings_since_checkpoint < CHECKPOINT_READINGS
                and self._clock.monotonic_ns() - began_ns < CHECKPOINT_S * SECOND_NS
            ):
                await sleep(self._clock, CHECKPOINT_LOOK_S)
            await self._when_room(self._fold.checkpoint)

    async def _commit_last(self) -> None:
        """Commit what waits, if there is room; else the broker gives it out again."""
        try:
            async with asyncio.timeout(_LAST_COMMIT_S):
                await self._commit_waiting()
        except TimeoutError:
            log.warning("the disk is full: what was received last stays with the broker")

    async def _say_goodbye(self) -> None:
        if self._session.connected:
            await self._report.say(up=False)

    async def _when_room(self, act: Callable[[], object]) -> None:
        await when_room(self._clock, self._health, act)

    def _woken(self) -> None:
        self._provisioning.stir()
        self._stepped.set()
        self._courier.wake()
        self._announcer.wake()


def main(argv: Sequence[str] | None = None) -> int:
    """Run `shouwang edge`: 0 stopped when asked, 1 failed, 2 the configuration is broken."""
    arguments = _arguments(argv)
    log_to_stderr(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for every write
    for library in ("uvicorn", "python_multipart"):  # else a line for every broken request
        logging.getLogger(library).setLevel(logging.ERROR)
    try:
        clock = parse(arguments.clock)
        settings = check(arguments.config)
    except (ConfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    gc.set_threshold(COLLECT_AFTER)
    gc.freeze()  # the modules stay for good
    try:
        asyncio.run(_serve(settings, clock))
    except (JournalError, OSError) as error:
        sys.stderr.write(f"the edge cannot run: {told(error)}\n")
        return 1
    except ExceptionGroup as group:
        for failure in group.exceptions:
            log.critical("the edge stops: %r", failure, exc_info=failure)
        return 1
    return 0


async def _serve(settings: EdgeSettings, clock: Clock) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    rng = random.SystemRandom()
    if isinstance(clock, SystemClock) and settings.clock.trust != "assume":
        clock = SteadyClock(LinuxMachine(clock))

    def connect(filters: Sequence[str], will: Will) -> Session:
        return PahoSession(settings.broker, filters, clock=clock, rng=rng, will=will)

    await run_edge(settings, connect=connect, clock=clock, rng=rng, stop=stop)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="shouwang edge", description="Run one edge.")
    parser.add_argument("--config", type=Path, required=True, help="TOML file of the edge")
    parser.add_argument("--clock", default="real", help="real, or scaled:SPEED:REAL_NS:WALL_NS")
    return parser.parse_args(argv)
