"""Why nobody is told of an incident, in one line with a link to the reason."""

from collections.abc import Callable
from dataclasses import dataclass

from alerts.hold import Why
from gateway.api.desk import Desk
from gateway.api.quiet import Held, Quiet
from gateway.console.page import Voice
from gateway.db import silences
from gateway.db.engine import reading
from gateway.db.incidents import find

_LINES_MAX = 5
"""People of each kind whom a card names."""


@dataclass(frozen=True, slots=True)
class HeldView:
    """`href` leads to what holds it; empty when that is nothing with a page."""

    text: str
    href: str


def held_view(desk: Desk, voice: Voice, held: Held) -> HeldView:
    """The hold in the reader's language."""
    what, href = _reason(desk, voice, held)
    text = voice.say(f"held.{held.why}", what=what)
    if held.why in {Why.SILENCE, Why.ASKING} and held.until_ns is not None:
        text = f"{text} ({voice.say('held.until', time=voice.moment(held.until_ns))})"
    return HeldView(text, href)


def quiet_lines(voice: Voice, quiet: Quiet, name: Callable[[str], str]) -> tuple[HeldView, ...]:
    """Who is told later and why, who was told in a bundle, and how often it came and went."""
    lines = [
        HeldView(
            voice.say(
                "quiet.waits",
                person=name(each.person_id),
                why=voice.name("wait", each.why),
                time=voice.moment(each.due_ns),
            ),
            "",
        )
        for each in quiet.waits[:_LINES_MAX]
    ]
    lines += [
        HeldView(
            voice.say("quiet.together", person=name(each.person_id)), f"/bundles/{each.bundle_id}"
        )
        for each in quiet.together[:_LINES_MAX]
    ]
    if quiet.cycles > 1:
        lines.append(HeldView(voice.say("quiet.cycles", count=quiet.cycles), ""))
    return tuple(lines)


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
