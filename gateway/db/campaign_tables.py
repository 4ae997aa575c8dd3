"""The tables of mass checks: who consented to be asked, what was asked, who answered what.

`consent.phone` is personal data: no page, list or log gives it out whole.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.db.tables import ROW_ID, metadata

consent = Table(
    "consent",
    metadata,
    Column("subject", String(160), primary_key=True),
    Column("phone", String(32), nullable=False),  # in national form
    Column("lang", String(8), nullable=False),
    Column("channel", String(32), nullable=False, server_default="sms"),  # how to ask
    Column("by", String(64), nullable=False),
    Column("given_ns", BigInteger, nullable=False),
    Column("withdrawn_ns", BigInteger),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("area", String(160), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("begun_ns", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("wait_ns", BigInteger, nullable=False),  # for an answer
    Column("open_silent", Boolean, nullable=False),  # an incident for a home that is silent
    Column("ended_ns", BigInteger),
)

# One row is one home in one round: its key is why nobody is asked twice.
campaign_call = Table(
    "campaign_call",
    metadata,
    Column("campaign_id", ROW_ID, ForeignKey("campaign.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("subject", String(160), primary_key=True),
    Column("phone", String(32), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("channel", String(32), nullable=False, server_default="sms"),
    Column("state", String(16), nullable=False),  # alerts.check.CallState
    Column("asked_ns", BigInteger),
    Column("answered_ns", BigInteger),
    Column("text", Text, nullable=False),
    Index(None, "phone", "asked_ns"),
    Index(None, "state", "asked_ns"),
)
