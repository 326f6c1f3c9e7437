"""Files below one folder: whole, and never outside."""

import os
from pathlib import Path

import pytest

from loom.core.inside import Folder, Found, LinkError


@pytest.fixture
def folder(tmp_path: Path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "root").mkdir()
    with Folder(tmp_path / "root") as opened:
        yield opened


def test_what_is_written_is_read_back_and_the_folders_on_the_way_go_with_it(folder: Folder) -> None:
    folder.write("a/b/c", b"content")
    assert (folder.read("a/b/c", 7), folder.names("a"), folder.find("a/b")) == (
        b"content",
        ["b"],
        Found.FOLDER,
    )
    folder.rename("a/b/c", "d/e")
    assert folder.names() == ["a", "d"]
    folder.remove("d/e")
    folder.remove("d/e")
    assert folder.names() == ["a"]
    assert folder.names("absent") == []


@pytest.mark.parametrize(
    "name", ["..", "../secret", "a/../../secret", "/etc/passwd", "", ".", "a//b", "a/", "a\0b"]
)
def test_a_name_that_is_none_is_refused(folder: Folder, name: str) -> None:
    for use in (
        folder.find,
        folder.remove,
        lambda name: folder.read(name, 9),
        lambda name: folder.write(name, b""),
    ):
        with pytest.raises(ValueError, match="is not a name below the folder"):
            use(name)


def test_links_are_not_followed(folder: Folder) -> None:
    (folder.path / "file").symlink_to("../secret")
    (folder.path / "way").symlink_to("..")
    for name in ("file", "way/secret"):
        with pytest.raises(LinkError):
            folder.read(name, 9)
    with pytest.raises(LinkError):
        folder.write("way/new", b"x")
    with pytest.raises(LinkError):
        folder.remove("way/secret")
    folder.write("file", b"mine")
    folder.remove("way")
    assert (folder.path.parent / "secret").read_text() == "secret"
    assert folder.find("file") is Found.FILE


def test_a_pipe_is_not_waited_for_and_a_large_file_not_read(folder: Folder) -> None:
    os.mkfifo(folder.path / "pipe")
    folder.write("large", b"12345678")
    with pytest.raises(OSError, match="it is not a file"):
        folder.read("pipe", 9)
    with pytest.raises(OSError, match="larger than 7 bytes"):
        folder.read("large", 7)
    assert folder.find("pipe") is Found.OTHER


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("a", b"old")

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            folder.write("a", b"new")
    assert (folder.read("a", 9), folder.names()) == (b"old", ["a"])
