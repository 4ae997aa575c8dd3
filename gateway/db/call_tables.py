"""The table of calls; its columns are the fields of `alerts.whistle.Call`, name by name."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from gateway.db.tables import metadata

call = Table(
    "call",
    metadata,
    Column("incident_id", String(32), ForeignKey("incident.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("party", String(80), nullable=False),
    Column("name_zh", String(40), nullable=False),
    Column("name_en", String(40), nullable=False),
    Column("people", Text, nullable=False),  # JSON array
    Column("channels", Text, nullable=False),  # JSON array
    Column("on_miss", Text, nullable=False),  # JSON object
    Column("by", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("called_ns", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answered_ns", BigInteger),
    Column("arrived_ns", BigInteger),
    Column("ended_ns", BigInteger),
    Column("refers", Integer),
)
