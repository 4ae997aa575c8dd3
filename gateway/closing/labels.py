"""What came of a case, owed to the edge that found it: numbered, sent until the edge holds it.

A drill labels nobody, and what the gateway found itself has no edge to tell. A case that is
reopened takes its label back.
"""

import logging
from hashlib import blake2b

import sqlalchemy as sa

from alerts.incident import Act, Incident, Outcome
from edge.labels import PAGE_MAX, Label, LabelPage
from gateway.db.closing_tables import label as table
from gateway.db.tables import finding as finding_table
from gateway.drills import is_drill

log = logging.getLogger(__name__)

_OURS = "_gateway"
"""Stands for an edge in what the gateway finds itself."""


def owe(connection: sa.Connection, incident: Incident, act: Act, now_ns: int, by: str = "") -> None:
    """The edge is owed what `act` has said of its finding, if that is news to it.

    Of who did it, `by`, the edge learns a digest only, by which it tells people apart.
    """
    edge = _finder(connection, incident.finding_id)
    if edge is None or edge == _OURS or is_drill(incident.rule):
        return
    outcome = incident.outcome.value if act is Act.CLOSE and incident.outcome else ""
    before = _said(connection, incident.finding_id)
    if outcome in {before, Outcome.DRILL}:
        return
    connection.execute(
        sa.insert(table).values(
            edge=edge,
            seq=_next(connection, edge),
            finding_id=incident.finding_id,
            rule=incident.rule,
            subject=incident.subject,
            outcome=outcome,
            before=before,
            at_ns=now_ns,
            held=False,
            by=_digest(edge, by),
        )
    )


def pages(connection: sa.Connection) -> dict[str, LabelPage]:
    """For each edge that is owed labels, its first page of them."""
    owed = sa.select(table.c.edge).where(~table.c.held).distinct()
    return {
        edge: LabelPage(1, epoch(connection, edge) or "", _first_owed(connection, edge))
        for edge in connection.execute(owed).scalars().all()
    }


def hold(connection: sa.Connection, edge: str, of_epoch: str, upto: int) -> int:
    """The edge holds its labels up to `upto`; returns how many that settles.

    Of another epoch nothing is settled: that edge speaks of a database that is gone.
    """
    if of_epoch != epoch(connection, edge):
        return 0
    ours = sa.and_(table.c.edge == edge, table.c.seq <= upto, ~table.c.held)
    return int(connection.execute(sa.update(table).where(ours).values(held=True)).rowcount)


def epoch(connection: sa.Connection, edge: str) -> str | None:
    """What tells these numbers from those of another database; None before the first."""
    first = sa.select(table.c.at_ns, table.c.finding_id).where(
        table.c.edge == edge, table.c.seq == 1
    )
    row = connection.execute(first).first()
    return None if row is None else f"{row.at_ns}.{row.finding_id}"


def _first_owed(connection: sa.Connection, edge: str) -> tuple[Label, ...]:
    columns = [table.c[name] for name in _FIELDS]
    query = sa.select(*columns).where(table.c.edge == edge, ~table.c.held).order_by(table.c.seq)
    return tuple(Label(*row) for row in connection.execute(query.limit(PAGE_MAX)))


_FIELDS = ("seq", "finding_id", "rule", "subject", "outcome", "before", "at_ns", "by")


def _digest(edge: str, by: str) -> str:
    """The same person is another one at each edge."""
    return blake2b(f"{edge} {by}".encode(), digest_size=6).hexdigest() if by else ""


def _finder(connection: sa.Connection, finding_id: str) -> str | None:
    query = (
        sa.select(finding_table.c.edge)
        .where(finding_table.c.id == finding_id)
        .order_by(finding_table.c.revision)
        .limit(1)
    )
    return connection.execute(query).scalar()


def _said(connection: sa.Connection, finding_id: str) -> str:
    query = (
        sa.select(table.c.outcome)
        .where(table.c.finding_id == finding_id)
        .order_by(table.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def _next(connection: sa.Connection, edge: str) -> int:
    last = connection.execute(
        sa.select(sa.func.max(table.c.seq)).where(table.c.edge == edge)
    ).scalar()
    return (last or 0) + 1
