"""Lets the fold go by what the operator wants of rules, from a journal entry on."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from edge.clock import Clock, sleep
from edge.disk_room import when_room
from edge.edge_settings import EdgeSettings
from edge.entry import Retuned, Ruled
from edge.fold import Fold
from edge.health import Health
from edge.mode import Modes
from edge.rule_acts import RuleActError, acts_file, combined, read_acts
from edge.rule_names import faults_of

log = logging.getLogger(__name__)

LOOK_S = 5.0


class Ruling:
    """The modes of one edge, by its settings, its file of acts and, above both, the gateway."""

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
        given = self._fold.in_force.registry.rules
        try:
            acts = read_acts(self._file)
            wanted = {**combined(self._own, acts), **_sound(given.modes)}
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
        await self._retune(dict(Counter(acts.agreed) + Counter(given.agreed)))

    async def _retune(self, agreed: Mapping[str, int]) -> None:
        """Let what nobody confirms fade, and what was put back by hand be as agreed."""
        places, now_ns = self._fold.places, self._clock.now_ns()
        fades_ns = places.fades_ns()
        if agreed != places.agreed or (fades_ns is not None and fades_ns <= now_ns):
            entry = Retuned(now_ns, dict(agreed))
            await when_room(self._clock, self._health, partial(self._fold.learn, entry))
            self._health.count("rules_retuned")

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await sleep(self._clock, LOOK_S)


def _sound(pushed: Modes) -> Modes:
    """What the gateway decided.

    Raises:
        RuleActError: a rule is unknown here, or may not be put into the shadow.
    """
    if wrong := faults_of(pushed):
        raise RuleActError(f"pushed by the gateway: {wrong}")
    return pushed
