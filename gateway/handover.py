"""Hand-overs whose clock has run out, each in a savepoint of its own: see alerts/handover.py."""

import logging

import sqlalchemy as sa

from alerts.explain import told
from alerts.handover import Tenure, turn
from edge.reading import MINUTE_NS
from gateway.db import incidents, tenures
from gateway.db.timeline import SYSTEM, note
from gateway.work import Work

log = logging.getLogger(__name__)


def hand_over(work: Work, limit: int) -> int:
    """The hand-overs due are done, at most `limit`; returns how many were.

    One that breaks us waits a minute, and the others go on.
    """
    due = tenures.due(work.connection, work.now_ns, limit)
    for tenure in due:
        try:
            with work.connection.begin_nested():
                _turn(work, tenure)
        except sa.exc.OperationalError:
            raise
        except Exception:
            # This supervises hand-overs: one that breaks us must not stop all the others.
            log.exception("incident %s cannot be handed over", tenure.incident_id)
            tenures.postpone(work.connection, tenure.incident_id, work.now_ns + MINUTE_NS)
    return len(due)


def _turn(work: Work, tenure: Tenure) -> None:
    before = incidents.get(work.connection, tenure.incident_id)
    plan = work.plan(before)
    at = (work.scene(before, plan), work.now_ns)
    done = turn(tenure, before, plan, work.book.roster, at)
    tenures.put(work.connection, done.tenure)
    if done.change is None:
        return
    work.replace(before, done.incident)
    chosen = told([done.choice], work.now_ns) if done.choice else []
    note(work.connection, done.incident, done.change.value, SYSTEM, chosen=chosen,
         owner=done.incident.owner, person=tenure.person_id)  # fmt: skip
    work.owe(done.incident, done.notices)
