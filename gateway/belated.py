"""What was over before anybody could be told is told all the same, and marked as late.

That is for what an outage kept from people, of the network to them or from the edge to us. What
ended while it waited for its turn on purpose is withdrawn without a word.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from alerts import escalate
from alerts.escalate import Notice, Purpose
from alerts.incident import ESCALATING, Incident
from alerts.outbox import DeliveryState
from edge.reading import MINUTE_NS, Finding, FindingState, Timeliness
from gateway.book import Book
from gateway.db import outbox

if TYPE_CHECKING:
    from gateway.work import Work

LATE_NS = 2 * MINUTE_NS
"""A finding that took longer to reach us came through an outage."""
_REACHED = frozenset({
    DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.ACKED,
})  # fmt: skip


def marked(book: Book, incident: Incident, finding: Finding) -> Incident:
    """The fresh incident, late if its finding is."""
    if book.pace is None or incident.opened_ns - finding.at_ns <= LATE_NS:
        return incident
    return structs.replace(incident, timeliness=Timeliness.LATE)


def owed(work: "Work", before: Incident, finding: Finding, told: list[Notice]) -> list[Notice]:
    """Who is still to be told of an incident that is over now: whom nothing has reached."""
    over = before.condition_active and finding.state is FindingState.CLEARED
    if work.book.pace is None or not over or before.state not in ESCALATING:
        return []
    if told:
        reached = _reached(work, before)
        return _belated(notice for notice in told if notice.person_id not in reached)
    return _belated(_first(work, before)) if before.timeliness is Timeliness.LATE else []


def _reached(work: "Work", incident: Incident) -> frozenset[str]:
    rows = outbox.of_incident(work.connection, incident.id, [Purpose.ALERT, Purpose.SUPPORT])
    tried = {row.notice.person_id for row in rows if row.attempt}
    arrived = {row.notice.person_id for row in rows if row.state in _REACHED}
    # Whoever was told in a bundle is taken for reached: the bundle itself is tried on.
    return frozenset(arrived | {n.person_id for n in work.told_of(incident)} - tried)


def _first(work: "Work", incident: Incident) -> tuple[Notice, ...]:
    """The notices of the plan's first step."""
    plan = work.plan(incident)
    anew = structs.replace(incident, step=0, round=0, next_due_ns=work.now_ns)
    scene = work.scene(incident, plan)
    found = escalate.advance(anew, plan, work.book.roster, work.now_ns, scene).notices
    return tuple(notice for notice in found if notice.step == 0)


def _belated(notices: Iterable[Notice]) -> list[Notice]:
    return [replace(notice, purpose=Purpose.BELATED, step=0, round=0) for notice in notices]
