"""The gateways that share a database, and which of them sends a message."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateway_node",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway_node")),
    )
    op.add_column("outbox", sa.Column("lease_by", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "lease_by")
    op.drop_table("gateway_node")
