"""What was proposed about rules, what became of it, and how it was before."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

rule_proposal = Table(
    "rule_proposal",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("changes", Text, nullable=False),  # modes by rule or rule@home, as JSON
    Column("before", Text, nullable=False),  # the same as they were, null where none was given
    Column("state", String(16), nullable=False),
    Column("decided_ns", BigInteger),
    Column("decided_by", String(64)),
    Column("decided_why", Text),
    Column("version", Integer),  # of the registry that it became
    Column("undone_ns", BigInteger),
    Column("undone_by", String(64)),
    Column("undone_why", Text),
    Index(None, "state", "id"),
)
