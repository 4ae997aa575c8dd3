"""The whole system in virtual time, from one seed: meters, broker, edge, gateway, phones.

Every part but the network is the one that runs in a community; chance is drawn from the seed
alone. Processes are killed without warning and started again on what they left on disk.
"""

import asyncio
import random
import tomllib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alerts.channels.base import Channel
from alerts.channels.sms import SmsChannel, SmsSettings
from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge.agent import EdgeSettings, run_edge
from edge.clock import Clock, sleep
from edge.journal import JournalSettings
from edge.machine import SteadyClock
from edge.reading import DAY_NS
from edge.session import Session, Will
from edge.settings import parse
from gateway.book import Book
from gateway.db.engine import connect, upgrade
from gateway.dispatcher import Dispatcher
from gateway.edge_watch import EdgeWatch
from gateway.engine import Engine
from gateway.intake import Intake, filters
from simulators.broker import BrokerFaults, MemoryBroker
from simulators.chronicle import read_chronicle
from simulators.clock import VirtualClock, run
from simulators.duty import BACKUP_NUMBER, PLANS, STREET_NUMBER, WORKER_NUMBER, roster_text
from simulators.ending import Ending
from simulators.estate import home, places_text, registry_text
from simulators.fate import CALM, Fate
from simulators.hook import HookFaults, MemoryHook
from simulators.households import EXTRACT, moment_ns, read
from simulators.machine import Clockwork, VirtualMachine
from simulators.meters import ClockOf, TimedMessage, duplicated, reordered, right
from simulators.pace import Progress, play
from simulators.phone import Habit, Phones
from simulators.seldom import Seldom
from simulators.smsd import Network, SmsdTwin
from simulators.story import Edit, Story, edit, merged, messages_of

SITE, EDGE = "s01", "e01"
START = "2016-10-01T10:00"
"""The moment of the files at which every world begins: a Saturday morning, all homes well."""

START_NS = moment_ns("2026-01-03T10:00")
STOPPED, SILENT = "home-031", "home-001"
OTHERS = ("home-002", "home-048")

_SETTLE_S = 5 * 3_600.0
_SPREAD_S = 2 * 3_600.0
_SMSD_LOOP_S = 60.0
_POLL_S = 60.0
_ABSENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Plot:
    """Which world: its seed, its length in days after the warm-up, and what befalls it.

    `edits` are told of the homes in the files' time; the default stops the use of one home
    and the telemetry of another at the start. `clocks` are those of meters that are not right.
    With a `clockwork` the edge has a clock of its own, which is wrong, and nobody's word for
    the time but the gateway's.
    """

    seed: int
    days: float = 1.0
    warmup_days: float = 2.0
    fate: Fate = CALM
    homes: tuple[str, ...] = (STOPPED, SILENT, *OTHERS)
    edits: tuple[tuple[str, str], ...] = (
        ("cut-use", f"{STOPPED}@{START}"),
        ("cut-telemetry", f"{SILENT}@{START}"),
    )
    clocks: tuple[tuple[str, ClockOf], ...] = ()
    clockwork: Clockwork | None = None


class World:
    """One world on one clock, with its files in `folder`."""

    def __init__(self, plot: Plot, folder: Path, clock: VirtualClock) -> None:
        self.plot = plot
        self._folder = folder
        self._smsd_file = folder / "smsd.sqlite"
        self._clock = clock
        self.broker = MemoryBroker(clock, self._chance("broker"), plot.fate.broker)
        self.phones = Phones(clock, _habits(self._chance("people")))
        self.hook = MemoryHook(clock, self._chance("hook"), plot.fate.hook)
        self.smsd = SmsdTwin(
            self._smsd_file,
            clock,
            self.phones.ring,
            rng=self._chance("smsd"),
            network=plot.fate.network,
        )
        self.smsd.loop_s = _SMSD_LOOP_S
        self.phones.connect(self.smsd.receive)
        clocks = dict(plot.clocks)
        self._homes = tuple(
            home(name, site=SITE, clock=clocks.get(name, right)) for name in plot.homes
        )
        self._kills = self._chance("kills")
        self._kills_end = False
        self._edge_chance = self._chance("edge")
        self._gateway_chance = self._chance("gateway")
        self._book = self._written_book()
        self.database = connect(f"sqlite:///{folder / 'gateway.sqlite'}")
        upgrade(self.database)

    async def run(self) -> Ending:
        """Tell the story to its end, let the faults stop and the system settle, then end it."""
        progress = Progress()
        meters = self.broker.session("meters", [])
        async with asyncio.TaskGroup() as group:
            parts = {
                "smsd": self.smsd.run(),
                "meters": meters.run(_unheard),
                "edge": self._edge_lives(),
                "gateway": self._gateway_lives(),
            }
            lives = [group.create_task(part, name=name) for name, part in parts.items()]
            await play(self._story(), meters.publish, self._clock, progress)
            self._calm()
            await sleep(self._clock, _SETTLE_S)
            for life in lives:
                life.cancel()
        return Ending(
            read_chronicle(self.database),
            tuple((shown.number, shown.text) for shown in self.phones.shown),
            dict(sorted(self.hook.times.items())),
            progress.published,
        )

    def _calm(self) -> None:
        """From now on nothing fails."""
        self._kills_end = True
        self.broker.faults = BrokerFaults()
        self.hook.faults = HookFaults()
        self.smsd.network = Network()

    def _chance(self, name: str) -> random.Random:
        """A stream of chance of its own, so that one part's draws never move another's."""
        return random.Random(f"{self.plot.seed} {name}")

    def _story(self) -> list[TimedMessage]:
        start_ns, plot = moment_ns(START), self.plot
        edits: dict[str, tuple[Edit, ...]] = {}
        for name, where in plot.edits:
            told_home, change = edit(name, where)
            edits[told_home] = (*edits.get(told_home, ()), change)
        story = Story(start_ns, START_NS, int(plot.warmup_days * DAY_NS), edits)
        series = read(EXTRACT, plot.homes)
        end_ns = START_NS + int(plot.days * DAY_NS)
        told = [
            message
            for message in merged(
                messages_of(each.name, each.meter, series[each.name], story) for each in self._homes
            )
            if message.publish_ns < end_ns
        ]
        return self._troubled(told)

    def _troubled(self, told: list[TimedMessage]) -> list[TimedMessage]:
        rng, fate = self._chance("wire"), self.plot.fate
        told = reordered(told, rng, chance=fate.reordered, within_s=_SPREAD_S)
        return duplicated(told, rng, chance=fate.duplicated, within_s=_SPREAD_S)

    async def _edge_lives(self) -> None:
        settings, clock = self._edge_settings(), self._edge_clock()

        def connect_edge(filters: Sequence[str], will: Will) -> Session:
            return self.broker.session(EDGE, filters, will, clock=clock)

        def life() -> Coroutine[Any, Any, None]:
            return run_edge(settings, connect=connect_edge, clock=clock, rng=self._edge_chance)

        await self._lives(EDGE, life, self.plot.fate.edge_life_s)

    def _edge_clock(self) -> Clock:
        clockwork = self.plot.clockwork
        if clockwork is None:
            return self._clock
        machine = VirtualMachine(self._clock)
        machine.start(clockwork.error_ns)
        for after_s, error_ns in clockwork.steps:
            asyncio.get_running_loop().call_later(after_s, machine.set_wall, error_ns)
        return SteadyClock(machine)

    async def _gateway_lives(self) -> None:
        if self.plot.clockwork is not None:
            await sleep(self._clock, self.plot.clockwork.gateway_after_s)
        await self._lives("gateway", self._gateway, self.plot.fate.gateway_life_s)

    async def _lives(
        self, client_id: str, life: Callable[[], Coroutine[Any, Any, None]], mean_s: float
    ) -> None:
        """One life after another, each ended by a kill after a time drawn about `mean_s`."""
        while True:
            life_s = self._kills.expovariate(1 / mean_s) if mean_s else None
            running = asyncio.create_task(life(), name=client_id)
            try:
                await asyncio.wait([running], timeout=life_s)
                if self._kills_end:
                    await asyncio.wait([running])
                if running.done():
                    return running.result()
            finally:
                self.broker.cut(client_id)
                running.cancel()
                await asyncio.wait([running])
            await sleep(self._clock, self._kills.uniform(0, _ABSENCE_S))

    async def _gateway(self) -> None:
        engine = Engine(self.database, self._book, self._gateway_chance)
        session = self.broker.session("gateway", filters(SITE))
        channels: dict[str, Channel] = {
            "sms": Seldom(SmsChannel(SmsSettings(database=self._smsd_file)), _POLL_S),
            "webhook": self.hook,
        }
        async with asyncio.TaskGroup() as group:
            group.create_task(session.run(_unheard))
            group.create_task(Intake(engine, session, site=SITE, clock=self._clock).run())
            group.create_task(Dispatcher(engine, channels, self._clock).run())
            watch = EdgeWatch(engine, lambda: session.connected, site=SITE, clock=self._clock)
            group.create_task(watch.run())

    def _edge_settings(self) -> EdgeSettings:
        registry = self._folder / "registry.toml"
        registry.write_text(registry_text(SITE, self._homes), "utf-8")
        journal = JournalSettings(path=self._folder / "journal.sqlite")
        return EdgeSettings(edge=EDGE, site=SITE, registry=registry, journal=journal)

    def _written_book(self) -> Book:
        return Book(
            plans=parse(tomllib.loads(PLANS), Plans, Path("plans.toml")),
            roster=parse(
                tomllib.loads(roster_text(SITE, "http://hook")), Roster, Path("roster.toml")
            ),
            places=parse(tomllib.loads(places_text(self._homes)), Places, Path("places.toml")),
            public_url="http://gateway",
            secret=b"a simulated secret of 32 bytes!!",
        )


def _habits(rng: random.Random) -> dict[str, Habit]:
    """Everybody answers some minutes after a text came."""
    numbers = (WORKER_NUMBER, BACKUP_NUMBER, STREET_NUMBER)
    return {number: Habit(reply_after_s=rng.uniform(60, 1200)) for number in numbers}


def play_world(plot: Plot, folder: Path) -> Ending:
    """The ending of `plot`, played in virtual time on fresh files in `folder`."""
    return run(lambda clock: World(plot, folder, clock).run(), START_NS)


async def _unheard(_: bool) -> None:
    """The meters' gateway has nothing to do when its link changes."""
