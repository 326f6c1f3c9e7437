"""The log of versions, the same over each database; also when several write to it who share no lock."""

import asyncio
import errno
import fcntl
import os
import stat

import pytest

from loom.access.models import LOCAL
from loom.catalog.library import Library
from loom.catalog.models import Ref
from loom.catalog.service import Catalog
from loom.core.clock import SystemClock
from loom.core.hashing import hash_bytes
from loom.core.kinds import Kind
from loom.storage.database import open_database

TEXT = b"name: sorter\nsystem_prompt: Sort.\n"
SORTER = Ref(Kind.WORKER, "sorter")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request):
    return request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
async def catalogs(url, tmp_path):
    """Two over one folder and one database, as two processes have them."""
    configs = tmp_path / "configs"
    (configs / "workers").mkdir(parents=True)
    (configs / "workers" / "sorter.yaml").write_bytes(TEXT)
    opened = [open_database(url), open_database(url)]
    yield [Catalog(one, SystemClock(), Library(configs)) for one in opened]
    for one in opened:
        await one.aclose()


async def test_what_one_saves_the_other_sees(catalogs):
    one, other = catalogs
    await one.save(SORTER, TEXT + b"# 1\n", LOCAL, note="né\u2028e")
    history = await other.history(SORTER, LOCAL)
    assert [(version.number, version.note) for version in history.versions] == [(1, None), (2, "né\u2028e")]
    assert (await other.text(SORTER, "v2", LOCAL)).content == TEXT + b"# 1\n"


async def test_a_definition_goes_and_comes_back(catalogs):
    one, other = catalogs
    await one.delete(SORTER, LOCAL)
    assert [ref.name for ref, _ in await other.deleted(LOCAL)] == ["sorter"]
    assert (await other.undo(SORTER, LOCAL)).version.number == 3


async def test_a_version_number_is_given_once_where_folders_cannot_be_locked(catalogs, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", _refusing_folders(fcntl.flock))
    texts = [TEXT + b"# %d\n" % number for number in range(8)]
    saving = (catalogs[number % 2].save(SORTER, text, LOCAL) for number, text in enumerate(texts))
    await asyncio.gather(*saving)
    versions = (await catalogs[0].history(SORTER, LOCAL)).versions
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    assert {hash_bytes(text) for text in texts} <= {version.hash for version in versions}


def _refusing_folders(real):
    """As on a file system without locks; the database keeps the lock on its own file."""

    def flock(fd, how):
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.ENOLCK, "no locks available")
        return real(fd, how)

    return flock
