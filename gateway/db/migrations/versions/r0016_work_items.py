"""Work items: matters that cannot be settled on the spot."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "work_item",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("work_class", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("incident_id", sa.String(length=32), nullable=True),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("opened_ns", sa.BigInteger(), nullable=False),
        sa.Column("due_ns", sa.BigInteger(), nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("hand_overs", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_work_item_incident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
    )
    op.create_index(op.f("ix_work_item_incident_id"), "work_item", ["incident_id"], unique=False)
    op.create_index(
        op.f("ix_work_item_state_due_ns"), "work_item", ["state", "due_ns"], unique=False
    )
    op.create_table(
        "work_item_event",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("item_id", ROW_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["work_item.id"], name=op.f("fk_work_item_event_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item_event")),
    )
    op.create_index(op.f("ix_work_item_event_item_id"), "work_item_event", ["item_id"], unique=False)


def downgrade() -> None:
    op.drop_table("work_item_event")
    op.drop_table("work_item")
