"""Drills, and over which channels each one goes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("channels", sa.String(length=255), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_drill")),
    )
    op.create_index(op.f("ix_drill_at_ns"), "drill", ["at_ns"], unique=False)


def downgrade() -> None:
    op.drop_table("drill")
