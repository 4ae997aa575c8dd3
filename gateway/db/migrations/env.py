"""Run migrations on the connection that `gateway.db.engine.upgrade` hands over."""

from alembic import context

from gateway.db.schema import whole

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole(),
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
