"""The gateway's tables, portable between SQLite and PostgreSQL.

Times are integer nanoseconds since the epoch (`*_ns`). `incident`'s columns are the fields
of `alerts.incident.Incident`, name by name. `incident_event`, `ledger` and `dead_letter`
are only ever appended to (the last one is a bounded ring).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows by itself only in a column typed INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


def _counted() -> Column[int]:
    return Column("id", ROW_ID, primary_key=True, autoincrement=True)


def _incident(*, nullable: bool = False) -> Column[str]:
    return Column("incident_id", String(32), ForeignKey("incident.id"), nullable=nullable)


finding = Table(
    "finding",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("edge", String(32), nullable=False),
    Column("epoch", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("category", String(32), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("timeliness", String(16), nullable=False),
    Column("received_ns", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # the Finding as msgspec JSON
    Index(None, "subject", "received_ns"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("finding_id", String(32), nullable=False, unique=True),
    Column("finding_revision", Integer, nullable=False),
    Column("rule", String(64), nullable=False),
    Column("category", String(32), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("timeliness", String(16), nullable=False),
    Column("sentence_zh", Text, nullable=False),
    Column("sentence_en", Text, nullable=False),
    Column("complete_until_ns", BigInteger, nullable=False),
    Column("plan_id", String(64), nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_ns", BigInteger, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
    Column("condition_active", Boolean, nullable=False),
    Column("cleared_ns", BigInteger),
    Column("generation", Integer, nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("next_due_ns", BigInteger, index=True),
    Column("supports", Integer, nullable=False),
    Column("owner", String(64)),
    Column("acked_ns", BigInteger),
    Column("outcome", String(32)),
    Column("note", Text, nullable=False),
    Column("merged_into", String(32)),
    Index(None, "state", "tier", "opened_ns"),
    Index(None, "subject", "opened_ns"),
    Index(None, "rule", "opened_ns"),
    Index(None, "rule", "condition_active"),
    Index(None, "opened_ns"),
)

# `kind`: opened, held, released, an Act, absorbed, withdrawn, step, plan_hole, exhausted,
# stand_down, reply, link.
incident_event = Table(
    "incident_event",
    metadata,
    _counted(),
    _incident(),
    Column("version", Integer, nullable=False),  # of the incident after the event
    Column("at_ns", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("by", String(64), nullable=False),  # a person, a login, or "system"
    Column("detail", Text, nullable=False),  # JSON object
    Index(None, "incident_id", "id"),
)

# One row is one message owed to one person on one channel. `incident_id` is empty only for
# an answer to a text that names no incident.
outbox = Table(
    "outbox",
    metadata,
    _counted(),
    Column("key", String(160), nullable=False, unique=True),
    Column("idempotency_id", String(64), nullable=False, unique=True),
    _incident(nullable=True),
    Column("person_id", String(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("payload", Text, nullable=False),  # JSON object
    Column("state", String(16), nullable=False),  # alerts.outbox.DeliveryState
    Column("reason", Text, nullable=False),
    Column("attempt", Integer, nullable=False),  # claims so far
    Column("created_ns", BigInteger, nullable=False),
    Column("due_ns", BigInteger),  # None: nothing more to send
    Column("watch_ns", BigInteger, index=True),  # when the lack of a receipt is noticed
    Column("lease_until_ns", BigInteger),
    Column("lease_by", String(64)),  # the gateway that sends it; none where there is only one
    Column("lease_token", Integer, nullable=False),  # fencing: counts claims, never reused
    Column("provider_id", String(128)),
    Index(None, "due_ns", "tier"),
    Index(None, "incident_id", "id"),
    Index(None, "person_id", "created_ns"),
)

ledger = Table(
    "ledger",
    metadata,
    _counted(),
    Column("outbox_id", ROW_ID, ForeignKey("outbox.id"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", String(32), nullable=False),  # engine, channel, receipt, person
    Column("at_ns", BigInteger, nullable=False),  # when it happened, by its source
    Column("recorded_ns", BigInteger, nullable=False),
)

code = Table(
    "code",
    metadata,
    _counted(),
    Column("phone", String(64), nullable=False),
    Column("code", String(8), nullable=False),
    _incident(),
    Column("person_id", String(64), nullable=False),
    Column("issued_ns", BigInteger, nullable=False),
    UniqueConstraint("phone", "incident_id"),
    Index(None, "phone", "issued_ns"),
)

link = Table(
    "link",
    metadata,
    Column("nonce", String(32), primary_key=True),
    _incident(),
    Column("person_id", String(64), nullable=False),
    Column("issued_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger),
    Index(None, "incident_id"),
)

edge_cursor = Table(
    "edge_cursor",
    metadata,
    Column("edge", String(32), primary_key=True),
    Column("epoch", String(64), primary_key=True),
    Column("upto", BigInteger, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    _counted(),
    Column("channel", String(32), nullable=False),
    Column("provider_id", String(128), nullable=False),
    Column("address", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("received_ns", BigInteger, nullable=False),
    Column("result", String(32), nullable=False),  # an Act, or why none was taken
    _incident(nullable=True),
    UniqueConstraint("channel", "provider_id"),
    Index(None, "address", "received_ns"),
)

account = Table(
    "account",
    metadata,
    _counted(),
    Column("login", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("lang", String(8), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", ROW_ID, ForeignKey("account.id"), nullable=False, index=True),
    Column("created_ns", BigInteger, nullable=False),
    Column("seen_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
)

edge_status = Table(
    "edge_status",
    metadata,
    Column("edge", String(32), primary_key=True),
    Column("up", Boolean, nullable=False),
    Column("boot", Integer, nullable=False),
    Column("at_ns", BigInteger, nullable=False),  # when the gateway last heard status or health
    Column("health", Text, nullable=False),  # JSON object, "{}" until the first report
)

dead_letter = Table(
    "dead_letter",
    metadata,
    _counted(),
    Column("topic", Text, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # its first 4 KiB
    Column("at_ns", BigInteger, nullable=False),
)

# One row is one send that a budget counts; `budget` is a digest that names budget and account.
spend = Table(
    "spend",
    metadata,
    _counted(),
    Column("budget", String(32), nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Index(None, "budget", "at_ns"),
)
