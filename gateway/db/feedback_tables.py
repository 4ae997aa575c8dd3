"""The table of ratings asked for and given; one for each person and close of an incident."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.db.tables import metadata

feedback = Table(
    "feedback",
    metadata,
    Column("nonce", String(32), primary_key=True),
    Column("incident_id", String(32), ForeignKey("incident.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("person_id", String(64), nullable=False),
    Column("phone", String(64), nullable=False),
    Column("issued_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger),
    Column("grade", String(16), nullable=False),  # alerts.rating.Grade, "" until given
    Column("comment", Text, nullable=False),
    Index(None, "incident_id"),
    Index(None, "phone", "issued_ns"),
)
