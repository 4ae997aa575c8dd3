"""What is over for long is forgotten with all that hangs on it; what is open never is.

What hangs on an incident is read from the tables themselves: every row that names it or its
finding. A table that is added is forgotten along, without a word here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from alerts.incident import ENDED
from alerts.work_item import ENDED as DONE
from gateway.db.bundle_tables import bundle
from gateway.db.closing_tables import label
from gateway.db.schema import whole
from gateway.db.tables import finding, inbox, incident, ledger, outbox, spend
from gateway.db.work_item_tables import work_item

BATCH = 100
"""Incidents, or rows of one other table, that one transaction forgets."""


def forget_ended(connection: sa.Connection, before_ns: int) -> int:
    """Up to 100 incidents that ended and have not changed since then are gone; returns how many.

    One whose outcome its edge has not yet taken in is kept until it has, and one of which a work
    item is still open until that is done.
    """
    busy = sa.select(work_item.c.incident_id).where(
        work_item.c.incident_id.is_not(None),
        work_item.c.state.not_in([state.value for state in DONE]),
    )
    unheld = sa.select(label.c.finding_id).where(label.c.held.is_(False))
    over = (
        sa.select(incident.c.id, incident.c.finding_id)
        .where(incident.c.state.in_([state.value for state in ENDED]))
        .where(incident.c.changed_ns < before_ns, incident.c.finding_id.not_in(unheld))
        .where(incident.c.id.not_in(busy))
        .order_by(incident.c.changed_ns)
        .limit(BATCH)
    )
    rows = connection.execute(over).all()
    ids = [row.id for row in rows]
    for table, named in _hanging(ids, [row.finding_id for row in rows]):
        connection.execute(sa.delete(table).where(named))
    return len(ids)


def forget_unasked(connection: sa.Connection, before_ns: int) -> int:
    """Up to 100 findings, texts and answers of before then that belong to no incident are gone."""
    opened = sa.select(incident.c.finding_id)
    return sum(
        forget(connection, column, terms)
        for column, terms in (
            (finding.c.id, (finding.c.received_ns < before_ns) & finding.c.id.not_in(opened)),
            (inbox.c.id, (inbox.c.received_ns < before_ns) & inbox.c.incident_id.is_(None)),
        )
    ) + _forget_answers(connection, before_ns)


def forget_spend(connection: sa.Connection, before_ns: int) -> int:
    """Sends that no budget's window holds any more are not counted any more."""
    return forget(connection, spend.c.id, spend.c.at_ns < before_ns)


def _forget_answers(connection: sa.Connection, before_ns: int) -> int:
    """Messages that name no incident and carry no bundle; the ledger's rows of them first."""
    old = (
        sa.select(outbox.c.id)
        .where(outbox.c.incident_id.is_(None), outbox.c.due_ns.is_(None))
        .where(outbox.c.created_ns < before_ns, outbox.c.id.not_in(sa.select(bundle.c.outbox_id)))
        .limit(BATCH)
    )
    ids = connection.execute(old).scalars().all()
    connection.execute(sa.delete(ledger).where(ledger.c.outbox_id.in_(ids)))
    connection.execute(sa.delete(outbox).where(outbox.c.id.in_(ids)))
    return len(ids)


def forget(connection: sa.Connection, column: sa.Column[Any], terms: sa.ColumnElement[bool]) -> int:
    """Up to 100 rows of the table of `column`, its key, that fulfil `terms` are gone."""
    old = sa.select(column).where(terms).limit(BATCH)
    return connection.execute(sa.delete(column.table).where(column.in_(old))).rowcount


def _hanging(
    ids: Sequence[str], finding_ids: Sequence[str]
) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """Each table with the rows to go, those that refer to others before those."""
    for table in reversed(whole().sorted_tables):
        columns = table.c
        if table is finding:
            yield table, columns.id.in_(finding_ids)
        elif table is incident:
            yield table, columns.id.in_(ids)
        elif "incident_id" in columns:
            yield table, columns.incident_id.in_(ids)
        elif "finding_id" in columns:
            yield table, columns.finding_id.in_(finding_ids)
        for key in table.foreign_keys:
            other = key.column.table
            if "incident_id" in other.c and "incident_id" not in columns:
                theirs = sa.select(key.column).where(other.c.incident_id.in_(ids))
                yield table, key.parent.in_(theirs)
