"""Findings and incidents as rows; a changed incident is written by compare-and-set."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from alerts.incident import ESCALATING, Incident
from edge.reading import Finding
from gateway.db.cycle_tables import cycle as cycle_table
from gateway.db.tables import finding as finding_table
from gateway.db.tables import incident as incident_table


class Conflict(Exception):  # noqa: N818  (a lost race, not a fault of ours)
    """The incident has moved on since the caller read it; nothing changed. Read it again."""


class NoSuchIncident(Exception):  # noqa: N818  (the caller's mistake)
    """No incident has that id."""


class Stated(NamedTuple):
    """A finding, its edge, that journal's epoch and its seq, and when it came."""

    finding: Finding
    source: tuple[str, str, int]
    received_ns: int


def store_finding(connection: sa.Connection, stated: Stated) -> bool:
    """Whether this statement is new; it is stored then."""
    finding = stated.finding
    wanted = {"wanted": finding.id, "stated": finding.revision}
    if connection.execute(_KNOWN, wanted).first() is not None:
        return False
    store(connection, [stated])
    return True


def store(connection: sa.Connection, new: Iterable[Stated]) -> None:
    """These statements, of which none has been stored, are."""
    connection.execute(_STORE, [_finding_row(each) for each in new])


def heard_of(connection: sa.Connection, finding_ids: Collection[str]) -> set[str]:
    """Those of `finding_ids` that a row of any table names."""
    asked = {"wanted": list(finding_ids)}
    return {found for query in _HEARD_OF for found in connection.execute(query, asked).scalars()}


def _finding_row(stated: Stated) -> dict[str, object]:
    finding, (edge, epoch, seq), received_ns = stated
    return {
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
        "received_ns": received_ns,
        "body": msgspec.json.encode(finding).decode(),
    }


def latest_finding(connection: sa.Connection, finding_id: str) -> Finding:
    """The last statement, by revision, of a finding that has been stored."""
    body = connection.execute(_LATEST, {"wanted": finding_id}).scalar_one()
    return msgspec.json.decode(body, type=Finding)


def lasting(connection: sa.Connection, rules: Collection[str]) -> list[Incident]:
    """The incidents of `rules` whose condition holds as far as is known, whoever closed them."""
    about = incident_table.c
    query = sa.select(incident_table).where(about.rule.in_(rules), about.condition_active)
    return [from_row(row) for row in connection.execute(query).mappings()]


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
    asked = {"now": now_ns, "most": limit}
    return [from_row(row) for row in connection.execute(_DUE, asked).mappings()]


# Statements asked for each message are built once: to build one takes longer than to run it.
NEXT_DUE = sa.select(sa.func.min(incident_table.c.next_due_ns))
"""When the next step of any plan is due; None when no clock runs."""
_BY_ID = sa.select(incident_table).where(incident_table.c.id == sa.bindparam("wanted"))
_DUE = (
    sa.select(incident_table)
    .where(incident_table.c.next_due_ns <= sa.bindparam("now"))
    .where(incident_table.c.state.in_([state.value for state in ESCALATING]))
    .order_by(incident_table.c.tier, incident_table.c.next_due_ns)
    .limit(sa.bindparam("most"))
)
_INSERT = sa.insert(incident_table)
_HEARD_OF = tuple(
    sa.select(column).where(column.in_(sa.bindparam("wanted", expanding=True))).distinct()
    for column in (finding_table.c.id, incident_table.c.finding_id, cycle_table.c.finding_id)
)
_STORE = sa.insert(finding_table)
_OF_ID = finding_table.c.id == sa.bindparam("wanted")
_KNOWN = sa.select(finding_table.c.id).where(
    _OF_ID, finding_table.c.revision == sa.bindparam("stated")
)
_LATEST = (
    sa.select(finding_table.c.body).where(_OF_ID).order_by(finding_table.c.revision.desc()).limit(1)
)


def insert(connection: sa.Connection, opened: Iterable[Incident]) -> None:
    """A new row for each."""
    connection.execute(_INSERT, [msgspec.to_builtins(each) for each in opened])


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
