"""The deadlines of incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("within", sa.String(length=32), nullable=False),
        sa.Column("started_ns", sa.BigInteger(), nullable=False),
        sa.Column("due_ns", sa.BigInteger(), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("civil", sa.Boolean(), nullable=False),
        sa.Column("next_ns", sa.BigInteger(), nullable=True),
        sa.Column("missed_ns", sa.BigInteger(), nullable=True),
        sa.Column("ended_ns", sa.BigInteger(), nullable=True),
        sa.Column("fate", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_clock_incident_id")
        ),
        sa.PrimaryKeyConstraint(
            "incident_id", "generation", "party", "kind", name=op.f("pk_clock")
        ),
    )
    op.create_index(op.f("ix_clock_next_ns_tier"), "clock", ["next_ns", "tier"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_clock_next_ns_tier"), table_name="clock")
    op.drop_table("clock")
