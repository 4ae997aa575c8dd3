"""The ledger: every report on every message, with its source and time.

The outbox row keeps the strongest report, so repeated and late ones change nothing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from alerts.outbox import DeliveryState, merge
from gateway.db.storable import storable
from gateway.db.tables import ledger, outbox

_REASON_MAX = 500


class Source(StrEnum):
    """Who says so."""

    ENGINE = "engine"  # we know it of ourselves
    CHANNEL = "channel"  # the answer to a send
    RECEIPT = "receipt"  # the provider's later word
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Report:
    """One thing said about one message; `at_ns` is when it happened, by its source."""

    state: DeliveryState
    reason: str
    source: Source
    at_ns: int


def enter(
    connection: sa.Connection,
    outbox_id: int,
    report: Report,
    now_ns: int,
    known: DeliveryState | None = None,
) -> bool:
    """Whether the report was entered; a receipt that says the same again is not.

    `known` is the state of the message's row, where the caller has just read it.
    """
    report = replace(report, reason=storable(report.reason, _REASON_MAX))
    if report.source is Source.RECEIPT and _is_known(connection, outbox_id, report):
        return False
    connection.execute(
        _APPEND,
        {
            "outbox_id": outbox_id,
            "state": report.state.value,
            "reason": report.reason,
            "source": report.source.value,
            "at_ns": report.at_ns,
            "recorded_ns": now_ns,
        },
    )
    if known is None:
        known = DeliveryState(connection.execute(_STATE, {"message": outbox_id}).scalar_one())
    if merge(known, report.state) is report.state:
        values = {"message": outbox_id, "state": report.state.value, "reason": report.reason}
        connection.execute(_SET, values)
    return True


# Built once: each message asks for them several times.
_APPEND = sa.insert(ledger)
_THIS = outbox.c.id == sa.bindparam("message")
_STATE = sa.select(outbox.c.state).where(_THIS)
_SET = sa.update(outbox).where(_THIS)


_SAME = (
    sa.select(ledger.c.id)
    .where(ledger.c.outbox_id == sa.bindparam("message"))
    .where(ledger.c.state == sa.bindparam("said"), ledger.c.reason == sa.bindparam("why"))
    .where(ledger.c.source == sa.bindparam("by"))
    .limit(1)
)


def _is_known(connection: sa.Connection, outbox_id: int, report: Report) -> bool:
    same = {"said": report.state.value, "why": report.reason, "by": report.source.value}
    return connection.execute(_SAME, same | {"message": outbox_id}).first() is not None
