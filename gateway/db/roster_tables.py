"""The tables of the roster: who holds an incident until when, failing phones, changes by hand.

`roster_change` is only ever appended to; its key is the roster's version. `value` and `base`
are JSON: what was put, and what the file said when it was.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from gateway.db.tables import metadata

# One row is an incident in the hands of somebody of the roster. `ends_ns` is when their duty
# ends; from then on it is offered, and `due_ns` is when an unanswered offer is acted upon.
tenure = Table(
    "tenure",
    metadata,
    Column("incident_id", String(32), ForeignKey("incident.id"), primary_key=True),
    Column("person_id", String(64), nullable=False, index=True),
    Column("ends_ns", BigInteger, index=True),
    Column("due_ns", BigInteger, index=True),
    Column("successor", String(64)),
    Column("tried", Text, nullable=False),  # JSON list of person ids
)

phone_fault = Table(
    "phone_fault",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("channel", String(32), primary_key=True),
    Column("address", Text, nullable=False),
    Column("refused", Boolean, nullable=False),  # the last word of its provider was final
    Column("unheard", Integer, nullable=False),  # urgent messages without a word of arrival
    Column("since_ns", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

roster_edit = Table(
    "roster_edit",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("value", Text, nullable=False),
    Column("base", Text, nullable=False),
)

roster_change = Table(
    "roster_change",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("person", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object, without numbers and addresses
)
