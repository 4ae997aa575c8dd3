"""What is not told now, and why; silences that people have asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hold",
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("since_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_ns", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_hold")),
    )
    op.create_index(op.f("ix_hold_until_ns"), "hold", ["until_ns"], unique=False)
    op.create_index(op.f("ix_hold_why_by"), "hold", ["why", "by"], unique=False)
    op.create_table(
        "silence",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=160), nullable=False),
        sa.Column("tiers", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created_ns", sa.BigInteger(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("ended_ns", sa.BigInteger(), nullable=True),
        sa.Column("next_ns", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
    )
    op.create_index(op.f("ix_silence_next_ns"), "silence", ["next_ns"], unique=False)
    op.create_table(
        "silence_event",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("silence_id", sa.String(length=32), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["silence_id"], ["silence.id"], name=op.f("fk_silence_event_silence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence_event")),
    )
    op.create_index(
        op.f("ix_silence_event_silence_id"), "silence_event", ["silence_id"], unique=False
    )
    op.create_index(
        op.f("ix_incident_rule_condition_active"),
        "incident",
        ["rule", "condition_active"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_rule_condition_active"), table_name="incident")
    op.drop_index(op.f("ix_silence_event_silence_id"), table_name="silence_event")
    op.drop_table("silence_event")
    op.drop_index(op.f("ix_silence_next_ns"), table_name="silence")
    op.drop_table("silence")
    op.drop_index(op.f("ix_hold_why_by"), table_name="hold")
    op.drop_index(op.f("ix_hold_until_ns"), table_name="hold")
    op.drop_table("hold")
