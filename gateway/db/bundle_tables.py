"""The tables of what waits for its turn, what was told together, and how much people were told.

A row of `waiting` stays when it has been told or dropped, so that every notice is accounted for.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

# One row is one notice that did not go by itself at once. `incident_id` names a row of
# `incident`, `bundle_id` one of `bundle`.
waiting = Table(
    "waiting",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("key", String(160), nullable=False, unique=True),
    Column("incident_id", String(32), nullable=False),
    Column("person_id", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("why", String(16), nullable=False),  # alerts.pace.Wait
    Column("created_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger),  # none: told or dropped
    Column("told_ns", BigInteger),
    Column("bundle_id", String(32), index=True),  # none: waiting, dropped, or told by itself
    Column("dropped", Text, nullable=False),  # why it is never told; "" otherwise
    Index(None, "due_ns", "person_id"),
    Index(None, "incident_id", "id"),
    Index(None, "person_id", "due_ns"),
)

bundle = Table(
    "bundle",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", String(64), nullable=False),
    Column("phone", String(64), nullable=False),
    Column("code", String(8), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),  # incidents when it was made
    Column("outbox_id", ROW_ID, nullable=False, index=True),  # its newest message
    Index(None, "phone", "code"),
    Index(None, "person_id", "created_ns"),
)

traffic = Table(
    "traffic",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("told_ns", BigInteger, nullable=False),
    Column("full_ns", BigInteger, nullable=False),
)
