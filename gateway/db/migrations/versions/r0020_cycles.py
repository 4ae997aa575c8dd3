"""When conditions began, and which findings belong to one incident."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cycle",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("finding_id", sa.String(length=32), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle")),
    )
    op.create_index(op.f("ix_cycle_finding_id"), "cycle", ["finding_id"], unique=False)
    op.create_index(op.f("ix_cycle_incident_id"), "cycle", ["incident_id"], unique=False)
    op.create_index(
        op.f("ix_cycle_subject_rule_at_ns"), "cycle", ["subject", "rule", "at_ns"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_cycle_subject_rule_at_ns"), table_name="cycle")
    op.drop_index(op.f("ix_cycle_incident_id"), table_name="cycle")
    op.drop_index(op.f("ix_cycle_finding_id"), table_name="cycle")
    op.drop_table("cycle")
