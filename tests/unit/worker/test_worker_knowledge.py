"""Knowledge files and folders become prompt text, whole or not at all."""

from pathlib import Path

import pytest

from loom.core.errors import ConfigError
from loom.worker.knowledge import load_knowledge_silos, load_knowledge_sources


def written(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_reference_stands_under_its_files_name(tmp_path: Path) -> None:
    path = written(tmp_path / "terms.md", "# Terms\n")
    assert load_knowledge_sources([{"path": path}]) == "--- Reference: terms.md ---\n# Terms"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shots.yaml", "- input: one\n  output: {n: 1}\n- {input: two, output: II}\n"),
        ("shots.jsonl", '{"input": "one", "output": {"n": 1}}\n\n{"input": "two", "output": "II"}\n'),
    ],
)
def test_few_shot_examples_are_numbered(tmp_path: Path, name: str, text: str) -> None:
    source = {"path": written(tmp_path / name, text), "inject_as": "few_shot"}
    assert load_knowledge_sources([source]) == (
        "--- Few-Shot Examples ---\n"
        'Example 1:\nInput: one\nOutput: {"n": 1}\n\n'
        "Example 2:\nInput: two\nOutput: II"
    )


def test_few_shot_text_of_another_format_is_given_as_it_is(tmp_path: Path) -> None:
    source = {"path": written(tmp_path / "shots.md", "Q: one\nA: 1"), "inject_as": "few_shot"}
    assert load_knowledge_sources([source]) == "--- Few-Shot Examples ---\nQ: one\nA: 1"


def test_every_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad_line = written(tmp_path / "shots.jsonl", '{"input": 1, "output": 2}\n{oops')
    bad_entry = written(tmp_path / "shots.yaml", "- input: 1\n  output: 2\n- text: 3\n")
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    sources = [
        {"path": str(tmp_path / "absent.md")},
        {"path": bad_line, "inject_as": "few_shot"},
        {"path": bad_entry, "inject_as": "few_shot"},
        {"path": str(tmp_path / "latin.md")},
    ]
    with pytest.raises(ConfigError) as caught:
        load_knowledge_sources(sources)
    absent, line, entry, latin = map(str, caught.value.problems)
    assert "'knowledge_sources[0].path' cannot be read: No such file" in absent
    assert line.startswith(f"{bad_line}:2:2: is not JSON")
    assert entry.startswith(f"{bad_entry}:3: is not an example")
    assert "latin.md: is not UTF-8 text" in latin


def test_a_folder_is_read_recursively_in_the_order_of_its_paths(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.txt", "c.toml", "picture.png"):
        written(tmp_path / name, f"text of {name}\n")
    assert load_knowledge_silos([{"name": "rules", "type": "folder", "path": str(tmp_path)}]) == (
        "--- Knowledge Silo: rules ---\n\n"
        "## a/z.txt\ntext of a/z.txt\n\n## b.md\ntext of b.md\n\n## c.toml\ntext of c.toml"
    )


def test_siloignore_leaves_files_out_as_gitignore_would(tmp_path: Path) -> None:
    for name in ("a.md", "drafts/b.md", "old/c.tmp.md", "keep.tmp.md"):
        written(tmp_path / name, name)
    written(tmp_path / ".siloignore", "# what is not ready\ndrafts/\n*.tmp.md\n!keep.tmp.md\n")
    text = load_knowledge_silos([{"name": "rules", "type": "folder", "path": str(tmp_path)}])
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## a.md", "## keep.tmp.md"]


def test_tools_and_empty_folders_add_nothing(tmp_path: Path) -> None:
    tool = {"name": "look", "type": "tool", "provider": "some.where.Tool"}
    assert load_knowledge_silos([tool, {"name": "new", "type": "folder", "path": str(tmp_path)}]) == ""


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"'knowledge_silos\[0\].path' cannot be read: there is no such folder"
    ):
        load_knowledge_silos([{"name": "rules", "type": "folder", "path": str(tmp_path / "absent")}])
