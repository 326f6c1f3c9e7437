"""Which files of a folder a model is given, and which not."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loom.core.errors import ConfigError
from loom.worker.knowledge import load_knowledge_silos, load_knowledge_sources
from loom.worker.silos.folder import list_folder

FILES = (
    *(
        "a.md",
        "keep.md",
        "drafts/b.md",
        "drafts/keep.md",
        "drafts/deep/keep.md",
        "old/c.tmp.md",
        "old/keep.tmp.md",
    ),
    *("build/x.md", "src/build/y.md", "a b.md", "#note.md", "!bang.md", "x/y/z.md", "x/z.md", "notes.txt"),
)
IGNORES = (
    "*.md\n!keep.md\n",
    "drafts/\n!drafts/keep.md\n",
    "drafts/*\n!drafts/keep.md\n",
    "drafts\n",
    "/build\n",
    "build/\n",
    "**/z.md\n",
    "x/**/z.md\n",
    "x/*/z.md\n",
    "*.tmp.md\n!keep.tmp.md\n",
    "# a comment\n\\#note.md\n\\!bang.md\n",
    "a\\ b.md   \n",
    "*\n!*/\n!keep.md\n",
    "[a-k]*.md\n",
    "drafts\n!drafts/\n",
    "*\n!*/\n*/deep/\n!b.md\n",
    "x/**\n!x/z.md\n",
    "**/y/\n**/build/**\n",
    "/*\n!/src\n",
    "/*.md\n",
    "keep.md/\nx/y\n",
    "?.md\n",
    "",
)


def written(root: Path, **files: str) -> Path:
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def names(root: Path) -> list[str]:
    return [one.name for one in list_folder(root).files]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
@pytest.mark.parametrize("patterns", IGNORES)
def test_siloignore_means_what_gitignore_means(tmp_path: Path, patterns: str) -> None:
    root = written(tmp_path / "silo")
    (root / ".siloignore").write_text(patterns)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    git = ["git", "-C", str(root), "-c", "core.quotePath=off"]
    subprocess.run([*git, "init", "-q"], check=True, env=environment)
    asked = [*git, "ls-files", "--others", "--exclude-from=.siloignore"]
    listed = subprocess.run(asked, check=True, env=environment, capture_output=True, text=True).stdout
    assert names(root) == sorted(name for name in listed.splitlines() if name != ".siloignore")


def test_the_order_does_not_depend_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = written(tmp_path)
    first = load_knowledge_silos([{"name": "k", "type": "folder", "path": str(root)}])
    for name in reversed(FILES):
        (root / name).touch()
        (root / name).rename(root / f"{name}.moved")
        (root / f"{name}.moved").rename(root / name)
    assert load_knowledge_silos([{"name": "k", "type": "folder", "path": str(root)}]) == first


def test_hidden_files_and_other_endings_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / ".hidden.md").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "no.md").write_text("x")
    (tmp_path / ".siloignore").write_text("no.md")
    left = {one.name: one.why for one in list_folder(tmp_path).left_out}
    assert left == {
        ".git": "hidden",
        ".hidden.md": "hidden",
        "no.md": "named in .siloignore",
        "picture.png": "no text file by its ending",
    }


def refused(root: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_knowledge_silos([{"name": "k", "type": "folder", "path": str(root)}])
    return str(caught.value)


@pytest.mark.parametrize("target", ["../secret.md", "../outside", "/etc/hostname", "nowhere/../../secret.md"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "silo").mkdir()
    (tmp_path / "silo" / "x.md").symlink_to(target)
    assert "x.md: is a link that leads out of the folder; put a copy there" in refused(tmp_path / "silo")
    (tmp_path / "silo" / ".siloignore").write_text("x.md")
    assert names(tmp_path / "silo") == []


def test_a_mounted_configmap_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "rules.md").write_text("rules")
    (tmp_path / "..2026" / "sub").mkdir()
    (tmp_path / "..2026" / "sub" / "more.md").write_text("more")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "rules.md").symlink_to("..data/rules.md")
    (tmp_path / "sub").symlink_to("..data/sub")
    assert [(one.name, one.text) for one in list_folder(tmp_path).files] == [
        ("rules.md", "rules"),
        ("sub/more.md", "more"),
    ]


def test_a_folder_that_links_to_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("x")
    (tmp_path / "a" / "loop").symlink_to("..")
    assert names(tmp_path) == ["a/x.md"]


def test_a_link_put_in_the_way_after_the_check_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.md").write_text("secret")
    root = tmp_path / "silo"
    root.mkdir()
    (root / "x.md").write_text("x")
    realpath = os.path.realpath

    def swapping(path: Any) -> str:
        real = realpath(path)
        if str(path).endswith("x.md"):
            (root / "x.md").unlink()
            (root / "x.md").symlink_to("../secret.md")
        return real

    monkeypatch.setattr(os.path, "realpath", swapping)
    assert "'x.md' is a link" in refused(root)


def test_every_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    (tmp_path / "binary.txt").write_bytes(b"text\0text")
    os.mkfifo(tmp_path / "pipe.md")
    told = refused(tmp_path)
    assert "latin.md: is not UTF-8 text: byte 4 is 0xe9; save it as UTF-8" in told
    assert "binary.txt: is not text: it holds a NUL byte" in told
    assert "pipe.md: is neither a file nor a folder" in told


@pytest.mark.parametrize("cap", ["MAX_FILES", "MAX_BYTES", "_MOST_ENTRIES", "MAX_FILE_BYTES"])
def test_a_folder_that_holds_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cap: str
) -> None:
    monkeypatch.setattr(f"loom.worker.silos.folder.{cap}", 3)
    told = refused(written(tmp_path))
    assert "more than 3" in told or "larger than 3 bytes" in told


def test_a_pipe_as_a_source_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(ConfigError, match="it is not a file"):
        load_knowledge_sources([{"path": str(tmp_path / "pipe.md")}])


@pytest.mark.parametrize(
    ("name", "text", "numbered"),
    [
        ("shots.json", '[{"input": "one", "output": 1}]', True),
        ("shots.json", '{"input": "one"}', False),
        ("shots.yaml", "- one\n- two\n", False),
        ("shots.yaml", "just: text\n", False),
    ],
)
def test_a_list_of_examples_is_numbered_and_anything_else_given_as_it_is(
    tmp_path: Path, name: str, text: str, *, numbered: bool
) -> None:
    (tmp_path / name).write_text(text)
    told = load_knowledge_sources([{"path": str(tmp_path / name), "inject_as": "few_shot"}])
    assert told == "--- Few-Shot Examples ---\n" + (
        "Example 1:\nInput: one\nOutput: 1" if numbered else text.strip()
    )


@pytest.mark.parametrize(
    ("name", "text"), [("s.json", '[{"input": 1,}]'), ("s.json", "[NaN]"), ("s.yaml", "- {a: ")]
)
def test_examples_that_cannot_be_parsed_are_an_error_with_their_file(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_knowledge_sources([{"path": str(tmp_path / name), "inject_as": "few_shot"}])
    assert caught.value.problems[0].file == str(tmp_path / name)
