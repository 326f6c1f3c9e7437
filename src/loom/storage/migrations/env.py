"""What Alembic runs to migrate: always online, on the connection that `loom.storage.migrate` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=False,
    transactional_ddl=True,  # SQLite too: all or nothing, whenever it is killed
)
with context.begin_transaction():
    context.run_migrations()
