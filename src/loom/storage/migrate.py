"""Bring a database's schema up to this Loom's, under a lock; refuse one that a newer Loom made."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from loom.core.errors import ConflictError, StorageError
from loom.storage.backends import DatabaseBackend, Trouble

__all__ = ["HEAD", "migrate"]

HEAD = "0008"
"""The newest revision under `migrations/versions`; kept here so that an up-to-date start loads no Alembic."""

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
                _upgrade(engine)
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


def _upgrade(engine: Engine) -> None:
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
        command.upgrade(config, "head")
        connection.commit()
