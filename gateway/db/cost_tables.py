"""The table of what was spent on messages: one row a channel and local day."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.db.tables import metadata

message_cost = Table(
    "message_cost",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),  # local, as 20261122
    Column("segments", BigInteger, nullable=False),
    Column("micros", BigInteger, nullable=False),  # millionths of the channel's currency
)
