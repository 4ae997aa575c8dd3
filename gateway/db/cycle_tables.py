"""The table of beginnings: each time that a condition began, and the incident it belongs to."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.db.tables import ROW_ID, metadata

cycle = Table(
    "cycle",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("rule", String(64), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("finding_id", String(32), nullable=False, index=True),
    Column("incident_id", String(32), nullable=False, index=True),  # names a row of `incident`
    Column("at_ns", BigInteger, nullable=False),
    Index(None, "subject", "rule", "at_ns"),
)
