"""Runs the mass checks: looks once a minute whom to ask and who has been silent."""

import logging
from collections.abc import Callable

import sqlalchemy as sa

from edge.clock import Clock, sleep
from gateway.campaign.asking import CampaignSettings, ask_some, note_silence
from gateway.engine import Conflict, Engine

log = logging.getLogger(__name__)

LOOK_S = 60.0


class CampaignRunner:
    """The mass checks of one gateway; `leads` says whether they fall to this one of several."""

    def __init__(
        self, engine: Engine, settings: CampaignSettings, *, clock: Clock,
        leads: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._leads = leads

    async def run(self) -> None:
        """Look once a minute, until cancelled."""
        while True:
            try:
                if self._leads():
                    self.look(self._clock.now_ns())
            except (sa.exc.OperationalError, sa.exc.IntegrityError, Conflict) as error:
                log.warning("the mass checks are looked at again in %.0f s: %s", LOOK_S, error)
            await sleep(self._clock, LOOK_S)

    def look(self, now_ns: int) -> None:
        """Ask a minute's worth of homes, and note who has not answered in time."""
        with self._engine.working(now_ns) as work:
            asked, silent = ask_some(work, self._settings), note_silence(work)
        self._engine.counts["check", "asked"] += asked
        self._engine.counts["check", "silent"] += silent
