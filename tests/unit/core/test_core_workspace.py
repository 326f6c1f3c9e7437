"""The workspace: files inside it, and nothing outside."""

import json
import os

import pytest

from loom.core.workspace import WorkspaceManager


@pytest.fixture
def workspace(tmp_path) -> WorkspaceManager:
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws-secret").mkdir()
    (tmp_path / "ws-secret" / "key.json").write_text("{}")
    return WorkspaceManager(tmp_path / "ws")


def test_what_is_written_is_read_back(workspace):
    path = workspace.write_json("deep/er/result.json", {"a": "é"})
    assert path == workspace.resolve("deep/er/result.json")
    assert path.read_text(encoding="utf-8") == '{\n  "a": "é"\n}'
    assert workspace.read_json("deep/er/result.json") == {"a": "é"}


@pytest.mark.parametrize(
    "name", ["../ws-secret/key.json", "../../x", "a/../../ws-secret/key.json", "/etc/passwd", "a\0b"]
)
def test_a_path_out_of_the_workspace_is_refused(workspace, name: str):
    with pytest.raises(ValueError, match="Path traversal"):
        workspace.resolve(name)
    with pytest.raises(ValueError, match="Path traversal"):
        workspace.write_json(name, {})


def test_an_absolute_path_is_refused_even_into_the_workspace(workspace):
    path = workspace.write_json("a.json", {})
    with pytest.raises(ValueError, match="Path traversal"):
        workspace.read_json(str(path))


def test_a_link_out_of_the_workspace_is_refused(workspace):
    (workspace.workspace_dir / "link").symlink_to(workspace.workspace_dir.parent / "ws-secret")
    with pytest.raises(ValueError, match="Path traversal"):
        workspace.read_json("link/key.json")
    with pytest.raises(ValueError, match="Path traversal"):
        workspace.write_json("link/new.json", {})


def test_a_missing_file_is_not_found(workspace):
    with pytest.raises(FileNotFoundError, match="File not found"):
        workspace.read_text("nothing.txt")


def test_broken_json_is_a_json_error(workspace):
    (workspace.workspace_dir / "a.json").write_text("{")
    with pytest.raises(json.JSONDecodeError):
        workspace.read_json("a.json")


def test_data_that_is_not_json_leaves_no_file(workspace):
    with pytest.raises(TypeError):
        workspace.write_json("a.json", {"a": object()})
    assert list(workspace.workspace_dir.iterdir()) == []


def test_a_link_put_in_the_way_after_the_check_is_not_followed(workspace, monkeypatch):
    workspace.write_json("deep/a.json", {})
    check = WorkspaceManager._inside

    def swapping(self, name):
        path = check(self, name)
        if not (self.workspace_dir / "deep").is_symlink():
            (self.workspace_dir / "deep").rename(self.workspace_dir / "gone")
            (self.workspace_dir / "deep").symlink_to(self.workspace_dir.parent / "ws-secret")
        return path

    monkeypatch.setattr(WorkspaceManager, "_inside", swapping)
    with pytest.raises(ValueError, match="became a link"):
        workspace.write_json("deep/key.json", {"mine": 1})
    assert (workspace.workspace_dir.parent / "ws-secret" / "key.json").read_text() == "{}"


def test_a_link_that_stays_inside_is_followed(workspace):
    workspace.write_json("deep/a.json", {"a": 1})
    (workspace.workspace_dir / "link").symlink_to("deep")
    assert workspace.read_json("link/a.json") == {"a": 1}
    workspace.write_json("link/b.json", {})
    assert workspace.read_json("deep/b.json") == {}


def test_what_is_no_file_is_not_waited_for(workspace):
    os.mkfifo(workspace.workspace_dir / "pipe")
    with pytest.raises(OSError, match="not a file"):
        workspace.read_text("pipe")
