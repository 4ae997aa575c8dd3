"""What has been asked of each provider lately, and whose receipt is waited for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spend",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("budget", sa.String(length=32), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend")),
    )
    op.create_index(op.f("ix_spend_budget_at_ns"), "spend", ["budget", "at_ns"], unique=False)
    op.add_column("outbox", sa.Column("watch_ns", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_outbox_watch_ns"), "outbox", ["watch_ns"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_outbox_watch_ns"), table_name="outbox")
    op.drop_column("outbox", "watch_ns")
    op.drop_index(op.f("ix_spend_budget_at_ns"), table_name="spend")
    op.drop_table("spend")
