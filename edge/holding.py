"""The way in: straight to the pipeline, or by way of the held table while the time is unknown.

Until then nothing is judged and nothing is lost. Once the time is known, what was held goes in
first, in its order, each page in the transaction that takes it from the table.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from edge.admitting import Taken
from edge.clock import sleep
from edge.disk_room import when_room
from edge.failpoint import hit
from edge.fold import Fold
from edge.health import Health
from edge.held import Held, Page
from edge.journal import Journal, JournalFull
from edge.session import Delivery
from edge.timekeeper import ClockSettings, Timekeeper

log = logging.getLogger(__name__)

PAGE = 256
OUTSIDE_MAX = 8_000
"""Deliveries taken and not acked at the limit, so that the time can still be heard behind them."""

Ack = Callable[[Sequence[Delivery]], None]
_NOTHING = Taken([], [], 0, [])


class TooMuchHeldError(Exception):
    """The time is not known, and there is no place for what keeps coming."""


class Holding:
    """Takes deliveries in; `opened` is set once they go straight to `fold`."""

    def __init__(
        self,
        settings: ClockSettings,
        journal: Journal,
        fold: Fold,
        time: Timekeeper,
        health: Health,
    ) -> None:
        self.opened = asyncio.Event()
        self._fold = fold
        self._time = time
        self._health = health
        self._bytes_max = settings.held_bytes
        self._held = Held(journal, time.boot or f"start {journal.boot}")
        self._began_ns = time.monotonic_ns()
        self._outside: list[Delivery] = []
        self._ack: Ack = _unacked

    def take(self, deliveries: Sequence[Delivery], ack: Ack, *, more: bool = False) -> Taken:
        """Commit `deliveries`, ack them, and detect; or keep them until that can be done.

        If there is `more`, `take` or `Fold.settle_rest` must follow at once.

        At the limit they are kept in memory, unacked and so the broker's, up to 8,000.

        Raises:
            JournalFull: there is no room; nothing was taken.
            TooMuchHeldError: the broker sends more than that unacked: end the process, so that
                it sends them again, and the next one asks for the time before they come.
        """
        if self.opened.is_set():
            return self._fold.take(self._time.stamped(deliveries), ack, more=more)
        if self._outside or self.full:
            self._leave_outside(deliveries, ack)
        else:
            self._keep(deliveries, ack)
        return _NOTHING

    def take_pushed(self, delivery: Delivery) -> Taken:
        """As `take`, for what nobody else keeps.

        Raises:
            JournalFull: there is no room; nothing was taken.
        """
        if not self.opened.is_set() and (self.full or self._outside):
            self._health.count("held_refused")
            raise JournalFull("what is held until the time is known has reached [clock] held_bytes")
        return self.take([delivery], _unacked)

    @property
    def full(self) -> bool:
        """Whether nothing more is held."""
        return self._held.bytes >= self._bytes_max

    def link_lost(self) -> None:
        """The broker sends again whatever was not acked."""
        self._outside.clear()

    async def open(self, connected: Callable[[], bool]) -> None:
        """Let in what was held, then say how the link is: from now on everything goes in.

        The time is known.
        """
        if self.opened.is_set():
            return
        began_ns = self._time.start_ns() + self._began_ns
        await self._when_room(partial(self._fold.link, began_ns, up=False))
        if some := self._held.count:
            log.info("%d held messages are admitted now", some)
            await self._when_room(partial(self._held.place, self._time.start_ns(), began_ns))
        while (page := self._held.page(PAGE)) or self._outside:
            await self._when_room(partial(self._let_in, page))
            await sleep(self._time, 0)  # let what arrives meanwhile be held as well
        self.opened.set()
        if some:
            await self._when_room(self._held.clear)
        if connected():
            await self._when_room(lambda: self._fold.link(self._time.now_ns(), up=True))

    def measure(self) -> None:
        """Put what is held among the gauges."""
        self._health.gauge("held_deliveries", self._held.count)
        self._health.gauge("held_bytes", self._held.bytes)

    def _keep(self, deliveries: Sequence[Delivery], ack: Ack) -> None:
        self._held.keep(deliveries)
        hit("edge.hold")
        ack(deliveries)

    def _leave_outside(self, deliveries: Sequence[Delivery], ack: Ack) -> None:
        if len(self._outside) + len(deliveries) > OUTSIDE_MAX:
            raise TooMuchHeldError(
                "the time is not known, [clock] held_bytes is reached and the broker still sends:"
                f" let it send at most {OUTSIDE_MAX} unacked, and check NTP or the gateway"
            )
        self._health.count("held_refused", len(deliveries))
        self._outside += deliveries
        self._ack = ack

    def _let_in(self, page: Page | None) -> None:
        if page is None:
            self._fold.take(self._time.stamped(self._outside), self._ack)
            self._outside.clear()
            return
        self._fold.release(page.deliveries, page.upto)
        self._health.count("held_unplaced", page.late)
        self._held.released(page)
        hit("edge.release")

    async def _when_room(self, act: Callable[[], object]) -> None:
        await when_room(self._time, self._health, act)


def _unacked(_: Sequence[Delivery]) -> None:
    """Nobody waits for an ack."""
