"""Residents are asked before anybody is sent, and by telephone where they wish."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("consent", "campaign_call"):
        op.add_column(
            table, sa.Column("channel", sa.String(length=32), nullable=False, server_default="sms")
        )
    op.create_table(
        "resident_question",
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=False),
        sa.Column("answered_ns", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_resident_question")),
    )
    op.create_index(
        op.f("ix_resident_question_phone_asked_ns"),
        "resident_question",
        ["phone", "asked_ns"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_resident_question_phone_asked_ns"), table_name="resident_question")
    op.drop_table("resident_question")
    for table in ("campaign_call", "consent"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("channel")
