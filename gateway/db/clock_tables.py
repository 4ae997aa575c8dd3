"""The table of deadlines; its columns are the fields of `alerts.clocks.Clock`, name by name."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from gateway.db.tables import metadata

clock = Table(
    "clock",
    metadata,
    Column("incident_id", String(32), ForeignKey("incident.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("party", String(80), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("tier", Integer, nullable=False),
    Column("within", String(32), nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger, nullable=False),
    Column("assumed", Boolean, nullable=False),
    Column("civil", Boolean, nullable=False),
    Column("next_ns", BigInteger),  # None: nobody waits for it
    Column("missed_ns", BigInteger),
    Column("ended_ns", BigInteger),
    Column("fate", String(16), nullable=False),
    Index(None, "next_ns", "tier"),
)
