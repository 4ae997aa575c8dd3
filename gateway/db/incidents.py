"""Findings and incidents as rows; a changed incident is written by compare-and-set."""

import msgspec
import sqlalchemy as sa

from alerts.incident import ESCALATING, Incident
from edge.reading import Finding
from gateway.db.tables import finding as finding_table
from gateway.db.tables import incident as incident_table


class Conflict(Exception):  # noqa: N818  (a lost race, not a fault of ours)
    """The incident has moved on since the caller read it; nothing changed. Read it again."""


class NoSuchIncident(Exception):  # noqa: N818  (the caller's mistake)
    """No incident has that id."""


def store_finding(
    connection: sa.Connection, finding: Finding, source: tuple[str, str, int], now_ns: int
) -> bool:
    """Whether this statement is new; `source` is its edge, that journal's epoch and its seq."""
    known = sa.select(finding_table.c.id).where(
        finding_table.c.id == finding.id, finding_table.c.revision == finding.revision
    )
    if connection.execute(known).first() is not None:
        return False
    edge, epoch, seq = source
    connection.execute(
        sa.insert(finding_table),
        {
            "id": finding.id,
            "revision": finding.revision,
            "edge": edge,
            "epoch": epoch,
            "seq": seq,
            "subject": finding.subject,
            "category": finding.category,
            "tier": int(finding.tier),
            "state": finding.state.value,
            "timeliness": finding.timeliness.value,
            "received_ns": now_ns,
            "body": msgspec.json.encode(finding).decode(),
        },
    )
    return True


def latest_finding(connection: sa.Connection, finding_id: str) -> Finding:
    """The last statement, by revision, of a finding that has been stored."""
    query = (
        sa.select(finding_table.c.body)
        .where(finding_table.c.id == finding_id)
        .order_by(finding_table.c.revision.desc())
        .limit(1)
    )
    return msgspec.json.decode(connection.execute(query).scalar_one(), type=Finding)


def get(connection: sa.Connection, incident_id: str) -> Incident:
    """The incident of that id.

    Raises:
        NoSuchIncident: there is none.
    """
    incident = find(connection, incident_id)
    if incident is None:
        raise NoSuchIncident(incident_id)
    return incident


def find(connection: sa.Connection, incident_id: str) -> Incident | None:
    """The incident of that id, or None."""
    row = connection.execute(_BY_ID, {"wanted": incident_id}).mappings().first()
    return None if row is None else from_row(row)


def due(connection: sa.Connection, now_ns: int, limit: int) -> list[Incident]:
    """Incidents with a step due by `now_ns`, most urgent and longest due first."""
    query = (
        sa.select(incident_table)
        .where(incident_table.c.next_due_ns <= now_ns)
        .where(incident_table.c.state.in_([state.value for state in ESCALATING]))
        .order_by(incident_table.c.tier, incident_table.c.next_due_ns)
        .limit(limit)
    )
    return [from_row(row) for row in connection.execute(query).mappings()]


# Statements asked for each message are built once: to build one takes longer than to run it.
NEXT_DUE = sa.select(sa.func.min(incident_table.c.next_due_ns))
"""When the next step of any plan is due; None when no clock runs."""
_BY_ID = sa.select(incident_table).where(incident_table.c.id == sa.bindparam("wanted"))


def insert(connection: sa.Connection, incident: Incident) -> None:
    """A new row for `incident`."""
    connection.execute(sa.insert(incident_table), msgspec.to_builtins(incident))


_REPLACE = sa.update(incident_table).where(
    incident_table.c.id == sa.bindparam("was_id"),
    incident_table.c.version == sa.bindparam("was_at"),
)


def replace(connection: sa.Connection, before: Incident, after: Incident) -> None:
    """`after` stands where `before` stood.

    Raises:
        Conflict: the row is no longer `before`.
    """
    changed = connection.execute(
        _REPLACE, msgspec.to_builtins(after) | {"was_id": before.id, "was_at": before.version}
    )
    if changed.rowcount != 1:
        raise Conflict(f"incident {before.id} is no longer at version {before.version}")


def postpone(connection: sa.Connection, incident_id: str, due_ns: int) -> None:
    """The next step is due at `due_ns`; nothing else has changed."""
    connection.execute(
        sa.update(incident_table)
        .where(incident_table.c.id == incident_id)
        .values(next_due_ns=due_ns)
    )


def from_row(row: sa.RowMapping) -> Incident:
    """The incident that a row of its table holds."""
    return msgspec.convert({name: row[name] for name in Incident.__struct_fields__}, Incident)
