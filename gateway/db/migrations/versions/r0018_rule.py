"""Incidents are found by their rule."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_incident_rule_opened_ns"), "incident", ["rule", "opened_ns"])


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_rule_opened_ns"), table_name="incident")
