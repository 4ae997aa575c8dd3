"""What must never stand in the database: work that nothing will ever do. Found, and mended.

Each fault is one query for the ids of its rows and one update that is safe to make, since it only
lets the ordinary machinery look at the row again.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from alerts.escalate import Purpose
from alerts.incident import ENDED, ESCALATING
from alerts.outbox import DeliveryState
from edge.reading import MINUTE_NS
from gateway.db.hold_tables import hold
from gateway.db.tables import incident, outbox

FOUND_MAX = 200
"""Rows of one fault that one look mends; the next goes on."""
LEASE_NS_MAX = 60 * MINUTE_NS
_SETTLING_NS = 5 * MINUTE_NS
_LIVE = [state.value for state in ESCALATING]
_HELD = sa.select(hold.c.incident_id)  # for a stated reason, and looked at by a clock of its own
_UNSENT = (DeliveryState.QUEUED.value, DeliveryState.SUBMITTED.value)


class Fault(StrEnum):
    """A way in which an alert would come to a standstill."""

    NOBODYS = "nobodys"  # an open incident with neither an owner nor a next step
    LOST_MESSAGE = "lost_message"  # owed and wanted, but due never
    ENDLESS_LEASE = "endless_lease"  # held by a sender beyond any lease there is


def find(
    connection: sa.Connection, fault: Fault, now_ns: int, lease_ns_max: int = LEASE_NS_MAX
) -> Sequence[object]:
    """The ids of the rows that have `fault`, at most 200; no lease is as long as `lease_ns_max`."""
    query = _QUERIES[fault](now_ns, lease_ns_max)
    return list(connection.execute(query.limit(FOUND_MAX)).scalars())


def mend(connection: sa.Connection, fault: Fault, ids: Sequence[object], now_ns: int) -> None:
    """Those rows are looked at again at once."""
    column = _DUE[fault]
    row_id = column.table.c.id
    mended = sa.update(column.table).where(row_id.in_(ids)).values({column.name: now_ns})
    connection.execute(mended)


def nobodys() -> sa.Select[tuple[str]]:
    """The incidents that nobody has and that no clock will bring to anybody."""
    return sa.select(incident.c.id).where(
        incident.c.state.not_in([state.value for state in ENDED]),
        incident.c.condition_active.is_(True),
        incident.c.owner.is_(None),
        incident.c.next_due_ns.is_(None),
        incident.c.id.not_in(_HELD),
    )


def _lost(now_ns: int, _: int) -> sa.Select[tuple[int]]:
    wanted = sa.and_(
        incident.c.state.in_(_LIVE),
        incident.c.condition_active.is_(True),
        incident.c.generation == outbox.c.generation,
        incident.c.id.not_in(_HELD),
    )
    return (
        sa.select(outbox.c.id)
        .join(incident, incident.c.id == outbox.c.incident_id)
        .where(wanted, outbox.c.purpose == Purpose.ALERT.value, outbox.c.state.in_(_UNSENT))
        .where(outbox.c.due_ns.is_(None), outbox.c.lease_until_ns.is_(None))
        .where(outbox.c.created_ns < now_ns - _SETTLING_NS)
    )


def _endless(now_ns: int, lease_ns_max: int) -> sa.Select[tuple[int]]:
    return sa.select(outbox.c.id).where(outbox.c.lease_until_ns > now_ns + lease_ns_max)


_QUERIES: Mapping[Fault, Callable[[int, int], sa.Select[Any]]] = MappingProxyType(
    {
        Fault.NOBODYS: lambda *_: nobodys(),
        Fault.LOST_MESSAGE: _lost,
        Fault.ENDLESS_LEASE: _endless,
    }
)
_DUE: Mapping[Fault, sa.Column[int]] = MappingProxyType(
    {
        Fault.NOBODYS: incident.c.next_due_ns,
        Fault.LOST_MESSAGE: outbox.c.due_ns,
        Fault.ENDLESS_LEASE: outbox.c.lease_until_ns,
    }
)
