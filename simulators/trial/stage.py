"""One trial in virtual time: the real intake, engine, dispatcher and database between twins.

The gateway dies as the script says and is started again on the file that it left; an edge tells
its findings until they are acked; carriers and people do what the script and chance want.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import sqlalchemy as sa

from alerts.channels.base import Channel
from alerts.incident import IllegalAct, incident_id
from alerts.link import LinkError
from edge.clock import deadline, sleep
from edge.outbox import Envelope
from edge.reading import SECOND_NS, Evidence, Finding, FindingState, Timeliness, finding_id
from edge.session import NotPublished
from edge.topic import ack_topic
from gateway.db.sole import end_leases
from gateway.dispatcher import Dispatcher
from gateway.engine import Engine
from gateway.guarded_clock import LOOK_S, ClockWatch, GuardedClock
from gateway.intake import Intake, filters
from simulators.broker import BrokerFaults, MemoryBroker, MemorySession
from simulators.clock import VirtualClock
from simulators.trial.cast import EDGE, KINDS, SITE, book
from simulators.trial.line import Line, TextLine
from simulators.trial.mortality import Killed, Mortality
from simulators.trial.people import People
from simulators.trial.script import END_S, HEAL_S, By, Death, Script, Statement
from simulators.trial.truth import Truth

_RESEND_S = 30.0
_LOOK_SELDOM_S = 4.0
"""Less than what the watch takes for a standstill."""
_EPOCH = "trial"


class Stage:
    """One trial of `script` on a fresh, migrated `database`; `truth` is what really happened."""

    def __init__(
        self, script: Script, database: sa.Engine, mortality: Mortality, clock: VirtualClock
    ) -> None:
        self.truth = Truth()
        self._script = script
        self._database = database
        self._clock = clock
        self._mortality = mortality
        mortality.is_busy = lambda: script.is_busy(self._at_s())
        self._start_ns = clock.now_ns()
        self._jumped = asyncio.Event()
        self._book = book()
        faults = BrokerFaults(script.link_life_s, script.duplicate, script.delay_s, script.reject)
        self._broker = MemoryBroker(clock, self._chance("broker"), faults)
        self._edge = self._broker.session(EDGE, [ack_topic(SITE, EDGE)])
        people = People(clock, self._chance("people"), self.truth)
        play = (script, self.truth)
        sms = TextLine("sms", clock, self._chance("sms"), play, people.read)
        hook = Line("webhook", clock, self._chance("webhook"), play, people.open)
        self._channels: dict[str, Channel] = {"sms": sms, "webhook": hook}
        people.say, people.open_link = sms.receive, self._open_link
        sms.settled.append(people.settled)
        self._engine: Engine | None = None

    async def run(self) -> None:
        """The whole of it, to `END_S`.

        Raises:
            BaseExceptionGroup: the gateway ended by itself, which it must never do.
        """
        async with asyncio.TaskGroup() as group:
            parts = (
                self._edge.run(_unheard),
                _Teller(self._edge, self._statements(), self._clock).run(),
                self._lives(),
                self._time_jumps(),
            )
            tasks = [group.create_task(part) for part in parts]
            await sleep(self._clock, HEAL_S)
            self._broker.faults = BrokerFaults()
            await sleep(self._clock, END_S - HEAL_S)
            for task in tasks:
                task.cancel()

    def _statements(self) -> list[tuple[float, Finding]]:
        return [(said.at_s, self._finding(said)) for said in self._script.statements()]

    def _finding(self, said: Statement) -> Finding:
        category, tier = KINDS[self._script.conditions[said.subject].kind]
        subject = f"{SITE}/b01/u{said.subject:02d}"
        return Finding(
            id=condition_id(said.subject),
            revision=said.revision,
            rule=category,
            rule_version=1,
            subject=subject,
            category=category,
            tier=tier,
            state=said.state if said.revision else FindingState.RAISED,
            since_ns=self._start_ns,
            at_ns=self._start_ns + int(said.at_s * SECOND_NS),
            timeliness=Timeliness.LIVE,
            evidence=Evidence({}, {}, self._start_ns, 60.0, "用水 0 升", "0 L used"),
        )

    async def _lives(self) -> None:
        for death in self._script.deaths:
            await self._live(death, HEAL_S - self._at_s())
            if self._at_s() >= HEAL_S:
                break
            await sleep(self._clock, death.absence_s)
        await self._live(None, None)

    async def _live(self, death: Death | None, left_s: float | None) -> None:
        """One life of the gateway, to its death; after `left_s` it is ended anyhow."""
        if death is not None and death.by is By.TIME and left_s is not None:
            left_s = min(left_s, float(death.nth))
        with self._mortality.life(death):
            life = asyncio.create_task(self._gateway())
            dead = asyncio.create_task(self._mortality.dead.wait())
            try:
                await asyncio.wait(
                    {life, dead}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                self._mortality.dead.set()
                self._engine = None
                self.truth.deaths_s.append(self._at_s())
                self._broker.cut("gateway")
                await _ended(life, dead)

    async def _gateway(self) -> None:
        """As `gateway.app` composes it, without its web side."""
        clock = GuardedClock(self._clock)
        engine = Engine(self._database, self._book, self._chance("codes"))
        watch = ClockWatch(engine, clock)
        await self._when_writable(watch)
        self._engine = engine
        session = self._broker.session("gateway", filters(SITE))
        async with asyncio.TaskGroup() as group:
            group.create_task(session.run(_unheard))
            group.create_task(Intake(engine, session, site=SITE, clock=clock).run())
            group.create_task(Dispatcher(engine, self._channels, clock).run())
            group.create_task(self._watch(watch))

    async def _when_writable(self, watch: ClockWatch) -> None:
        """A service that cannot start is started again."""
        while True:
            try:
                end_leases(self._database, self._clock.now_ns())
                watch.start()
            except sa.exc.OperationalError:
                await sleep(self._clock, 1.0)
            else:
                return

    async def _watch(self, watch: ClockWatch) -> None:
        """As its own `run`, but that it looks seldom while nobody has set the wall."""
        while self._at_s() < HEAL_S:
            self._jumped.clear()
            with suppress(TimeoutError):
                async with deadline(self._clock, _LOOK_SELDOM_S):
                    await self._jumped.wait()
                    await sleep(self._clock, LOOK_S)
            try:
                watch.look()
            except sa.exc.OperationalError:
                continue

    async def _time_jumps(self) -> None:
        """Set the wall while a gateway runs: one that is down cannot tell how long it was."""
        for at_s, step_s in sorted(self._script.steps):
            await sleep(self._clock, max(0.0, at_s - self._at_s()))
            while self._engine is None:
                await sleep(self._clock, 1.0)
            self._clock.step_wall(int(step_s * SECOND_NS))
            self._jumped.set()

    def _open_link(self, token: str) -> bool:
        """As the page of the link does; whether it could be reached."""
        if self._engine is None:
            return False
        try:
            self._engine.use_link(token, self._clock.now_ns())
        except (LinkError, IllegalAct):
            return True
        except (Killed, sa.exc.OperationalError):
            return False
        return True

    def _chance(self, name: str) -> random.Random:
        return random.Random(f"{self._script.seed} {name}")

    def _at_s(self) -> float:
        return self._clock.monotonic_ns() / SECOND_NS


class _Teller:
    """An edge that says each thing when it happens, and again until the gateway has it."""

    def __init__(
        self, session: MemorySession, said: Sequence[tuple[float, Finding]], clock: VirtualClock
    ) -> None:
        self._session = session
        self._said = said
        self._clock = clock
        self._news = asyncio.Event()
        self._acked = 0

    async def run(self) -> None:
        """Tell and listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._tell())

    async def _listen(self) -> None:
        while True:
            for delivery in await self._session.receive(100, 0.0):
                self._acked = max(self._acked, int(json.loads(delivery.payload)["upto"]))
                self._session.ack([delivery])
                self._news.set()

    async def _tell(self) -> None:
        while self._acked < len(self._said):
            self._news.clear()
            now_s = self._clock.monotonic_ns() / SECOND_NS
            for seq, (at_s, finding) in enumerate(self._said[self._acked :], self._acked + 1):
                if at_s > now_s:
                    break
                await self._publish(seq, finding)
            try:
                async with deadline(self._clock, self._wait_s()):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _wait_s(self) -> float:
        now_s = self._clock.monotonic_ns() / SECOND_NS
        ahead = [at_s - now_s for at_s, _ in self._said[self._acked :] if at_s > now_s]
        return max(0.001, min([_RESEND_S, *ahead[:1]]))

    async def _publish(self, seq: int, finding: Finding) -> None:
        envelope = Envelope(1, EDGE, _EPOCH, seq, finding, after=seq - 1, acked=self._acked)
        topic = f"sw/1/{SITE}/_finding/{EDGE}"
        try:
            await self._session.publish(topic, msgspec.json.encode(envelope))
        except NotPublished:
            return


def condition_id(subject: int) -> str:
    """The id of the finding about that subject."""
    return finding_id("trial", f"{SITE}/b01/u{subject:02d}", 0)


def incident_of(subject: int) -> str:
    """The id of the incident that the condition of that subject must become."""
    return incident_id(condition_id(subject))


async def _ended(*tasks: asyncio.Task[object]) -> None:
    """Every task is over; what ended one of them but a kill is raised."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BaseExceptionGroup):
            error = error.split(Killed)[1]
        if error is not None and not isinstance(error, Killed):
            raise error


async def _unheard(_: bool) -> None:
    """Nobody acts on a change of these links."""
