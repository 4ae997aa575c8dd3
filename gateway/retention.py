"""Once an hour the leader forgets what is over for long, a small transaction at a time."""

import logging
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from edge.clock import Clock, sleep
from edge.reading import DAY_NS, SECOND_NS
from gateway.db import retention as rows
from gateway.db import retention_history as past
from gateway.db.engine import writing
from gateway.engine import Engine
from gateway.retention_settings import RetentionSettings

log = logging.getLogger(__name__)

LOOK_S = 3_600.0
PAUSE_S = 1.0
"""Between two transactions, so that alerts never wait behind what is over."""
BATCHES_MAX = 200
_SPEND_NS = 32 * DAY_NS
"""Longer than the window of any budget."""

Forget = Callable[[sa.Connection, int], int]


class Retention:
    """Forgets by `settings`, and counts what it forgot."""

    def __init__(
        self,
        engine: Engine,
        settings: RetentionSettings,
        *,
        clock: Clock,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._leads = leads
        self._kept_ns: Mapping[str, tuple[Forget, int]] = {
            "ended": (rows.forget_ended, int(settings.ended * SECOND_NS)),
            "unasked": (rows.forget_unasked, int(settings.unasked * SECOND_NS)),
            "bundles": (past.forget_bundles, int(settings.unasked * SECOND_NS)),
            "history": (past.forget_history, int(settings.history * SECOND_NS)),
            "spend": (rows.forget_spend, _SPEND_NS),
        }

    async def run(self) -> None:
        """Forget once an hour, until cancelled."""
        while True:
            await sleep(self._clock, LOOK_S)
            if self._leads():
                await self.look()

    async def look(self) -> None:
        """What is over for long is forgotten, at most 200 batches of each kind."""
        for name in self._kept_ns:
            for _ in range(BATCHES_MAX):
                if not self.forget(name, self._clock.now_ns()):
                    break
                await sleep(self._clock, PAUSE_S)

    def forget(self, name: str, now_ns: int) -> int:
        """One batch of the kind `name` is forgotten; returns how many."""
        forget, kept_ns = self._kept_ns[name]
        try:
            with writing(self._engine.database) as connection:
                gone = forget(connection, now_ns - kept_ns)
        except (sa.exc.OperationalError, sa.exc.IntegrityError) as error:
            self._engine.counts["forgotten", f"{name}_failed"] += 1
            log.warning("nothing of %s is forgotten this time: %s", name, error.orig)
            return 0
        self._engine.counts["forgotten", name] += gone
        return gone
