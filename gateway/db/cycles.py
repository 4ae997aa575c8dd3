"""When conditions began, and which findings belong to one incident."""

import sqlalchemy as sa

from alerts.escalate import Purpose
from alerts.flap import Cycles
from alerts.incident import Incident
from edge.reading import Finding
from gateway.db.bundle_tables import bundle, waiting
from gateway.db.cycle_tables import cycle as table
from gateway.db.tables import outbox

COUNTED_MAX = 1_000


def begun(connection: sa.Connection, incident: Incident, finding_id: str, now_ns: int) -> None:
    """The condition of the incident began, or began again, as that finding says."""
    connection.execute(
        sa.insert(table).values(
            rule=incident.rule,
            subject=incident.subject,
            finding_id=finding_id,
            incident_id=incident.id,
            at_ns=now_ns,
        )
    )


def incident_of(connection: sa.Connection, finding_id: str) -> str | None:
    """The incident that the finding belongs to; None for one never seen."""
    query = sa.select(table.c.incident_id).where(table.c.finding_id == finding_id)
    return connection.execute(query.order_by(table.c.id.desc()).limit(1)).scalar()


def last_of(connection: sa.Connection, finding: Finding, since_ns: int) -> str | None:
    """The newest incident of the finding's rule and subject that began since then."""
    return connection.execute(
        sa.select(table.c.incident_id)
        .where(table.c.subject == finding.subject, table.c.rule == finding.rule)
        .where(table.c.at_ns > since_ns)
        .order_by(table.c.at_ns.desc(), table.c.id.desc())
        .limit(1)
    ).scalar()


def within(connection: sa.Connection, incident: Incident, since_ns: int) -> Cycles:
    """The beginnings of the incident's condition since then, over all of its incidents."""
    rows = connection.execute(
        sa.select(table.c.incident_id, table.c.at_ns)
        .where(table.c.subject == incident.subject, table.c.rule == incident.rule)
        .where(table.c.at_ns > since_ns)
        .order_by(table.c.at_ns.desc())
        .limit(COUNTED_MAX)
    ).all()
    if not rows:
        return Cycles(0, 0, stood_down=False)
    of = {row.incident_id for row in rows}
    return Cycles(len(rows), rows[0].at_ns, has_stood_down(connection, of, since_ns))


def count(connection: sa.Connection, incident_id: str) -> int:
    """How often the condition of the incident has begun."""
    query = sa.select(sa.func.count()).where(table.c.incident_id == incident_id)
    return int(connection.execute(query).scalar_one())


def has_stood_down(connection: sa.Connection, incident_ids: set[str], since_ns: int) -> bool:
    """Whether anybody was told since then that one of the incidents is over."""
    alone = sa.select(outbox.c.id).where(
        outbox.c.incident_id.in_(incident_ids),
        outbox.c.purpose == Purpose.STAND_DOWN.value,
        outbox.c.attempt > 0,
        outbox.c.created_ns > since_ns,
    )
    together = (
        sa.select(waiting.c.id)
        .join(bundle, bundle.c.id == waiting.c.bundle_id)
        .join(outbox, outbox.c.id == bundle.c.outbox_id)
        .where(waiting.c.incident_id.in_(incident_ids), outbox.c.attempt > 0)
        .where(waiting.c.purpose == Purpose.STAND_DOWN.value, waiting.c.told_ns > since_ns)
    )
    return any(connection.execute(query.limit(1)).first() for query in (alone, together))
