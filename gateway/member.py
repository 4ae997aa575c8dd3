"""This gateway among those that share its database: it beats, leads if none does, takes over.

What only one may do (watch the edges, push the registry, audit) the leader does; the sending of
messages is everybody's. A gateway alone on an SQLite file always leads and has nobody to bury.
"""

import asyncio
import logging
from typing import Protocol

import sqlalchemy as sa

from edge.clock import Clock, sleep
from gateway import peers
from gateway.db import nodes
from gateway.db.engine import reading, writing
from gateway.db.nodes import Node
from gateway.engine import Engine, announce
from gateway.peers import BEAT_S, STEP_DOWN_NS, Sightings

log = logging.getLogger(__name__)

_PROBE_BEATS = 3


class NameTakenError(OSError):
    """Another gateway runs under our name."""


class Standing(Protocol):
    """What the other parts ask."""

    @property
    def leads(self) -> bool:
        """Whether this gateway does what only one may do."""
        ...

    async def run(self) -> None:
        """Keep the standing, until cancelled."""
        ...


class Alone:
    """The only gateway of its database."""

    leads = True

    async def run(self) -> None:
        """There is nothing to keep."""
        await asyncio.Event().wait()


async def stand(engine: Engine, clock: Clock, epoch: str) -> Standing:
    """The standing of the process `epoch`, which may claim messages from now on.

    Raises:
        NameTakenError: another gateway beats under the engine's name.
    """
    if engine.node is None:
        return Alone()
    member = Member(engine, clock, name=engine.node, epoch=epoch)
    await member.join()
    return member


class Member:
    """One of several; `join` before anything is claimed."""

    def __init__(self, engine: Engine, clock: Clock, *, name: str, epoch: str) -> None:
        self.name = name
        self._engine = engine
        self._clock = clock
        self._epoch = epoch
        self._leader = False
        self._beaten_ns: int | None = None
        self._seen: Sightings = {}
        self._read: nodes.Read | None = None

    @property
    def leads(self) -> bool:
        """Whether it leads, and could say so lately: cut off from the database, it does not."""
        if not self._leader or self._beaten_ns is None:
            return False
        return self._clock.monotonic_ns() - self._beaten_ns < STEP_DOWN_NS

    async def join(self) -> None:
        """The name is ours, and what its former process was sending may be sent again.

        Raises:
            NameTakenError: another process beats under this name.
        """
        before = self._namesake()
        if before is not None:
            await sleep(self._clock, _PROBE_BEATS * BEAT_S)
            after = self._namesake()
            if after is not None and (after.epoch, after.beat) != (before.epoch, before.beat):
                problem = f'another gateway runs under the name "{self.name}"'
                raise NameTakenError(f"{problem}; give each its own, by the key node")
        with writing(self._engine.database) as connection:
            nodes.join(connection, self.name, self._epoch, self._clock.now_ns())
        self.beat()

    async def run(self) -> None:
        """Beat every second, until cancelled; then leave at once to the others."""
        try:
            while True:
                await sleep(self._clock, BEAT_S)
                try:
                    self.beat()
                except sa.exc.OperationalError as error:
                    self._engine.counts["node", "waited_for_database"] += 1
                    log.warning("cannot beat while the database refuses: %s", error.orig)
        finally:
            self._leave()

    def beat(self) -> None:
        """The others see that this gateway lives, and the dead are buried.

        Raises:
            NameTakenError: another process has taken the name.
        """
        mono_ns, now_ns = self._clock.monotonic_ns(), self._clock.now_ns()
        with writing(self._engine.database) as connection:
            if not nodes.beat(connection, self.name, self._epoch, now_ns):
                self._return(connection, now_ns)
            present = nodes.every(connection)
            self._seen = peers.look(self._seen, present, mono_ns)
            dead = peers.dead(self._seen, mono_ns) - {self.name}
            freed = nodes.bury(connection, dead, now_ns) if dead else 0
            alive = [node for node in present if node.name not in dead]
            leader = next((node.name for node in alive if node.leads), None)
            if leader is None:
                nodes.lead(connection, self.name)
        self._beaten_ns = mono_ns
        self._become(leader in {None, self.name})
        self._take_over(dead, freed)
        self._tell(others=len(alive) > 1 or bool(dead))

    def _return(self, connection: sa.Connection, now_ns: int) -> None:
        """We were thought dead and buried; another process of our name has not come instead."""
        if any(node.name == self.name for node in nodes.every(connection)):
            problem = f'another gateway has taken the name "{self.name}"'
            raise NameTakenError(f"{problem}; give each its own, by the key node")
        self._engine.counts["node", "returned"] += 1
        nodes.join(connection, self.name, self._epoch, now_ns)

    def _become(self, leader: bool) -> None:
        if leader != self._leader:
            self._leader = leader
            self._engine.counts["node", "leads" if leader else "follows"] += 1
            log.info("gateway %s %s", self.name, "leads" if leader else "follows")

    def _take_over(self, dead: frozenset[str], freed: int) -> None:
        for name in sorted(dead):
            self._engine.counts["node", "died"] += 1
            log.warning("gateway %s is dead; its %d messages are taken over", name, freed)
        self._engine.counts["lease", "taken_over"] += freed
        if freed:
            announce(
                self._engine, frozenset()
            )  # the dispatcher sleeps until the leases were to end

    def _tell(self, *, others: bool) -> None:
        """What other gateways committed is news here: consoles show it, the dispatcher wakes."""
        with reading(self._engine.database) as connection:
            if self._read is None or not others:
                self._read = nodes.newest(connection)
                return
            changed, self._read = nodes.news(connection, self._read)
        if changed:
            announce(self._engine, changed)

    def _leave(self) -> None:
        try:
            with writing(self._engine.database) as connection:
                nodes.bury(connection, [self.name], self._clock.now_ns())
        except sa.exc.OperationalError as error:
            log.warning("the others are not told that we leave: %s", error.orig)

    def _namesake(self) -> Node | None:
        with reading(self._engine.database) as connection:
            return next((n for n in nodes.every(connection) if n.name == self.name), None)
