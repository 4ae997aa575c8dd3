"""What residents wrote of being away, until it is in the registry."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.db.tables import ROW_ID, metadata

absence_request = Table(
    "absence_request",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("subject", String(160), nullable=False),
    Column("until_ns", BigInteger),  # none: they are back
    Column("made_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger, index=True),  # in the registry, or refused
    Column("result", String(32), nullable=False),  # done, or why not; empty before
    Index(None, "subject", "made_ns"),
)
