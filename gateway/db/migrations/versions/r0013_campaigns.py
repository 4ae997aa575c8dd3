"""Mass checks: consents, campaigns, and what each home answered."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("given_ns", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_ns", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_consent")),
    )
    op.create_table(
        "campaign",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("area", sa.String(length=160), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("begun_ns", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("wait_ns", sa.BigInteger(), nullable=False),
        sa.Column("open_silent", sa.Boolean(), nullable=False),
        sa.Column("ended_ns", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "campaign_call",
        sa.Column("campaign_id", ROW_ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_ns", sa.BigInteger(), nullable=True),
        sa.Column("answered_ns", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_call_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "round", "subject", name=op.f("pk_campaign_call")),
    )
    op.create_index(
        op.f("ix_campaign_call_phone_asked_ns"), "campaign_call", ["phone", "asked_ns"], unique=False
    )
    op.create_index(
        op.f("ix_campaign_call_state_asked_ns"), "campaign_call", ["state", "asked_ns"], unique=False
    )


def downgrade() -> None:
    op.drop_table("campaign_call")
    op.drop_table("campaign")
    op.drop_table("consent")
