"""The tables of work items; `work_item_event` is only ever appended to."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

work_item = Table(
    "work_item",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("work_class", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("incident_id", String(32), ForeignKey("incident.id"), index=True),
    Column("team", String(64), nullable=False),  # "": nobody's yet
    Column("owner", String(64)),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("by", String(64), nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("hand_overs", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Index(None, "state", "due_ns"),
)

work_item_event = Table(
    "work_item_event",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("item_id", ROW_ID, ForeignKey("work_item.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("act", String(16), nullable=False),
    Column("by", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("team", String(64), nullable=False),
)
