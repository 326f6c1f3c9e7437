"""Wrong and hostile promptfoo configurations: nothing is run, fetched, or read elsewhere; every problem has its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promptfoo_configs import QUESTION, imported, left

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.worker_config import WorkerConfig
from loom.evaluation.suites.importing import plan_import
from loom.evaluation.suites.promptfoo import import_promptfoo
from loom.evaluation.suites.yaml_files import yaml_text


@pytest.mark.parametrize(
    "name", ["file://../secret.txt", "file:///etc/hostname", "file://link.txt", "file://*/../../*.txt"]
)
@pytest.mark.parametrize("key", ["prompts", "tests", "vars", "value"])
def test_nothing_outside_of_the_folder_is_read(name: str, key: str, tmp_path: Path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("canary")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    test: Json = {"vars": {"question": "q"}, "assert": [{"type": "contains", "value": "x"}]}
    keys: Json = {}
    if key == "vars":
        test["vars"]["question"] = name
    elif key == "value":
        test["assert"][0]["value"] = name
    else:
        keys[key] = [name]
    with pytest.raises(ConfigError, match=r"leads out of|not there") as caught:
        imported(folder, keys.pop("tests", [test]), **keys)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "https://example.com/tests.csv",
        "huggingface://datasets/x",
        "file://make.py",
        "file://make.js:tests",
    ],
)
def test_nothing_is_fetched_and_no_code_runs(value: str, tmp_path: Path):
    (tmp_path / "make.py").write_text("raise SystemExit('it ran')")
    made = imported(tmp_path, [value, {"vars": {"question": "q"}}])
    assert len(made.suite.cases) == 1
    assert any("import" in why for why in left(made).values())


@pytest.mark.parametrize("ending", [".json", ".yaml"])
def test_a_configuration_that_is_too_large_is_told_from_a_suite(ending: str, tmp_path: Path):
    tests = [{"vars": {"question": f"{number} " * 50}} for number in range(3_000)]
    path = tmp_path / f"promptfooconfig{ending}"
    path.write_text(json.dumps({"prompts": ["{{question}}"], "providers": ["openai:gpt-4o"], "tests": tests}))
    with pytest.raises(ConfigError, match="is a promptfoo configuration of more than 256 kB; move its tests"):
        plan_import(path, tmp_path / "configs")


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path):
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(
        "prompts: [{label: x}]\nproviders: [{config: {}, y: 1}]\ntests:\n  - 3\n  - vars: [1]\n"
        "  - {vars: {question: q}, assert: [text]}\n  - file://none.csv\n"
    )
    with pytest.raises(ConfigError) as caught:
        import_promptfoo(path)
    assert [problem.line for problem in caught.value.problems] == [1, 2, 4, 5, 7]


def test_an_assertion_that_is_none_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"tests\[0\]\.assert\[0\]' is not an assertion"):
        imported(tmp_path, [{"vars": {"question": "q"}, "assert": ["text"]}])


def test_a_broken_row_of_a_table_is_named(tmp_path: Path):
    (tmp_path / "t.csv").write_text("question,b\n1,2\n1,2,3\n")
    (tmp_path / "u.jsonl").write_text('{"vars": {"question": "q"}}\n{"vars"\n')
    with pytest.raises(ConfigError) as caught:
        imported(tmp_path, ["file://t.csv", "file://u.jsonl"])
    assert {(one.file, one.line) for one in caught.value.problems} == {("t.csv", 3), ("u.jsonl", 2)}


def test_values_that_multiply_without_end_are_refused(tmp_path: Path):
    many = {f"v{number}": list(range(100)) for number in range(8)}
    with pytest.raises(ConfigError, match="200,000"):
        imported(tmp_path, [{"vars": {"question": "q", **many}}])


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.sampled_from(["x", "file://x.yaml", "{{a}}", "openai:m"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "vars",
                        "assert",
                        "type",
                        "value",
                        "id",
                        "config",
                        "tests",
                        "options",
                        "metadata",
                        "raw",
                    ]
                ),
                inner,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["prompts", "providers", "tests", "defaultTest", "scenarios", "assertionTemplates"]),
)
def test_any_shape_is_imported_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: JsonValue, key: str
):
    folder = tmp_path_factory.getbasetemp()
    config: Json = {
        "prompts": [QUESTION],
        "providers": ["openai:m"],
        "tests": [{"vars": {"question": "q"}}],
        key: value,
    }
    path = folder / "any.yaml"
    path.write_text(yaml_text(config))
    problems: tuple[Problem, ...] = ()
    try:
        made = import_promptfoo(path)
        assert all(WorkerConfig.from_mapping(worker.definition) for worker in made.workers)
    except ConfigError as error:
        problems = error.problems
    assert all(problem.what for problem in problems)


@pytest.mark.parametrize("opening", ["{{", "{%", "{#", "{{a.", "{{ a | "])
def test_a_prompt_of_opened_brackets_takes_no_time_and_is_listed(opening: str, tmp_path: Path):
    (tmp_path / "p.txt").write_text(opening * 20_000)
    made = imported(tmp_path, [{"vars": {"question": "q"}}], prompts=["file://p.txt"])
    assert any("{{name}}" in why for why in left(made).values())


def test_a_prompt_too_large_for_a_worker_is_refused(tmp_path: Path):
    (tmp_path / "p.txt").write_text("x" * 300_000)
    with pytest.raises(ConfigError, match="larger than 256 kB"):
        imported(tmp_path, [{}], prompts=["file://p.txt"])
