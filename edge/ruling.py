"""Lets the fold go by what the operator wants of rules, from a journal entry on."""

import logging
from collections.abc import Callable
from functools import partial

from edge.clock import Clock, sleep
from edge.disk_room import when_room
from edge.edge_settings import EdgeSettings
from edge.entry import Ruled
from edge.fold import Fold
from edge.health import Health
from edge.rule_acts import RuleActError, acts_file, combined, read_acts

log = logging.getLogger(__name__)

LOOK_S = 5.0


class Ruling:
    """The modes of one edge: those of its settings, and the acts in the file beside its journal."""

    def __init__(
        self,
        settings: EdgeSettings,
        fold: Fold,
        changed: Callable[[], None],
        *,
        clock: Clock,
        health: Health,
    ) -> None:
        self._own = settings.modes
        self._file = acts_file(settings.journal.path)
        self._fold = fold
        self._changed = changed
        self._clock = clock
        self._health = health
        self._told = ""

    async def look(self) -> None:
        """Go by what is wanted now; a file that cannot be used leaves everything as it is."""
        try:
            wanted = combined(self._own, read_acts(self._file))
        except RuleActError as error:
            self._health.count("rule_acts_refused")
            if self._told != str(error):
                self._told = str(error)
                log.error("%s; rules keep the modes they have", error)  # noqa: TRY400  (a file)
            return
        self._told = ""
        if wanted != self._fold.shadow.modes:
            version = self._fold.shadow.version + 1
            entry = Ruled(version, self._clock.now_ns(), wanted)
            await when_room(self._clock, self._health, partial(self._fold.learn, entry))
            self._health.count("rules_changed")
            log.info("rules, change %d: %s", version, dict(sorted(wanted.items())))
            self._changed()

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await sleep(self._clock, LOOK_S)
