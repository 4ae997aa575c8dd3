"""Runs the mass checks: looks once a minute whom to ask and who has been silent."""

from collections.abc import Callable

from edge.clock import Clock
from gateway.campaign.asking import CampaignSettings, ask_some, note_silence
from gateway.engine import Engine
from gateway.rounds import look_around


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
        await look_around(self._look_as_leader, "the mass checks", self._clock)

    def _look_as_leader(self, now_ns: int) -> None:
        if self._leads():
            self.look(now_ns)

    def look(self, now_ns: int) -> None:
        """Ask a minute's worth of homes, and note who has not answered in time."""
        with self._engine.working(now_ns) as work:
            asked, silent = ask_some(work, self._settings), note_silence(work)
        self._engine.counts["check", "asked"] += asked
        self._engine.counts["check", "silent"] += silent
