"""The gateways that share this database, each with a count that goes up while it lives."""

from sqlalchemy import BigInteger, Boolean, Column, String, Table

from gateway.db.tables import metadata

gateway_node = Table(
    "gateway_node",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("epoch", String(32), nullable=False),  # drawn anew by each process
    Column("beat", BigInteger, nullable=False),
    Column("leads", Boolean, nullable=False),
    Column("at_ns", BigInteger, nullable=False),  # of the last beat, by that gateway's own clock
)
