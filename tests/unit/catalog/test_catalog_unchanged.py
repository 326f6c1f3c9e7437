"""Files are not read again until they change; one that changed a moment ago always is."""

from pathlib import Path

import pytest
from catalog_desk import TEXT

from loom.catalog import unchanged
from loom.catalog.library import Library
from loom.catalog.listing import list_entries
from loom.catalog.models import Entry, Query
from loom.catalog.unchanged import Unchanged
from loom.core.kinds import Kind


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as one that has not changed for long."""
    monkeypatch.setattr(unchanged, "_SETTLED_NS", 0)


class Reader:
    """Reads a file, and counts how often."""

    def __init__(self, path: Path, largest: float = 100) -> None:
        self.path = path
        self.times = 0
        self._kept: Unchanged[str, str | None] = Unchanged(10, largest)

    def read(self) -> str | None:
        def make() -> str | None:
            self.times += 1
            return self.path.read_text() if self.path.exists() else None

        return self._kept.of("file", self.path, make)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    (tmp_path / "a.txt").write_text("first")
    return Reader(tmp_path / "a.txt")


@pytest.mark.usefixtures("settled")
def test_a_file_is_read_once_until_it_changes(reader: Reader) -> None:
    assert [reader.read() for _ in range(3)] == ["first"] * 3
    assert reader.times == 1
    reader.path.write_text("another")
    assert [reader.read() for _ in range(3)] == ["another"] * 3
    assert reader.times == 2


@pytest.mark.usefixtures("settled")
def test_a_file_that_is_replaced_or_removed_is_seen_to_be(reader: Reader, tmp_path: Path) -> None:
    reader.read()
    (tmp_path / "b.txt").write_text("other")
    (tmp_path / "b.txt").replace(reader.path)
    assert reader.read() == "other"
    reader.path.unlink()
    assert reader.read() is None


def test_what_changed_a_moment_ago_is_read_each_time(reader: Reader) -> None:
    assert [reader.read() for _ in range(3)] == ["first"] * 3
    assert reader.times == 3


@pytest.mark.usefixtures("settled")
def test_a_link_is_read_each_time(reader: Reader, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(reader.path)
    reader.path = link
    assert [reader.read() for _ in range(2)] == ["first"] * 2
    assert reader.times == 2


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize(("size", "times"), [(5, 1), (6, 2)])
def test_of_a_large_file_nothing_is_kept(tmp_path: Path, size: int, times: int) -> None:
    (tmp_path / "a.txt").write_text("x" * size)
    reader = Reader(tmp_path / "a.txt", largest=5)
    assert [reader.read() for _ in range(2)] == ["x" * size] * 2
    assert reader.times == times


def _listed(configs: Path) -> dict[str, Entry]:
    found = list_entries(Library(configs), (Kind.WORKER,), Query())
    return {one.ref.name: one for one in found if one.source == "own"}


@pytest.mark.usefixtures("settled")
def test_a_list_follows_every_change_of_its_files(configs: Path) -> None:
    _listed(configs)
    file = configs / "workers" / "sorter.yaml"
    file.write_bytes(TEXT + b"description: Sorts quite otherwise\n")
    assert _listed(configs)["sorter"].description == "Sorts quite otherwise"
    (configs / "workers" / "team").mkdir()
    (configs / "workers" / "team" / "second.yaml").write_bytes(TEXT)
    assert list(_listed(configs)) == ["second", "sorter"]
    file.unlink()
    assert list(_listed(configs)) == ["second"]
