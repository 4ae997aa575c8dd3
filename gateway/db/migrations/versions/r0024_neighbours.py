"""What homes report about their neighbourhood."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "neighbour_report",
        sa.Column("building", sa.String(length=160), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("building", "topic", "home", name=op.f("pk_neighbour_report")),
    )
    op.create_index(
        op.f("ix_neighbour_report_at_ns"), "neighbour_report", ["at_ns"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_neighbour_report_at_ns"), table_name="neighbour_report")
    op.drop_table("neighbour_report")
