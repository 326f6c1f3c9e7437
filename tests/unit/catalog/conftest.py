"""A catalog over a folder of one's own with one worker and one pipeline, and a fresh database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from catalog_desk import PIPELINE, TEXT, Desk

from loom.storage.database import Database


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "configs"
    for name, text in (("workers/sorter.yaml", TEXT), ("pipelines/intake.yaml", PIPELINE)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(text)
    return folder


@pytest.fixture
def desk(database: Database, configs: Path) -> Desk:
    return Desk(database, configs)


@pytest.fixture
def desk_of(database: Database) -> Callable[..., Desk]:
    """A catalog over another folder, in the same database."""
    return lambda folder, apps=None: Desk(database, folder, apps)
