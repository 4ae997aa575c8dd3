"""Begins drills: by hand, and once a month by the calendar."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import Field

from alerts.plan import ChannelName
from edge.clock import Clock
from edge.reading import DAY_NS, SECOND_NS, Tier
from edge.settings import Settings
from gateway.db.engine import writing
from gateway.drills import Order, announce, finding_of
from gateway.engine import Engine
from gateway.own_findings import take_own
from gateway.rounds import look_around

log = logging.getLogger(__name__)

LATE_NS_MAX = DAY_NS
"""A drill that was missed for longer than this is left out until next month."""


class DrillSettings(Settings):
    """One drill a month, on `day` at `hour` local time; without channels, all are used."""

    category: str = Field(min_length=1, max_length=32)
    area: str = Field(pattern=r"^[a-z0-9][a-z0-9_/-]{0,159}$")
    tier: Literal[1, 2, 3] = 2
    day: int = Field(default=15, ge=1, le=28)
    hour: int = Field(default=10, ge=0, le=23)
    channels: tuple[ChannelName, ...] = Field(default=(), max_length=16)


def begin(engine: Engine, order: Order, since_ns: int, now_ns: int) -> str | None:
    """The id of the drill's incident; None when the one of `since_ns` has begun before."""
    finding = finding_of(order, since_ns)
    with writing(engine.database) as connection:
        announce(connection, finding, order, now_ns)
    before = engine.counts["finding", "new"]
    take_own(engine, finding, now_ns)
    return f"i{finding.id}" if engine.counts["finding", "new"] > before else None


class DrillCalendar:
    """Begins the monthly drill; one month has one, whatever the restarts."""

    def __init__(
        self, engine: Engine, settings: DrillSettings | None, *, clock: Clock,
        leads: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._leads = leads

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        await look_around(self.look, "the drill", self._clock)

    def look(self, now_ns: int) -> None:
        """Begin this month's drill if it is due by `now_ns` and not long past."""
        settings = self._settings
        if settings is None or not self._leads():
            return
        due_ns = _due_ns(settings, self._engine.book.local(now_ns))
        if 0 <= now_ns - due_ns < LATE_NS_MAX:
            order = Order(
                settings.category, settings.area, Tier(settings.tier), "system", settings.channels
            )
            if begin(self._engine, order, due_ns, now_ns):
                log.info("the drill of this month has begun in %s", settings.area)


def _due_ns(settings: DrillSettings, local: datetime) -> int:
    """When the drill of the month of `local` is due."""
    due = local.replace(day=settings.day, hour=settings.hour, minute=0, second=0, microsecond=0)
    return int(due.timestamp()) * SECOND_NS
