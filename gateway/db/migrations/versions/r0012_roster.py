"""Hand-over at the end of a shift, failing phones, changes of the roster."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenure",
        sa.Column("incident_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("ends_ns", sa.BigInteger(), nullable=True),
        sa.Column("due_ns", sa.BigInteger(), nullable=True),
        sa.Column("successor", sa.String(length=64), nullable=True),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_tenure_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_tenure")),
    )
    op.create_index(op.f("ix_tenure_person_id"), "tenure", ["person_id"])
    op.create_index(op.f("ix_tenure_ends_ns"), "tenure", ["ends_ns"])
    op.create_index(op.f("ix_tenure_due_ns"), "tenure", ["due_ns"])
    op.create_table(
        "phone_fault",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.Column("since_ns", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("pk_phone_fault")),
    )
    op.create_table(
        "roster_edit",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "field", name=op.f("pk_roster_edit")),
    )
    op.create_table(
        "roster_change",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_roster_change")),
    )


def downgrade() -> None:
    for table in ("roster_change", "roster_edit", "phone_fault", "tenure"):
        op.drop_table(table)
