"""Silences laid and ended by people, begun and ended by the clock.

What a silence covers is held from the moment it begins, running plans included; what still
lasts when it ends is told at once.
"""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import structs

from alerts.hold import Why
from alerts.silence import STANDING_MAX, IllegalSilence, Scope, Silence, check
from gateway import holding
from gateway.db import holds, silences
from gateway.db.storable import storable
from gateway.db.tables import incident as table
from gateway.db.timeline import SYSTEM

if TYPE_CHECKING:
    from gateway.work import Work

REASON_MAX = 500


class NoSuchSilence(Exception):  # noqa: N818  (the caller's mistake)
    """No silence has that id, or it is over."""


def lay(work: "Work", silence: Silence, *, may_silence_urgent: bool) -> Silence:
    """The silence, which holds from its start on.

    Raises:
        alerts.silence.IllegalSilence: it may not be, or too many stand already.
    """
    silence = structs.replace(silence, reason=storable(silence.reason, REASON_MAX))
    check(silence, may_silence_urgent=may_silence_urgent)
    if silences.count_standing(work.connection) >= STANDING_MAX:
        raise IllegalSilence(f"{STANDING_MAX} silences stand already; end some first")
    silences.insert(work.connection, silence)
    silences.note(work.connection, silence, "laid", silence.by, work.now_ns, reason=silence.reason)
    if silence.start_ns <= work.now_ns:
        _begin(work, silence)
    work.owes = True  # whoever waits for the clock learns of its times
    return silence


def end(work: "Work", silence_id: str, by: str) -> Silence:
    """The silence is over before its time; what it held and still lasts is told.

    Raises:
        NoSuchSilence: there is none that is not over.
    """
    silence = silences.find(work.connection, silence_id)
    if silence is None or work.now_ns >= silence.over_ns:
        raise NoSuchSilence(silence_id)
    silences.end(work.connection, silence_id, work.now_ns)
    _over(work, silence, by)
    return structs.replace(silence, ended_ns=work.now_ns)


def turn_due(work: "Work", limit: int) -> int:
    """Silences whose time it is begin or end; returns how many."""
    due = silences.due(work.connection, work.now_ns, limit)
    for each in due:
        if each.holds_at(work.now_ns):
            _begin(work, each)
        else:
            silences.set_next(work.connection, each.id, None)
            _over(work, each, SYSTEM)
    return len(due)


def _begin(work: "Work", silence: Silence) -> None:
    silences.set_next(work.connection, silence.id, silence.end_ns)
    tiers = table.c.tier.in_([int(tier) for tier in silence.tiers])
    found = holds.running(work.connection, tiers, *_narrowed(silence))
    count = holding.review_all(work, [each for each in found if silence.covers(each)])
    silences.note(work.connection, silence, "begun", SYSTEM, work.now_ns, held=count)


def _over(work: "Work", silence: Silence, by: str) -> None:
    count = holding.review_all(work, holds.held_by(work.connection, Why.SILENCE, silence.id))
    silences.note(work.connection, silence, "ended", by, work.now_ns, held=count)


def _narrowed(silence: Silence) -> tuple[sa.ColumnElement[bool], ...]:
    """What the database can tell of the scope; the rest is asked of each incident."""
    column = {Scope.CATEGORY: table.c.category, Scope.RULE: table.c.rule}.get(silence.scope)
    return () if column is None else (column == silence.value,)
