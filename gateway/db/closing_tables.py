"""The tables of what came of incidents: how each was closed, on what evidence, whom it taught.

`closing` has one row for each incident that was ever closed: how it was closed last.
`evidence.body` is what people brought, bounded in size and number by `gateway.closing.shelf`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.db.tables import ROW_ID, metadata

closing = Table(
    "closing",
    metadata,
    Column("incident_id", String(32), ForeignKey("incident.id"), primary_key=True),
    Column("outcome", String(32), nullable=False),
    Column("reason", String(32), nullable=False),  # alerts.incident.FalseReason, "" if none
    Column("by", String(64), nullable=False),
    Column("resolved_by", String(64)),
    Column("verified_by", String(64)),
    Column("reworks", Integer, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Index(None, "at_ns"),
)

# What is told to the edge that raised the finding; numbered by edge, kept until it holds them.
label = Table(
    "label",
    metadata,
    Column("edge", String(32), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("finding_id", String(32), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("outcome", String(32), nullable=False),  # "" takes an earlier one back
    Column("before", String(32), nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("held", Boolean, nullable=False),  # the edge has said so
    Column("by", String(16), nullable=False, server_default=""),  # a digest of who said it
    Index(None, "finding_id"),
)

# An incident that is a drill; written before it. `channels` are divided by spaces, "": all.
drill = Table(
    "drill",
    metadata,
    Column("incident_id", String(32), primary_key=True),
    Column("channels", String(255), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at_ns", BigInteger, nullable=False, index=True),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("incident_id", String(32), ForeignKey("incident.id"), nullable=False, index=True),
    Column("by", String(64), nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
