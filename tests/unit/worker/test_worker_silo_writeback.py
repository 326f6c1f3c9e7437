"""What a model may change in its folders: nothing outside of them, ever, and each change whole, kept and undoable."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from silo_worlds import BEFORE, SECRET, outside, visible

from loom.core.errors import StorageError
from loom.core.inside import Folder
from loom.core.worker_config import FolderSilo, ToolSilo
from loom.worker.knowledge import apply_silo_updates, load_knowledge_silos
from loom.worker.silos.history import SiloHistory
from loom.worker.silos.names import name_fault
from loom.worker.silos.updates import MAX_FILE_BYTES, MAX_UPDATES, Wrote, write_back

HOSTILE_NAMES = [
    *("../secret.md", "../../secret.md", "deep/../../secret.md", "deep/../notes.md", "./notes.md", "..", "."),
    *("/etc/passwd.md", "//server/share.md", "deep//x.md", "deep/", "/", "", "~/x.md", "~root/x.md"),
    *(
        "C:\\x.md",
        "C:x.md",
        "c:/x.md",
        "\\\\server\\x.md",
        "..\\secret.md",
        "deep\\x.md",
        "notes.md:stream.md",
    ),
    *("x\0.md", "../secret.md\0.txt", "x\n.md", "x\r.md", "x\x1b[2J.md", "x\x7f.md", "x\ud800.md"),
    *(
        ".siloignore",
        "deep/.siloignore",
        ".hidden.md",
        ".loom/changes/000001.json",
        ".git/config.toml",
        ".md",
    ),
    *("notes.md.", "notes.md ", " notes.md", "deep /x.md", "deep./x.md", "x.", "x.md...", "-rf.md"),
    *("NUL.md", "con.txt", "Aux.md", "com1.md", "lpt9.txt", "deep/PRN.md", "nul .md", "CON.tar.md"),
    *(
        "\uff0e\uff0e/secret.md",
        "..\uff0fsecret.md",
        "\u2024\u2024/secret.md",
        "x\u2044y.md",
        "\ufb01le.md",
        "cafe\u0301.md",
        "\u212b.md",
    ),
    *("n\u043etes.md", "n\u03bftes.md", "x\u200b.md", "x\u202e.md", "x\ufeff.md", "x\u00a0.md", "x\u2028.md"),
    *("Notes.md", "NOTES.md", "Deep/x.md", "DEEP/more.md", "notes.md/x.md", "deep", "deep.md/../x.md"),
    *("run.sh", "code.py", "x", "x.MD", "conftest.py", "a" * 250 + ".md", "/".join("abcdefghijk") + ".md"),
    *("x<y.md", "x|y.md", "x?.md", "x*.md", 'x".md', "$HOME.md", "%2e%2e%2fsecret.md", "x;y.md", "`id`.md"),
    *(None, 7, ["x.md"], {"name": "x.md"}, True),
]


@pytest.mark.parametrize("action", ["add", "modify", "delete"])
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_no_name_leads_out_of_the_folder(
    folder: Path, wish: Callable[..., Wrote], name: Any, action: str
) -> None:
    wrote = wish(name, action)
    assert (wrote.written, len(wrote.denied)) == ((), 1)
    assert visible(folder) == BEFORE
    assert outside(folder) == {"secret.md": SECRET}


@given(st.text(alphabet="./\\ :~aA\0\u202e.md", min_size=1, max_size=12))
def test_a_name_that_is_let_through_is_one_below_the_folder(name: str) -> None:
    if name_fault(name) is None:
        parts = name.split("/")
        assert not {"", ".", ".."}.intersection(parts)
        assert not Path(name).is_absolute()
        assert "\\" not in name


@pytest.mark.parametrize(
    "name", ["x.md", "deep/x.yaml", "neu/ordner/größe 1.txt", "メモ.md", "заметка.md", "a_(1)+b.csv"]
)
def test_a_plain_name_of_any_language_is_written(folder: Path, wish: Callable[..., Wrote], name: str) -> None:
    assert not wish(name).denied
    assert visible(folder) == {**BEFORE, name: "new"}


@pytest.mark.parametrize(
    "content",
    ["x" * (MAX_FILE_BYTES + 1), None, 7, ["x"], "a\0b", "half \ud800"],
    ids=lambda value: repr(value)[:9],
)
def test_content_that_is_no_text_or_too_long_is_denied(
    folder: Path, wish: Callable[..., Wrote], content: Any
) -> None:
    assert wish("x.md", content=content).denied
    assert visible(folder) == BEFORE


@pytest.mark.parametrize("action", ["append", "", None, "ADD", ["add"]])
def test_an_action_that_is_none_is_denied(folder: Path, wish: Callable[..., Wrote], action: Any) -> None:
    assert "the action is none of" in wish("x.md", action).denied[0].reason
    assert visible(folder) == BEFORE


def test_a_file_that_is_not_there_is_not_modified(wish: Callable[..., Wrote]) -> None:
    assert wish("absent.md", "modify").denied[0].reason == "there is no such file to modify"


def test_deleting_what_is_not_there_changes_nothing_and_is_no_error(
    folder: Path, wish: Callable[..., Wrote]
) -> None:
    assert wish("absent.md", "delete") == Wrote((), ())
    assert SiloHistory(folder).changes() == []


LINKS: dict[str, Callable[[Path], None]] = {
    "x.md": lambda root: (root / "x.md").symlink_to("../secret.md"),
    "way/x.md": lambda root: (root / "way").symlink_to("../outside"),
    "dangling.md": lambda root: (root / "dangling.md").symlink_to("../outside/made.md"),
    "inner.md": lambda root: (root / "inner.md").symlink_to("notes.md"),
    "pipe.md": lambda root: os.mkfifo(root / "pipe.md"),
    "socket.md": lambda root: socket.socket(socket.AF_UNIX).bind(os.path.relpath(root / "socket.md")),
    "folder.md": lambda root: (root / "folder.md").mkdir(),
}


@pytest.mark.parametrize("action", ["add", "modify", "delete"])
@pytest.mark.parametrize("name", LINKS)
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_what_is_no_plain_file_is_left_alone(
    folder: Path, wish: Callable[..., Wrote], monkeypatch: pytest.MonkeyPatch, name: str, action: str
) -> None:
    monkeypatch.chdir(folder.parent)
    LINKS[name](folder)
    assert wish(name, action).denied
    assert outside(folder) == {"secret.md": SECRET}
    assert (folder / "notes.md").read_text() == "old"


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_swapped_in_between_check_and_use_is_not_followed(
    folder: Path, wish: Callable[..., Wrote], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    write = Folder.write

    def swapped(self: Folder, name: str, content: bytes) -> None:
        if name == "deep/more.md" and what == "file":
            (folder / name).unlink()
            (folder / name).symlink_to(folder.parent / "secret.md")
        if name == "deep/more.md" and what == "folder" and not (folder / "deep").is_symlink():
            (folder / "deep").rename(folder / "gone")
            (folder / "deep").symlink_to(folder.parent / "outside")
        write(self, name, content)

    monkeypatch.setattr(Folder, "write", swapped)
    wrote = wish("deep/more.md")
    assert outside(folder) == {"secret.md": SECRET}
    assert bool(wrote.written) is (what == "file")


@pytest.mark.parametrize("what", [".loom", ".loom/lock", ".loom/pending.json", ".loom/blobs"])
def test_a_history_that_is_a_link_out_of_the_folder_is_not_used(
    folder: Path, wish: Callable[..., Wrote], what: str
) -> None:
    (folder / what).parent.mkdir(exist_ok=True)
    (folder / what).symlink_to(folder.parent / "outside", target_is_directory=True)
    assert wish("x.md").denied
    assert outside(folder) == {"secret.md": SECRET}
    assert visible(folder) == BEFORE


@pytest.mark.parametrize("name", ["../secret.md", ".siloignore", "/etc/x.md"])
def test_a_planted_change_cannot_name_what_is_outside(
    folder: Path, wish: Callable[..., Wrote], name: str
) -> None:
    wish("x.md")
    edit = {"name": name, "before": None, "after": SiloHistory(folder).change(1).edits[0].after}
    planted = {"number": 2, "at": "2026-11-21T00:00:00+00:00", "by": "", "undoes": None, "edits": [edit]}
    (folder / ".loom" / "pending.json").write_text(json.dumps(planted))
    with pytest.raises(StorageError, match="is not a name that a change may touch"):
        SiloHistory(folder).undo(1, "me")
    assert outside(folder) == {"secret.md": SECRET}


def test_what_siloignore_keeps_from_the_model_is_kept_from_its_changes(
    folder: Path, wish: Callable[..., Wrote]
) -> None:
    (folder / ".siloignore").write_text("deep/\nnotes.md\n")
    for name in ("notes.md", "deep/more.md", "deep/new.md"):
        assert "is kept from the model" in wish(name).denied[0].reason
    assert visible(folder) == {**BEFORE, ".siloignore": "deep/\nnotes.md\n"}


def test_a_folder_that_may_only_be_read_is_not_written(folder: Path) -> None:
    update = {"silo": "rules", "action": "add", "filename": "x.md", "content": "new"}
    wrote = write_back([update], [FolderSilo("rules", str(folder)), ToolSilo("look", "a.B")], "tester")
    assert "may only be read" in wrote.denied[0].reason
    assert visible(folder) == BEFORE


@pytest.mark.parametrize("update", [None, 7, "add x.md", [], {}, {"silo": "other"}, {"silo": None}])
def test_what_is_no_update_is_denied(folder: Path, update: Any) -> None:
    assert len(write_back([update], [FolderSilo("learned", str(folder), writable=True)], "x").denied) == 1


def test_an_answer_changes_only_so_many_files(folder: Path) -> None:
    wishes = [
        {"silo": "learned", "action": "add", "filename": f"n{number}.md", "content": "x"}
        for number in range(MAX_UPDATES + 3)
    ]
    wrote = write_back(wishes, [FolderSilo("learned", str(folder), writable=True)], "tester")
    assert len(wrote.written[0].change.edits) == MAX_UPDATES
    assert len(wrote.denied) == 3


def test_a_folder_holds_only_so_much(
    folder: Path, wish: Callable[..., Wrote], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loom.worker.silos.updates.MAX_FILES", 3)
    monkeypatch.setattr("loom.worker.silos.updates.MAX_BYTES", 20)
    assert not wish("third.md").denied
    assert "would hold more" in wish("fourth.md").denied[0].reason
    assert "would hold more" in wish("third.md", content="x" * 20).denied[0].reason


def test_what_is_deleted_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = sorted(visible(folder))
    monkeypatch.setattr("loom.worker.silos.updates.MAX_FILES", len(there))
    wishes = [
        {"silo": "learned", "action": "delete", "filename": there[0]},
        {"silo": "learned", "action": "add", "filename": "new.md", "content": "x"},
    ]
    assert not write_back(wishes, [FolderSilo("learned", str(folder), writable=True)], "tester").denied
    assert sorted(visible(folder)) == sorted([*there[1:], "new.md"])


def test_several_wishes_for_one_file_count_in_their_order(folder: Path) -> None:
    wishes = [
        {"silo": "learned", "action": action, "filename": "n.md", "content": content}
        for action, content in (("add", "1"), ("modify", "2"), ("delete", ""), ("modify", "3"), ("add", "4"))
    ]
    wrote = write_back(wishes, [FolderSilo("learned", str(folder), writable=True)], "tester")
    assert [one.reason for one in wrote.denied] == ["there is no such file to modify"]
    assert visible(folder)["n.md"] == "4"
    assert len(wrote.written[0].change.edits) == 1


def test_two_spellings_of_one_name_in_one_answer_do_not_both_come_to_be(folder: Path) -> None:
    wishes = [
        {"silo": "learned", "action": "add", "filename": name, "content": "x"}
        for name in ("a/b.md", "A/c.md")
    ]
    wrote = write_back(wishes, [FolderSilo("learned", str(folder), writable=True)], "tester")
    assert wrote.denied[0].reason == "it differs from 'a' only in how it is spelled"


def test_the_documented_call_applies_what_is_allowed_and_logs_the_rest(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    silo = {"name": "learned", "type": "folder", "path": str(folder), "permissions": "read_write"}
    apply_silo_updates(
        [
            {"silo": "learned", "action": "modify", "filename": "notes.md", "content": "new"},
            {"silo": "learned", "action": "add", "filename": "../x.md", "content": "new"},
        ],
        [silo],
    )
    assert "## notes.md\nnew" in load_knowledge_silos([silo])
    assert "leads out of the folder" in caplog.text
