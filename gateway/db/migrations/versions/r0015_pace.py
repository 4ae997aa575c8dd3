"""What waits for its turn, what was told together, and how much people were told."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
    )
    op.create_index(op.f("ix_bundle_outbox_id"), "bundle", ["outbox_id"], unique=False)
    op.create_index(
        op.f("ix_bundle_person_id_created_ns"), "bundle", ["person_id", "created_ns"], unique=False
    )
    op.create_index(op.f("ix_bundle_phone_code"), "bundle", ["phone", "code"], unique=False)
    op.create_table(
        "traffic",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("told_ns", sa.BigInteger(), nullable=False),
        sa.Column("full_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_traffic")),
    )
    op.create_table(
        "waiting",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("due_ns", sa.BigInteger(), nullable=True),
        sa.Column("told_ns", sa.BigInteger(), nullable=True),
        sa.Column("bundle_id", sa.String(length=32), nullable=True),
        sa.Column("dropped", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting")),
        sa.UniqueConstraint("key", name=op.f("uq_waiting_key")),
    )
    op.create_index(op.f("ix_waiting_bundle_id"), "waiting", ["bundle_id"], unique=False)
    op.create_index(
        op.f("ix_waiting_due_ns_person_id"), "waiting", ["due_ns", "person_id"], unique=False
    )
    op.create_index(
        op.f("ix_waiting_incident_id_id"), "waiting", ["incident_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_waiting_person_id_due_ns"), "waiting", ["person_id", "due_ns"], unique=False
    )
    op.create_index(op.f("ix_incident_opened_ns"), "incident", ["opened_ns"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_opened_ns"), table_name="incident")
    op.drop_index(op.f("ix_waiting_person_id_due_ns"), table_name="waiting")
    op.drop_index(op.f("ix_waiting_incident_id_id"), table_name="waiting")
    op.drop_index(op.f("ix_waiting_due_ns_person_id"), table_name="waiting")
    op.drop_index(op.f("ix_waiting_bundle_id"), table_name="waiting")
    op.drop_table("waiting")
    op.drop_table("traffic")
    op.drop_index(op.f("ix_bundle_phone_code"), table_name="bundle")
    op.drop_index(op.f("ix_bundle_person_id_created_ns"), table_name="bundle")
    op.drop_index(op.f("ix_bundle_outbox_id"), table_name="bundle")
    op.drop_table("bundle")
