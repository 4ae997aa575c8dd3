"""Why nobody is told of an incident, in one line with a link to the reason."""

from dataclasses import dataclass

from alerts.hold import Why
from gateway.api.desk import Desk
from gateway.api.quiet import Held
from gateway.console.page import Voice
from gateway.db import silences
from gateway.db.engine import reading
from gateway.db.incidents import find


@dataclass(frozen=True, slots=True)
class HeldView:
    """`href` leads to what holds it; empty when that is nothing with a page."""

    text: str
    href: str


def held_view(desk: Desk, voice: Voice, held: Held) -> HeldView:
    """The hold in the reader's language."""
    what, href = _reason(desk, voice, held)
    text = voice.say(f"held.{held.why}", what=what)
    if held.why is Why.SILENCE and held.until_ns is not None:
        text = f"{text} ({voice.say('held.until', time=voice.moment(held.until_ns))})"
    return HeldView(text, href)


def _reason(desk: Desk, voice: Voice, held: Held) -> tuple[str, str]:
    with reading(desk.db) as connection:
        if held.why is Why.SILENCE:
            silence = silences.find(connection, held.by)
            return (silence.reason if silence else held.by), "/silences"
        cause = find(connection, held.by) if held.why is Why.CAUSE else None
    if cause is None:
        return held.by, ""
    place = desk.book.places.label(cause.subject, voice.lang.value)
    return f"{place} {voice.name('rule', cause.rule)}", f"/incidents/{cause.id}"
