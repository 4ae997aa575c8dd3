"""What is told and decided leaves rows that no incident names; they go when nothing needs them."""

from typing import Any

import sqlalchemy as sa

from gateway.db.bundle_tables import bundle, waiting
from gateway.db.plan_tables import plan_proposal, plan_version
from gateway.db.proposals import Fate
from gateway.db.retention import forget
from gateway.db.roster_tables import roster_change
from gateway.db.rule_proposal_tables import rule_proposal
from gateway.db.tables import incident


def forget_bundles(connection: sa.Connection, before_ns: int) -> int:
    """Up to 100 bundles of before then are gone of which every incident is forgotten."""
    held = sa.exists().where(waiting.c.bundle_id == bundle.c.id)
    return forget(connection, bundle.c.id, (bundle.c.created_ns < before_ns) & ~held)


def forget_history(connection: sa.Connection, before_ns: int) -> int:
    """What was superseded before then is gone: up to 100 of each sort; returns how many.

    These are versions of the plans by which no incident goes, proposals decided, and changes of
    the roster by hand. The newest of each stays, and the plans last taken from the file.
    """
    return sum(
        forget(connection, column, terms)
        for column, terms in (
            (plan_version.c.version, _superseded(before_ns)),
            (
                plan_proposal.c.id,
                (plan_proposal.c.state != Fate.OPEN.value)
                & (plan_proposal.c.decided_ns < before_ns),
            ),
            (
                rule_proposal.c.id,
                rule_proposal.c.state.in_((Fate.REJECTED.value, Fate.UNDONE.value))
                & (rule_proposal.c.decided_ns < before_ns),
            ),
            (
                roster_change.c.version,
                (roster_change.c.at_ns < before_ns)
                & (roster_change.c.version < _newest(roster_change.c.version)),
            ),
        )
    )


def _superseded(before_ns: int) -> sa.ColumnElement[bool]:
    made = plan_version.alias()
    since = sa.select(sa.func.max(made.c.version)).where(made.c.at_ns < before_ns)
    taken = sa.select(sa.func.max(made.c.version)).where(made.c.file != "")
    return sa.and_(
        plan_version.c.version < since.scalar_subquery(),
        plan_version.c.version != sa.func.coalesce(taken.scalar_subquery(), -1),
        plan_version.c.version.not_in(sa.select(incident.c.plan_version)),
    )


def _newest(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    others = column.table.alias()
    return sa.select(sa.func.max(others.c[column.name])).scalar_subquery()
