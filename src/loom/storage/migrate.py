"""Bring a database's schema up to this Loom's, under a lock; refuse one that a newer Loom made."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from loom.core.errors import ConflictError, StorageError
from loom.storage.backends import DatabaseBackend, Trouble

__all__ = ["HEAD", "NEW_SQLITE", "migrate", "upgrade"]

HEAD = "0008"
"""The newest revision under `migrations/versions`; kept here so that an up-to-date start loads no Alembic."""

NEW_SQLITE = Path(__file__).with_name("new_sqlite.sql")
"""What the migrations make of an empty SQLite file; `python -m loom.storage.new_sqlite` writes it anew.

A new file is made by it: Alembic brings Mako and Pygments along, 8 MB and a quarter of a second.
"""

_ADVISORY_LOCK = 0x4C6F6F6D


def migrate(backend: DatabaseBackend) -> None:
    """Create or upgrade the schema; nothing when it is up to date.

    Raises:
        ConflictError: when the schema is newer than this Loom.
        StorageError: when the database cannot be reached or written.
    """
    engine = backend.owner()
    try:
        if _revision(engine) != HEAD:
            with backend.write_lock(), _advisory_lock(engine):
                _prepare(engine)
    except DBAPIError as error:
        full = isinstance(error.orig, Exception) and backend.trouble(error.orig) is Trouble.FULL
        remedy = "free some space" if full else "check DATA_DIR or DATABASE_URL"
        raise StorageError(f"cannot prepare the database {backend.url}: {error.orig}; {remedy}") from error
    finally:
        engine.dispose()


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _advisory_lock(engine: Engine) -> Generator[None]:
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})


def _prepare(engine: Engine) -> None:
    if engine.dialect.name == "sqlite" and _revision(engine) is None:
        with engine.begin() as connection:
            for statement in NEW_SQLITE.read_text(encoding="utf-8").split(";\n\n"):
                connection.exec_driver_sql(statement)
    else:
        upgrade(engine)


def upgrade(engine: Engine, target: str = "head") -> None:
    """Run the migrations up to the revision `target`, all or nothing.

    Raises:
        ConflictError: when the schema is newer than this Loom.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    revision = _revision(engine)
    if revision is not None and revision not in known:
        message = f"a newer Loom made this database (its schema is {revision}, this Loom knows {HEAD})"
        raise ConflictError(f"{message}; upgrade loom-ai, or use another DATA_DIR")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        connection.commit()
