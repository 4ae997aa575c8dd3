"""A building's edge, gateway and meters in virtual time; the test tells what befalls them.

Nobody is told of an incident here: what matters is which incidents there are.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa

from alerts.plan import Plans
from alerts.roster import Places, Roster
from edge import topic
from edge.agent import EdgeSettings, run_edge
from edge.clock import sleep
from edge.journal import JournalSettings
from edge.reading import HOUR_NS, SECOND_NS, Finding, TimeSource
from edge.session import Session, Will
from edge.settings import load
from edge.wire import Message, Record, encode
from gateway.book import Book
from gateway.db.engine import connect, reading, upgrade
from gateway.db.tables import finding, incident
from gateway.edge_watch import EdgeWatch
from gateway.engine import Engine
from gateway.intake import Intake, filters
from simulators.broker import MemoryBroker
from simulators.clock import VirtualClock

SITE, EDGE = "s01", "e01"
START_NS = 1_767_225_600 * SECOND_NS
CONFIG = Path(__file__).parents[2] / "config"
Uses = Callable[[int, int], float]


class BlockWorld:
    """`homes` meters, hourly, each behind one of `adapters` where there are any."""

    def __init__(
        self, clock: VirtualClock, folder: Path, homes: int, alone: Iterable[int], adapters: int = 0
    ) -> None:
        self._clock = clock
        self._folder = folder
        self.homes = homes
        self._hour = 0
        self._registers_l = [1_000.0] * homes
        self._sent = [0] * homes
        (folder / "registry.toml").write_text(_registry(homes, set(alone), adapters), "utf-8")
        self.broker = MemoryBroker(clock, random.Random(1))
        self.database = connect(f"sqlite:///{folder / 'gateway.sqlite'}")
        upgrade(self.database)
        self._engine = Engine(self.database, _book(), random.Random(2))
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Session]:
        """The whole system runs within the block; yields the meters' session."""
        meters = self.broker.session("meters", [])
        self._tasks["meters"] = asyncio.create_task(meters.run(_unheard))
        self._tasks["gateway"] = asyncio.create_task(self._gateway())
        self.start_edge()
        await sleep(self._clock, 5)
        try:
            yield meters
            await sleep(self._clock, 900)
        finally:
            for name in tuple(self._tasks):
                await self._end(name)
            self.database.dispose()

    def start_edge(self) -> None:
        """The edge starts on whatever its journal holds."""
        settings = EdgeSettings(
            edge=EDGE,
            site=SITE,
            registry=self._folder / "registry.toml",
            journal=JournalSettings(path=self._folder / "journal.sqlite"),
        )

        def session(wanted: Sequence[str], will: Will) -> Session:
            return self.broker.session(EDGE, wanted, will)

        life = run_edge(settings, connect=session, clock=self._clock, rng=random.Random(3))
        self._tasks[EDGE] = asyncio.create_task(life)

    async def kill_edge(self, away_s: float) -> None:
        """The edge is gone without a word, and starts again after that time."""
        self.broker.cut(EDGE)
        await self._end(EDGE)
        await sleep(self._clock, away_s)
        self.start_edge()

    async def adapter(self, name: str, boot: int) -> None:
        """The adapter connects and says so; its last will waits at the broker."""
        where = topic.adapter_status_topic(SITE, name)
        session = self.broker.session(name, [], Will(where, _status(up=False, boot=boot)))
        self._tasks[name] = asyncio.create_task(session.run(_unheard))
        await sleep(self._clock, 1)
        await session.publish(where, _status(up=True, boot=boot), retain=True)

    async def power_off(self, name: str) -> None:
        """The adapter is gone without a word."""
        self.broker.cut(name)
        await self._end(name)

    async def live(
        self, meters: Session, hours: int, uses: Uses, silent: Iterable[int] = ()
    ) -> None:
        """Hours pass; every home uses water and, unless `silent`, its meter reports."""
        quiet = set(silent)
        for _ in range(hours):
            self._hour += 1
            due_ns = START_NS + self._hour * HOUR_NS
            await sleep(self._clock, max(0.0, (due_ns - self._clock.now_ns()) / SECOND_NS))
            for home in range(self.homes):
                self._registers_l[home] += uses(home, self._hour)
                if home not in quiet:
                    await self._report(meters, home, due_ns)

    async def _report(self, meters: Session, home: int, at_ns: int) -> None:
        self._sent[home] += 1
        record = Record(n="water.total", u="m3", v=self._registers_l[home] / 1000, r=0.001)
        said = Message(
            dev=f"wm-{home:03}", boot=1, seq=self._sent[home], t=at_ns / SECOND_NS,
            tsrc=TimeSource.METER, e=(record,),
        )  # fmt: skip
        where = f"sw/1/{SITE}/b01/u{home:03}/water/wm-{home:03}/obs"
        await meters.publish(where, encode(said))

    @property
    def hour(self) -> int:
        """The hour that was told last."""
        return self._hour

    def told(self) -> list[Finding]:
        """Every statement that the gateway has taken, in the order of their numbers."""
        with reading(self.database) as connection:
            rows = connection.execute(sa.select(finding.c.body).order_by(finding.c.received_ns))
            return [msgspec.json.decode(row.body, type=Finding) for row in rows]

    def incidents(self) -> list[tuple[str, str]]:
        """Rule and subject of every incident, in the order of their opening."""
        with reading(self.database) as connection:
            query = sa.select(incident.c.rule, incident.c.subject).order_by(incident.c.opened_ns)
            return [(row.rule, row.subject) for row in connection.execute(query)]

    async def _gateway(self) -> None:
        session = self.broker.session("gateway", filters(SITE))
        watch = EdgeWatch(self._engine, lambda: session.connected, site=SITE, clock=self._clock)
        async with asyncio.TaskGroup() as group:
            group.create_task(session.run(_unheard))
            group.create_task(Intake(self._engine, session, site=SITE, clock=self._clock).run())
            group.create_task(watch.run())

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name)
        task.cancel()
        await asyncio.wait([task])


def _registry(homes: int, alone: set[int], adapters: int) -> str:
    lines = [f'version = 1\nsite = "{SITE}"']
    lines += [f'[[adapter]]\nid = "dtu-{i}"' for i in range(adapters)]
    for i in range(homes):
        care = '["alone"]' if i in alone else "[]"
        behind = f'adapter = "dtu-{i % adapters}"' if adapters else ""
        lines.append(f'[[unit]]\ncode = "u{i:03}"\nbuilding = "b01"\ncare = {care}')
        lines.append(
            f'[[device]]\nid = "wm-{i:03}"\nkind = "water"\nunit = "u{i:03}"\n'
            f'interval = "1 h"\n{behind}'
        )
    return "\n".join(lines)


def _book() -> Book:
    return Book(
        plans=load(CONFIG / "plans.toml", Plans),
        roster=load(CONFIG / "roster.toml", Roster),
        places=load(CONFIG / "places.toml", Places),
        public_url="http://gateway",
        secret=b"a simulated secret of 32 bytes!!",
    )


def _status(*, up: bool, boot: int) -> bytes:
    return msgspec.json.encode({"v": 1, "up": up, "boot": boot})


async def _unheard(_: bool) -> None:
    """Nothing is done when this link changes."""
