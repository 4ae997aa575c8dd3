"""The tables of plans: every version that was ever in force, whole, and what was proposed."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

plan_version = Table(
    "plan_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("approved_by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("file", String(64), nullable=False),  # digest of the file it was taken from, or ""
    Column("body", Text, nullable=False),  # the document as JSON, in the form of plans.toml
)

plan_proposal = Table(
    "plan_proposal",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("base", Integer, nullable=False),  # the version that it was made from
    Column("at_ns", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_ns", BigInteger),
    Column("decided_by", String(64)),
    Column("decided_why", Text),
    Column("version", Integer),  # that it became
    Index(None, "state", "id"),
)
