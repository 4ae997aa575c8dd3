"""The gateways of this database: each with a count that goes up while it lives, and its time."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

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

# One row, of a gateway that is alone on its database.
gateway_clock = Table(
    "gateway_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("now_ns", BigInteger, nullable=False),
    Column("boot", String(64), nullable=False),
    Column("ahead_ns", BigInteger, nullable=False),
)
