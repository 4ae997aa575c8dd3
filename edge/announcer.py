"""Keeps the edge's retained messages true: said on change, ended when their subject is gone.

What was ever announced is noted in the journal before it is published. So what a later start
no longer wants, be it a device or all of Home Assistant's messages, it takes away.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import msgspec

from edge.clock import Clock, deadline, sleep
from edge.device_state import REFRESH_S, statements
from edge.disk_room import when_room
from edge.health import Health
from edge.home_assistant import BIRTH, HomeAssistantSettings, discovery
from edge.journal import BLOB_ERRORS, Journal, pack, unpack
from edge.pipeline import Pipeline
from edge.reading import SECOND_NS
from edge.session import NotPublished, Session

log = logging.getLogger(__name__)

PAGE = 50
PAUSE_S = 0.5
ROUND_S = 30.0
"""A change of state waits at most this long, and a device is told of at most this often."""
_ROUND_S_REAL = 0.5
JITTER_S = 30.0
CUTS_MAX, CUT_REST_S = 3, 3_600.0
"""A broker may end the link of who publishes without the right to: three rounds in a row that
lost the link are taken for that, and what follows is tried once an hour."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What is announced: the pipeline's devices and homes, by its registry; and to whom."""

    edge: str
    pipeline: Pipeline
    home_assistant: HomeAssistantSettings | None


class _Said(NamedTuple):
    payload: bytes
    at_ns: int


class Announcer:
    """Publishes one edge's retained messages, a page at a time and one after the other.

    A finding that is made meanwhile waits for at most one confirmation of the broker's.
    """

    def __init__(  # noqa: PLR0913  (its whole surroundings, wired once by the agent)
        self,
        of: Announced,
        session: Session,
        journal: Journal,
        *,
        clock: Clock,
        rng: random.Random,
        health: Health,
    ) -> None:
        self._of = of
        self._session = session
        self._journal = journal
        self._clock = clock
        self._rng = rng
        self._health = health
        self._wake = asyncio.Event()
        self._said: dict[str, _Said] = {}
        self._discovery_due_ns: int | None = None
        self._cuts = 0
        self._noted = _noted(journal)

    def wake(self) -> None:
        """Something may have changed."""
        self._wake.set()

    def start_over(self) -> None:
        """There is a new link: the broker may have lost what it kept, and all is said again."""
        self._said.clear()
        self._wake.set()

    def born(self, payload: bytes) -> None:
        """Home Assistant has spoken; after its birth it is told everything again, in a while."""
        if payload == BIRTH:
            jitter_ns = int(self._rng.uniform(0, JITTER_S) * SECOND_NS)
            self._discovery_due_ns = self._clock.monotonic_ns() + jitter_ns
            self._wake.set()

    async def run(self) -> None:
        """Say what has changed, for ever, in rounds of at least `ROUND_S` and half a second."""
        while True:
            await self._woken()
            if self._session.connected:
                await self._round()
            rest_s = CUT_REST_S if self._cuts >= CUTS_MAX else ROUND_S
            await sleep(self._clock, max(rest_s, _ROUND_S_REAL * self._clock.speed))

    async def _woken(self) -> None:
        """Wait for a change, for the time to tell Home Assistant, or for a repetition."""
        wait_s = REFRESH_S / 2
        if self._discovery_due_ns is not None:
            wait_s = max(0.0, (self._discovery_due_ns - self._clock.monotonic_ns()) / SECOND_NS)
        try:
            async with deadline(self._clock, wait_s):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _round(self) -> None:
        wanted = await self._wanted()
        gone = self._noted - wanted.keys()
        if new := wanted.keys() - self._noted:
            await self._note(self._noted | new)
        try:
            await self._publish((to, wanted[to]) for to in self._changed(wanted))
            await self._publish((to, b"") for to in sorted(gone))
            self._said = {to: said for to, said in self._said.items() if to not in gone}
        except NotPublished as error:
            self._health.count("publishes_failed")
            self._note_cut(error)
            return
        self._cuts = 0
        if gone:
            self._health.count("states_ended", len(gone))
            await self._note(self._noted - gone)

    def _note_cut(self, error: NotPublished) -> None:
        if self._session.connected:
            log.info("retained messages wait: %s", error)
            return
        self._cuts += 1
        if self._cuts == CUTS_MAX:
            log.error("the broker ends the link when states are published (%s); does its acl"
                      " let this edge write them? They are tried once an hour", error)  # fmt: skip

    async def _wanted(self) -> dict[str, bytes]:
        """Every retained message there should be now; the loop turns between pages."""
        of, now_ns, registry = self._of, self._clock.now_ns(), self._of.pipeline.registry
        subjects = of.pipeline.devices(), of.pipeline.homes()
        wanted: dict[str, bytes] = {}
        speaks = of.pipeline.learning.shadow.speaks
        for to, statement in statements(registry, *subjects, now_ns, speaks):
            wanted[to] = msgspec.json.encode(statement)
            await self._turn(len(wanted))
        if of.home_assistant:
            for to, payload in discovery(of.home_assistant, registry, of.edge, subjects, now_ns):
                wanted[to] = payload
                await self._turn(len(wanted))
        return wanted

    async def _turn(self, count: int) -> None:
        if count % PAGE == 0:
            await asyncio.sleep(0)

    def _changed(self, wanted: dict[str, bytes]) -> list[str]:
        """The topics whose message is new, old enough to be repeated, or asked for anew."""
        now_ns = self._clock.monotonic_ns()
        if self._discovery_due_ns is not None and now_ns >= self._discovery_due_ns:
            self._discovery_due_ns = None
            self._said = {to: said for to, said in self._said.items() if not _is_discovery(to)}
        return [to for to, payload in wanted.items() if self._is_due(to, payload, now_ns)]

    def _is_due(self, to: str, payload: bytes, now_ns: int) -> bool:
        said = self._said.get(to)
        if said is None or said.payload != payload:
            return True
        return not _is_discovery(to) and now_ns - said.at_ns >= REFRESH_S * SECOND_NS

    async def _publish(self, messages: Iterable[tuple[str, bytes]]) -> None:
        for count, (to, payload) in enumerate(messages, 1):
            await self._session.publish(to, payload, retain=True)
            self._said[to] = _Said(payload, self._clock.monotonic_ns())
            self._health.count("states_published")
            if count % PAGE == 0:
                await sleep(self._clock, PAUSE_S)

    async def _note(self, topics: Iterable[str]) -> None:
        noted = frozenset(topics)
        await when_room(self._clock, self._health, partial(_note, self._journal, noted))
        self._noted = noted


def _is_discovery(to: str) -> bool:
    return to.endswith("/config")


def _noted(journal: Journal) -> frozenset[str]:
    rows = journal.read("SELECT CAST(value AS BLOB) FROM meta WHERE key = 'announced'", ())
    try:
        return frozenset(msgspec.json.decode(unpack(rows[0][0]), type=list[str]) if rows else ())
    except BLOB_ERRORS:
        log.exception(
            "%s: what was announced cannot be read; see docs/home-assistant.md", journal.path
        )
        return frozenset()


def _note(journal: Journal, topics: frozenset[str]) -> None:
    blob = pack(msgspec.json.encode(sorted(topics)))  # of thousands: much the same, over and over
    with journal.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('announced', ?)", (blob,))
