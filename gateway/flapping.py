"""Conditions that come and go: one incident each, told again only when they stay."""

from typing import TYPE_CHECKING

from msgspec import structs

from alerts import flap
from alerts.escalate import Purpose
from alerts.hold import Hold, Why
from alerts.incident import ESCALATING, Incident, State
from edge.reading import MINUTE_NS, SECOND_NS, Finding
from gateway.db import cycles, incidents

if TYPE_CHECKING:
    from gateway.work import Work

_ATTENDED = frozenset({State.ACKNOWLEDGED, State.ON_SITE})


def earlier(work: "Work", finding: Finding) -> Incident | None:
    """The incident that the finding, which has a new id, carries on; None when it stands alone.

    One that somebody attends to is carried on only while they believe that it lasts.
    """
    pace = work.book.pace
    if pace is None:
        return None
    since_ns = work.now_ns - int(pace.flap_window * SECOND_NS)
    known = cycles.last_of(work.connection, finding, since_ns)
    incident = incidents.find(work.connection, known) if known else None
    if incident is None or incident.condition_active or incident.tier is not finding.tier:
        return None
    carried_on = (
        incident.state in ESCALATING
        or incident.state is State.WITHDRAWN
        or (incident.state in _ATTENDED and not _stood_down(work, incident))
    )
    return incident if carried_on else None


def carried_on(incident: Incident, finding: Finding) -> Incident:
    """The incident as it stood, awaiting that finding instead of the one before."""
    return structs.replace(incident, finding_id=finding.id, finding_revision=finding.revision - 1)


def came_back(work: "Work", before: Incident, after: Incident) -> Incident:
    """The incident whose condition has returned: no news where nobody knows that it was away.

    Its plan then goes on where it stood, a minute from now at the soonest.
    """
    pace = work.book.pace
    if pace is None:
        return after
    believed = before.state in ESCALATING and bool(work.told_of(before))
    believed = believed and not _stood_down(work, before)
    work.cancel(after, (Purpose.STAND_DOWN, Purpose.BELATED), "the condition is back")
    if before.state is State.WITHDRAWN:
        flaps = _cycles(work, after).count >= pace.chatter
        first_ns = work.now_ns if flaps else work.book.first_due_ns(after)
        return structs.replace(after, next_due_ns=first_ns)
    if not believed:
        return after
    steps = work.plan(before).step
    step = steps[min(before.step, len(steps) - 1)]
    due_ns = max(work.now_ns + MINUTE_NS, before.started_ns + int(step.after * SECOND_NS))
    return structs.replace(
        after,
        state=before.state,
        generation=before.generation,
        started_ns=before.started_ns,
        step=before.step,
        round=before.round,
        next_due_ns=before.next_due_ns or due_ns,
    )


def reason(work: "Work", incident: Incident) -> Hold | None:
    """Why the incident is held for coming and going; None when it does not, or has stayed.

    One that nobody has been told of is told, however it flaps.
    """
    pace = work.book.pace
    if pace is None:
        return None
    until_ns = flap.held_until_ns(incident.tier, _cycles(work, incident), pace)
    if until_ns is None or until_ns <= work.now_ns or not work.told_of(incident):
        return None
    return Hold(Why.FLAPPING, "", until_ns)


def calm_ns(work: "Work", incident: Incident) -> int:
    """How long the condition must stay away before people hear that it is over."""
    pace = work.book.pace
    return 0 if pace is None else flap.calm_ns(_cycles(work, incident), pace)


def _cycles(work: "Work", incident: Incident) -> flap.Cycles:
    window_s = work.book.pace.flap_window if work.book.pace else 0
    return cycles.within(work.connection, incident, work.now_ns - int(window_s * SECOND_NS))


def _stood_down(work: "Work", incident: Incident) -> bool:
    return cycles.has_stood_down(work.connection, {incident.id}, incident.started_ns - 1)
