"""The tables of what is not told: which incidents are held and why, and who asked for silence.

`silence_event` is only ever appended to. The history of a hold is on its incident's timeline.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

# One row while the incident is held. `incident_id` names a row of `incident`.
hold = Table(
    "hold",
    metadata,
    Column("incident_id", String(32), primary_key=True),
    Column("why", String(16), nullable=False),  # alerts.hold.Why
    Column("by", String(32), nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, index=True),  # when it is looked at again
    Index(None, "why", "by"),
)

silence = Table(
    "silence",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("value", String(160), nullable=False),
    Column("tiers", String(16), nullable=False),  # JSON array
    Column("reason", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("end_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger),
    Column("next_ns", BigInteger, index=True),  # when it next begins or ends; none: it is over
)

silence_event = Table(
    "silence_event",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("silence_id", String(32), ForeignKey("silence.id"), nullable=False, index=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # laid, begun, ended
    Column("by", String(64), nullable=False),  # a login, or "system"
    Column("detail", Text, nullable=False),  # JSON object
)
