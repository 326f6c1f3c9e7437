"""Write `new_sqlite.sql` anew, after a migration was added: `python -m loom.storage.new_sqlite`."""

import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from loom.storage.migrate import NEW_SQLITE, upgrade
from loom.storage.sqlite import SqliteBackend

__all__ = ["new_sqlite"]

_ID = re.compile(r"X'[0-9A-F]{32}'")
"""What a migration made by chance; each new file gets its own."""


def new_sqlite() -> str:
    """The statements that make what the migrations make of an empty file, rows included, apart by empty lines."""
    with tempfile.TemporaryDirectory() as folder:
        backend = SqliteBackend(Path(folder) / "loom.db")
        upgrade(backend.owner())
        backend.close()
        with closing(sqlite3.connect(backend.path)) as connection:
            _begin, *statements, _commit = connection.iterdump()
    return _ID.sub("randomblob(16)", "\n\n".join(statements)) + "\n"


if __name__ == "__main__":
    NEW_SQLITE.write_text(new_sqlite(), encoding="utf-8")
