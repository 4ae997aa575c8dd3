"""For how long cameras and lifts were up, by device and local day."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uptime_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("up_ms", sa.BigInteger(), nullable=False),
        sa.Column("down_ms", sa.BigInteger(), nullable=False),
        sa.Column("planned_ms", sa.BigInteger(), nullable=False),
        sa.Column("downs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "device", name=op.f("pk_uptime_day")),
    )


def downgrade() -> None:
    op.drop_table("uptime_day")
