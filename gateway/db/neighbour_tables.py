"""The table of what homes report about their neighbourhood; a row is gone after two weeks."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.db.tables import metadata

neighbour_report = Table(
    "neighbour_report",
    metadata,
    Column("building", String(160), primary_key=True),
    Column("topic", String(16), primary_key=True),
    Column("home", String(64), primary_key=True),  # counted once, and never told
    Column("at_ns", BigInteger, nullable=False),
    Index(None, "at_ns"),
)
