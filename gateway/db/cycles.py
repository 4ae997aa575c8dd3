"""When conditions began, and which findings belong to one incident."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from alerts.escalate import Purpose
from alerts.flap import Cycles
from alerts.incident import Incident
from edge.reading import Finding
from gateway.db.bundle_tables import bundle, waiting
from gateway.db.cycle_tables import cycle as table
from gateway.db.tables import outbox

COUNTED_MAX = 1_000

# Statements asked for each finding are built once: to build one takes longer than to run it.
_BEGIN = sa.insert(table)
_OF_FINDING = (
    sa.select(table.c.incident_id)
    .where(table.c.finding_id == sa.bindparam("wanted"))
    .order_by(table.c.id.desc())
    .limit(1)
)
_PLACES = (
    sa.select(table.c.rule, table.c.subject)
    .where(table.c.subject.in_(sa.bindparam("places", expanding=True)))
    .where(table.c.at_ns > sa.bindparam("since"))
    .distinct()
)
_BEGINNINGS = sa.and_(
    table.c.subject == sa.bindparam("place"),
    table.c.rule == sa.bindparam("of"),
    table.c.at_ns > sa.bindparam("since"),
)
_LAST = (
    sa.select(table.c.incident_id)
    .where(_BEGINNINGS)
    .order_by(table.c.at_ns.desc(), table.c.id.desc())
    .limit(1)
)
_WITHIN = (
    sa.select(table.c.incident_id, table.c.at_ns)
    .where(_BEGINNINGS)
    .order_by(table.c.at_ns.desc())
    .limit(COUNTED_MAX)
)


def begun(connection: sa.Connection, incident: Incident, finding_id: str, now_ns: int) -> None:
    """The condition of the incident began, or began again, as that finding says."""
    connection.execute(_BEGIN, _row(incident, finding_id, now_ns))


def opened(connection: sa.Connection, incidents: Iterable[Incident]) -> None:
    """The conditions of these fresh incidents began with their findings."""
    rows = [_row(each, each.finding_id, each.opened_ns) for each in incidents]
    connection.execute(_BEGIN, rows)


def _row(incident: Incident, finding_id: str, at_ns: int) -> dict[str, object]:
    return {
        "rule": incident.rule,
        "subject": incident.subject,
        "finding_id": finding_id,
        "incident_id": incident.id,
        "at_ns": at_ns,
    }


def places(
    connection: sa.Connection, subjects: Collection[str], since_ns: int
) -> set[tuple[str, str]]:
    """The rules and subjects, among `subjects`, of all conditions that began since then."""
    rows = connection.execute(_PLACES, {"places": list(subjects), "since": since_ns})
    return {(row.rule, row.subject) for row in rows}


def incident_of(connection: sa.Connection, finding_id: str) -> str | None:
    """The incident that the finding belongs to; None for one never seen."""
    return connection.execute(_OF_FINDING, {"wanted": finding_id}).scalar()


def last_of(connection: sa.Connection, finding: Finding, since_ns: int) -> str | None:
    """The newest incident of the finding's rule and subject that began since then."""
    asked = {"place": finding.subject, "of": finding.rule, "since": since_ns}
    return connection.execute(_LAST, asked).scalar()


def within(connection: sa.Connection, incident: Incident, since_ns: int) -> Cycles:
    """The beginnings of the incident's condition since then, over all of its incidents."""
    asked = {"place": incident.subject, "of": incident.rule, "since": since_ns}
    rows = connection.execute(_WITHIN, asked).all()
    if not rows:
        return Cycles(0, 0, stood_down=False)
    of = {row.incident_id for row in rows}
    returned = len(rows) > 1
    return Cycles(len(rows), rows[0].at_ns, returned and has_stood_down(connection, of, since_ns))


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
