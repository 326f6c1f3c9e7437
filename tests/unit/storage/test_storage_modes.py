"""Who else on the machine may read the database: nobody, unless they were let into its folder before."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from loom.storage.blobs import keep_blob
from loom.storage.database import open_database


@pytest.fixture(autouse=True)
def generous() -> Generator[None]:
    """Whoever runs Loom lets others read what they write."""
    before = os.umask(0o022)
    yield
    os.umask(before)


async def modes(folder: Path) -> dict[str, str]:
    """Of the folder, and of all in it, while the database is open."""
    database = open_database(f"sqlite:///{folder / 'loom.db'}")
    try:
        await database.writer.commit(keep_blob(b"x")[1])
        return {path.name: oct(path.stat().st_mode & 0o777) for path in (folder, *folder.iterdir())}
    finally:
        await database.aclose()


async def test_what_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    files = ("loom.db", "loom.db-wal", "loom.db-shm", "loom.db-lock", "loom.db-room")
    assert await modes(tmp_path / "new") == {"new": "0o700", **dict.fromkeys(files, "0o600")}


async def test_a_folder_and_a_database_that_are_there_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "loom.db").touch(0o640)
    tmp_path.chmod(0o750)
    found = await modes(tmp_path)
    assert (found[tmp_path.name], found["loom.db"], found["loom.db-wal"]) == ("0o750", "0o640", "0o640")
