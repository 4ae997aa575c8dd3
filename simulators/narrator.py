"""Tells on a terminal what happens in a demo: each text, each webhook, each incident.

Read-only: it hears what phones and receivers see and reads the gateway's records.
"""

import asyncio
import json
from collections.abc import Callable

import sqlalchemy as sa

from edge.clock import Clock
from gateway.console.texts import TEXTS
from simulators.chronicle import Chronicle, IncidentLine, read_chronicle
from simulators.duty import people
from simulators.households import moment_text
from simulators.phone import Shown
from simulators.webhook_sink import Call

Say = Callable[[str], None]
_LOOK_S = 0.5


class Narrator:
    """One voice; every line opens with the simulated local time at which it happened."""

    def __init__(self, clock: Clock, say: Say) -> None:
        self._clock = clock
        self._say = say
        self._names = {duty.sms: duty.name for duty in people("")}
        self._told: set[str] = set()

    def text_shown(self, shown: Shown) -> None:
        """A phone shows a text."""
        self._line("短信 SMS", f"{self._names.get(shown.number, '')} {shown.number}：{shown.text}")

    def hook_called(self, call: Call) -> None:
        """A receiver was called; a call it cannot trust is said to be so."""
        if not call.signed:
            self._line("webhook", "a call with a wrong signature was refused")
        elif not call.repeat:
            self._line("webhook", f"{call.path.rpartition('/')[2]}：{_headline(call.body)}")

    async def watch(self, database: sa.Engine) -> None:
        """Tell of incidents and answers until cancelled."""
        while True:
            self._tell(read_chronicle(database))
            await asyncio.sleep(_LOOK_S)

    def _tell(self, chronicle: Chronicle) -> None:
        for line in chronicle.incidents:
            named = f"{_words(f'tier.{line.tier}')} · {_words(f'rule.{line.rule}')}"
            told = f"{named}：{line.sentence_zh}"
            self._once(f"{line.id} opened", line, "立案 opened", told, line.opened_ns)
            if line.owner is not None:
                self._once(f"{line.id} answered", line, "应答 answered", line.owner, line.acked_ns)

    def _once(
        self, key: str, incident: IncidentLine, what: str, told: str, at_ns: int | None
    ) -> None:
        if key not in self._told:
            self._told.add(key)
            self._line("incident", f"{incident.home} {what} · {told}", at_ns)

    def _line(self, kind: str, text: str, at_ns: int | None = None) -> None:
        at = moment_text(at_ns or self._clock.now_ns()).replace("T", " ")
        self._say(f"[{at}] {kind:9} {text}")


def _words(key: str) -> str:
    """What the console calls it, in both languages; the bare code where it has no words."""
    return " ".join(TEXTS[key]) if key in TEXTS else key.partition(".")[2]


def _headline(body: bytes) -> str:
    """The first two lines of the text that a webhook carries."""
    text = str(json.loads(body)["data"]["text"])
    return " | ".join(text.split("\n")[:2])
