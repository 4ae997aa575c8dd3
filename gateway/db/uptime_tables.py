"""The table of how long cameras and lifts were up: a row for each device and local day."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.db.tables import metadata

uptime_day = Table(
    "uptime_day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970, local
    Column("device", String(32), primary_key=True),
    Column("at_ns", BigInteger, nullable=False),  # when the edge said so, by its own clock
    Column("up_ms", BigInteger, nullable=False),
    Column("down_ms", BigInteger, nullable=False),
    Column("planned_ms", BigInteger, nullable=False),
    Column("downs", Integer, nullable=False),
)
