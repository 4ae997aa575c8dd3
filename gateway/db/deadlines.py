"""Every moment that the gateway waits for, so that all of them can be moved at once.

A column that holds a moment to act at, or one from which such a moment is counted, belongs into
one of the two tables here; a test finds those in neither.
"""

import sqlalchemy as sa

from alerts.pace import Wait
from gateway.db.bundle_tables import traffic, waiting
from gateway.db.clock_tables import clock
from gateway.db.cycle_tables import cycle
from gateway.db.hold_tables import hold
from gateway.db.resident_tables import resident_question
from gateway.db.roster_tables import tenure
from gateway.db.tables import edge_status, incident, outbox, spend

# Quiet hours and digests are by the wall; they stay.
_PACED = sa.and_(
    waiting.c.due_ns.is_not(None),
    waiting.c.why.in_([each.value for each in Wait if each not in {Wait.QUIET, Wait.DIGEST}]),
)
_RUNS = sa.and_(clock.c.ended_ns.is_(None), clock.c.civil.is_(False))

MOVED: tuple[tuple[sa.Column[int], sa.ColumnElement[bool]], ...] = (
    (incident.c.started_ns, incident.c.next_due_ns.is_not(None)),
    (incident.c.next_due_ns, incident.c.next_due_ns.is_not(None)),
    (clock.c.started_ns, _RUNS),
    (clock.c.due_ns, _RUNS),
    (clock.c.next_ns, sa.and_(clock.c.next_ns.is_not(None), clock.c.civil.is_(False))),
    (outbox.c.due_ns, outbox.c.due_ns.is_not(None)),
    (outbox.c.watch_ns, outbox.c.watch_ns.is_not(None)),
    (outbox.c.lease_until_ns, outbox.c.lease_until_ns.is_not(None)),
    (hold.c.until_ns, hold.c.until_ns.is_not(None)),
    (resident_question.c.until_ns, resident_question.c.answered_ns.is_(None)),
    (tenure.c.due_ns, tenure.c.due_ns.is_not(None)),
    (waiting.c.due_ns, _PACED),
    (cycle.c.at_ns, sa.true()),
    (traffic.c.told_ns, sa.true()),
    (traffic.c.full_ns, sa.true()),
    (spend.c.at_ns, sa.true()),
    (edge_status.c.at_ns, edge_status.c.at_ns > 0),
)
"""What is counted in elapsed time: the column, and the rows in which it still matters."""

CIVIL: frozenset[str] = frozenset(
    {
        "absence_request.until_ns",
        "feedback.expires_ns",
        "link.expires_ns",
        "web_session.expires_ns",
        "incident.complete_until_ns",
        "tenure.ends_ns",
        "work_item.due_ns",
    }
)
"""Moments that people, signatures or data name by the wall; they stay where they are."""


def move(connection: sa.Connection, by_ns: int) -> None:
    """Everything waited for is due `by_ns` later by the wall, which is as soon as before."""
    for column, matters in MOVED:
        moved = {column.name: column + by_ns}
        connection.execute(sa.update(column.table).where(matters).values(moved))
