"""The tables of the registry: homes, devices, where they hung, who changed it, what was heard.

`registry_change` is only ever appended to; its key is the registry's version. `body` columns
hold the rest of a row of registry.toml as a JSON object.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

registry_change = Table(
    "registry_change",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),  # a login, or "system"
    Column("act", String(16), nullable=False),
    Column("device", String(32), nullable=False),  # "" where it is about all of them
    Column("why", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object
)

registry_section = Table(
    "registry_section",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

registry_unit = Table(
    "registry_unit",
    metadata,
    Column("code", String(32), primary_key=True),
    Column("building", String(32), nullable=False),
    Column("body", Text, nullable=False),
)

registry_device = Table(
    "registry_device",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("vendor", String(170), unique=True),
    Column("retired_ns", BigInteger),
    Column("changed", BigInteger, nullable=False),  # the version that last changed it
)

registry_binding = Table(
    "registry_binding",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("device", String(32), ForeignKey("registry_device.id"), nullable=False, index=True),
    Column("unit", String(32), ForeignKey("registry_unit.code"), nullable=False, index=True),
    Column("from_ns", BigInteger),  # none: since ever
    Column("to_ns", BigInteger),  # none: for ever
    Column("body", Text, nullable=False),
)

# Retained messages that a change has made false, until the broker has confirmed their end.
registry_tombstone = Table(
    "registry_tombstone",
    metadata,
    Column("topic", String(255), primary_key=True),
    Column("created_ns", BigInteger, nullable=False),
)

edge_registry = Table(
    "edge_registry",
    metadata,
    Column("edge", String(32), primary_key=True),
    Column("version", BigInteger, nullable=False),  # the one that the edge goes by
    Column("at_ns", BigInteger, nullable=False),
)

device_seen = Table(
    "device_seen",
    metadata,
    Column("device", String(32), primary_key=True),
    Column("edge", String(32), nullable=False),
    Column("heard_ns", BigInteger, nullable=False),
)

stranger = Table(
    "stranger",
    metadata,
    Column("edge", String(32), primary_key=True),
    Column("name", String(170), primary_key=True),
    Column("first_ns", BigInteger, nullable=False),
    Column("heard_ns", BigInteger, nullable=False),
)
