"""What residents wrote of being away."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence_request",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=True),
        sa.Column("made_ns", sa.BigInteger(), nullable=False),
        sa.Column("done_ns", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_request")),
    )
    op.create_index(
        op.f("ix_absence_request_done_ns"), "absence_request", ["done_ns"], unique=False
    )
    op.create_index(
        op.f("ix_absence_request_subject_made_ns"),
        "absence_request",
        ["subject", "made_ns"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_absence_request_subject_made_ns"), table_name="absence_request")
    op.drop_index(op.f("ix_absence_request_done_ns"), table_name="absence_request")
    op.drop_table("absence_request")
