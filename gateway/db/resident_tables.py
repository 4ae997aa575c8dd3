"""What the resident of an incident's home was asked before anybody was sent, and the answer.

`phone` is personal data: no page, list or log gives it out.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.db.tables import metadata

# One row an incident: its resident is asked once. `incident_id` names a row of `incident`.
resident_question = Table(
    "resident_question",
    metadata,
    Column("incident_id", String(32), primary_key=True),
    Column("subject", String(160), nullable=False),
    Column("phone", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # alerts.check.CallState
    Column("asked_ns", BigInteger, nullable=False),
    Column("until_ns", BigInteger, nullable=False),  # when staff are told without an answer
    Column("answered_ns", BigInteger),
    Column("text", Text, nullable=False),
    Index(None, "phone", "asked_ns"),
)
