"""Holds an incident's messages back while there is a reason, and tells it when there is none.

Every function works inside its caller's transaction, on what the tables say and on nothing
else: a restart at any point neither lets a message slip nor keeps one back.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from alerts import group
from alerts.escalate import Purpose
from alerts.group import CAUSES, Effect
from alerts.hold import Hold, Why, can_be_held, held, released
from alerts.incident import ESCALATING, Incident
from edge.reading import MINUTE_NS
from gateway import flapping, resident
from gateway.db import holds, incidents, silences
from gateway.db.tables import incident as table
from gateway.db.timeline import SYSTEM, note

if TYPE_CHECKING:
    from gateway.work import Work

log = logging.getLogger(__name__)


def review(work: "Work", incident: Incident) -> Incident:
    """The incident, held exactly when something holds it back now.

    One that is released has its plan begun anew: its first step is due at once.
    """
    known = holds.find(work.connection, incident.id)
    if known is None and not can_be_held(incident):
        return incident
    if incident.state not in ESCALATING or _is_over(work, incident):
        holds.drop(work.connection, incident.id)
        return incident
    wanted = _reason(work, incident)
    if wanted is None:
        return incident if known is None else _release(work, incident, known)
    if wanted != known:
        holds.put(work.connection, incident.id, wanted, work.now_ns)
    is_news = known is None or (known.why, known.by) != (wanted.why, wanted.by)
    return _hold(work, incident, wanted) if is_news or incident.next_due_ns else incident


def is_held(work: "Work", incident_id: str) -> bool:
    """Whether its messages are held back."""
    return holds.find(work.connection, incident_id) is not None


def review_all(work: "Work", found: Iterable[Incident]) -> int:
    """Each is reviewed, and what is due of it told; returns how many there were."""
    return sum([_reviewed(work, incident) for incident in found])


def cause_changed(work: "Work", cause: Incident) -> None:
    """What hangs on `cause` is held from now on, or told, as it stands now."""
    if cause.rule not in CAUSES:
        return
    review_all(work, holds.held_by(work.connection, Why.CAUSE, cause.id))
    if group.is_cause(cause):
        hidden = table.c.category.in_(CAUSES[cause.rule].hides)
        since = table.c.opened_ns >= cause.since_ns
        review_all(work, holds.running(work.connection, hidden, since, table.c.id != cause.id))


def end_due(work: "Work", limit: int) -> int:
    """Holds that the clock may have ended are looked at again; returns how many were."""
    return review_all(work, holds.due(work.connection, work.now_ns, limit))


def _reviewed(work: "Work", incident: Incident) -> int:
    """One; if it breaks, it stays as it was and is looked at again, and the others go on."""
    try:
        with work.connection.begin_nested():
            work.advance(incident)
    except sa.exc.OperationalError:
        raise
    except Exception:
        # This supervises incidents: one that breaks us must not keep the others back.
        log.exception("incident %s cannot be reviewed; it is tried again", incident.id)
        holds.postpone(work.connection, incident.id, work.now_ns + MINUTE_NS)
    return 1


def _is_over(work: "Work", incident: Incident) -> bool:
    """Whether the condition has ended, and that ends the plan."""
    return not incident.condition_active and work.plan(incident).on_clear == "stand_down"


def _reason(work: "Work", incident: Incident) -> Hold | None:
    return (
        _by_cause(work, incident)
        or _by_silence(work, incident)
        or flapping.reason(work, incident)
        or resident.reason(work, incident)
    )


def _by_cause(work: "Work", incident: Incident) -> Hold | None:
    if not group.may_be_effect(incident):
        return None
    causes = holds.causes(work.connection)
    if not causes:
        return None
    latest = incidents.latest_finding(work.connection, incident.finding_id)
    effect = Effect(incident, latest, holds.edge_of(work.connection, incident.finding_id))
    cause = group.explained(effect, causes, work.book.registry, work.now_ns)
    return Hold(Why.CAUSE, cause.id, group.explains_until_ns(cause)) if cause else None


def _by_silence(work: "Work", incident: Incident) -> Hold | None:
    for each in silences.holding(work.connection, work.now_ns):
        if each.covers(incident):
            return Hold(Why.SILENCE, each.id, each.over_ns)
    return None


def _hold(work: "Work", incident: Incident, reason: Hold) -> Incident:
    after = held(incident, work.now_ns)
    work.replace(incident, after)
    note(work.connection, after, "held", SYSTEM, hold=reason.why.value, held_by=reason.by)
    work.cancel(after, (Purpose.ALERT,), f"held: {reason.why} {reason.by}".strip())
    return after


def _release(work: "Work", incident: Incident, known: Hold) -> Incident:
    """Its plan begins anew."""
    holds.drop(work.connection, incident.id)
    after = released(incident, work.now_ns)
    work.replace(incident, after)
    note(work.connection, after, "released", SYSTEM, hold=known.why.value, held_by=known.by)
    return after
