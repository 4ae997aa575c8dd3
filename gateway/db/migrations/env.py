"""Run migrations on the connection that `gateway.db.engine.upgrade` hands over."""

from alembic import context

from gateway.db import (  # their tables join the metadata
    campaign_tables,
    clock_tables,
    closing_tables,
    feedback_tables,
    node_tables,
    plan_tables,
    registry_tables,
    roster_tables,
    work_item_tables,
)
from gateway.db.tables import metadata

__all__ = [
    "campaign_tables",
    "clock_tables",
    "closing_tables",
    "feedback_tables",
    "node_tables",
    "plan_tables",
    "registry_tables",
    "roster_tables",
    "work_item_tables",
]

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
