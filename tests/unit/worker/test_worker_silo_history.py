"""The changes of a folder: whole or not at all, kept, undone."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from silo_worlds import BEFORE, visible

from loom.core.errors import ConflictError, NotFoundError
from loom.core.inside import Folder
from loom.core.worker_config import FolderSilo, WriteBack
from loom.worker.knowledge import load_knowledge_silos
from loom.worker.silos.history import KEPT, SiloHistory
from loom.worker.silos.updates import Wrote, write_back


class Killed(BaseException):
    """The process ends here."""


class TestHistory:
    def test_a_change_is_kept_and_undone_and_the_undoing_undone(
        self, folder: Path, wish: Callable[..., Wrote]
    ) -> None:
        wish("notes.md", "modify", "new")
        wish("deep/more.md", "delete")
        history = SiloHistory(folder)
        assert [one.edits[0].action for one in history.changes()] == ["delete", "modify"]
        history.undo(1, "me")
        assert visible(folder) == {"notes.md": "old"}
        history.undo(None, "me")
        history.undo(2, "me")
        assert visible(folder) == {**BEFORE, "notes.md": "new"}
        assert [one.undoes for one in history.changes()] == [2, 3, 1, None, None]

    def test_a_file_that_was_changed_since_is_not_undone(
        self, folder: Path, wish: Callable[..., Wrote]
    ) -> None:
        wish("notes.md", "modify", "new")
        (folder / "notes.md").write_text("by hand")
        with pytest.raises(ConflictError, match=r"notes\.md .* changed in the meantime"):
            SiloHistory(folder).undo(1, "me")
        assert visible(folder) == {**BEFORE, "notes.md": "by hand"}

    def test_the_empty_folders_that_a_change_made_go_with_it(
        self, folder: Path, wish: Callable[..., Wrote]
    ) -> None:
        wish("new/er/x.md")
        SiloHistory(folder).undo(None, "me")
        assert not (folder / "new").exists()

    def test_a_change_that_is_not_there_is_not_found(self, folder: Path) -> None:
        with pytest.raises(NotFoundError, match="no change 3"):
            SiloHistory(folder).undo(3, "me")

    def test_a_proposal_waits_for_a_person(self, folder: Path, wish: Callable[..., Wrote]) -> None:
        for content in ("new", "newer"):
            assert wish("notes.md", "modify", content, write_back=WriteBack.PROPOSE).written[0].proposed
        history = SiloHistory(folder)
        assert (visible(folder), history.changes()) == (BEFORE, [])
        history.apply(1, "me")
        assert visible(folder)["notes.md"] == "new"
        with pytest.raises(ConflictError, match="changed in the meantime"):
            history.apply(2, "me")
        history.discard(2)
        assert history.proposals() == []
        assert history.change(1).by == "tester, applied by me"

    @pytest.mark.parametrize("step", range(12))
    def test_a_change_that_a_crash_cuts_off_is_made_whole_or_not_at_all(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        silo = FolderSilo("learned", str(folder), writable=True)
        wishes = [
            {"silo": "learned", "action": "modify", "filename": "notes.md", "content": "new"},
            {"silo": "learned", "action": "delete", "filename": "deep/more.md"},
            {"silo": "learned", "action": "add", "filename": "x.md", "content": "new"},
        ]
        with monkeypatch.context() as patch:
            _kill_at(patch, step)
            with suppress(Killed):
                write_back(wishes, [silo], "tester")
        read = load_knowledge_silos([{"name": "learned", "type": "folder", "path": str(folder)}])
        after = {"notes.md": "new", "x.md": "new"}
        assert visible(folder) in (BEFORE, after)
        assert ("## x.md" in read) is (visible(folder) == after)
        assert len(SiloHistory(folder).changes()) == (visible(folder) == after)
        assert not wish_again(folder).denied

    def test_a_change_that_the_disk_refuses_leaves_the_folder_as_it_was(
        self, folder: Path, wish: Callable[..., Wrote], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = Folder.write

        def full(self: Folder, name: str, content: bytes) -> None:
            if name == "x.md":
                raise OSError(28, "No space left on device", name)
            write(self, name, content)

        monkeypatch.setattr(Folder, "write", full)
        wishes = [
            {"silo": "learned", "action": "modify", "filename": "notes.md", "content": "new"},
            {"silo": "learned", "action": "add", "filename": "x.md", "content": "new"},
        ]
        wrote = write_back(wishes, [FolderSilo("learned", str(folder), writable=True)], "tester")
        assert all("is as it was" in one.reason for one in wrote.denied)
        assert (len(wrote.denied), visible(folder), SiloHistory(folder).changes()) == (2, BEFORE, [])

    def test_old_changes_are_forgotten_with_their_contents(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("loom.worker.silos.history.KEPT", 5)
        monkeypatch.setattr(os, "fsync", lambda _fd: None)
        history = SiloHistory(folder)
        for number in range(50):
            history.make({"notes.md": str(number).encode()}, "tester")
        assert [one.number for one in history.changes()] == [50, 49, 48, 47, 46]
        assert len(list((folder / ".loom" / "blobs").iterdir())) == 6
        assert KEPT == 500


def wish_again(folder: Path) -> Wrote:
    update = {"silo": "learned", "action": "add", "filename": "again.md", "content": "x"}
    return write_back([update], [FolderSilo("learned", str(folder), writable=True)], "tester")


def _kill_at(patch: pytest.MonkeyPatch, step: int) -> None:
    """End the process before its `step`-th change of the disk."""
    left = [step]

    def dying(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return change(*arguments)

        return changed

    for name in ("write", "remove", "rename"):
        patch.setattr(Folder, name, dying(getattr(Folder, name)))
