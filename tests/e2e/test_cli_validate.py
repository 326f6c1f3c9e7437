"""`loom validate`: what is wrong, where, and a status that a script can use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loom.catalog.library import shipped_configs

SHIPPED = shipped_configs()
WORKER = "name: w\nsystem_prompt: Say hello.\ninput_schema: {type: object}\noutput_schema: {type: object}\n"


@pytest.fixture
def file(home: Path) -> Callable[..., str]:
    def write(name: str, content: str | bytes) -> str:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


def test_everything_shipped_is_valid(loom: Callable[..., Any]) -> None:
    found = loom("validate", "--all", "--configs-dir", str(SHIPPED))
    assert found.status == 0, found.out
    assert "✓ [worker]" in found.out
    assert "✓ [suite]" in found.out
    assert "config(s) valid" in found.out


def test_each_problem_is_told_with_its_line_and_counted(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    file("good.yaml", WORKER.replace("name: w", "name: good"))
    file("bad.yaml", WORKER + "temperature: hot\ndefault_model_tier: big\n")
    found = loom("validate", "good.yaml", "bad.yaml")
    assert found.status == 1
    lines = found.out.splitlines()
    assert lines[0] == "✓ [worker] good.yaml"
    assert lines[1] == "✗ [worker] bad.yaml"
    assert lines[2].startswith("    bad.yaml:5:")
    assert "1 invalid, 1 valid" in lines


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: [", "Invalid YAML"),
        ("", "empty"),
        ("colour: red\n", "Cannot detect config type"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told_so(
    loom: Callable[..., Any], file: Callable[..., str], content: str | bytes, words: str
) -> None:
    found = loom("validate", file("f.yaml", content))
    assert (found.status, words in found.out) == (1, True), found.out


def test_windows_line_endings_and_a_byte_order_mark_do_no_harm(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    name = file("w.yaml", b"\xef\xbb\xbf" + WORKER.replace("\n", "\r\n").encode())
    assert loom("validate", name).status == 0


def test_a_missing_file_is_invalid_and_no_file_at_all_is_wrong_use(loom: Callable[..., Any]) -> None:
    missing = loom("validate", "nowhere.yaml")
    assert (missing.status, "File not found" in missing.out) == (1, True)
    none = loom("validate")
    assert (none.status, "Provide config file paths" in none.errors) == (2, True)
    folder = loom("validate", "--all", "--configs-dir", "nowhere")
    assert (folder.status, "No YAML files found" in folder.errors) == (2, True)


def test_templates_and_hidden_files_are_left_out_of_all(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    file("configs/workers/_template.yaml", "a: [")
    file("configs/workers/.hidden.yaml", "a: [")
    file("configs/workers/deep/w.yaml", WORKER)
    found = loom("validate", "--all")
    assert (found.status, "1 config(s) valid" in found.out) == (0, True), found.out


def test_json_names_each_problem_with_file_line_and_field(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    found = loom("validate", "--json", file("w.yaml", WORKER + "temperature: 2020-01-01\n"))
    (one,) = found.json
    assert (found.status, one["kind"], one["valid"]) == (1, "worker", False)
    assert {"file": "w.yaml", "line": 5, "field": "temperature"}.items() <= one["errors"][0].items()


def test_a_suite_of_rows_and_a_large_one_are_known_as_suites(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    loom("suite", "export", "classifier", "--to", "s.parquet")
    large = '{"cases": [' + ",".join(f'{{"input": {{"x": "{"y" * 300}{n}"}}}}' for n in range(1000)) + "]}"
    found = loom("validate", "s.parquet", file("s.json", large))
    assert (found.status, found.out.count("✓ [suite]")) == (0, 2)
    refused = loom("validate", file("s.yaml", large))
    assert "loom suite export s.yaml --to s.jsonl" in refused.out
    assert loom("suite", "export", "./s.yaml", "--to", "s.jsonl").status == 0


def test_a_worker_that_is_not_called_as_its_file_or_as_another_is_warned_of(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    folder = "configs/workers"
    file(f"{folder}/w.yaml", WORKER)
    file(f"{folder}/w_v2.yaml", WORKER)
    found = loom("validate", "--all")
    told = [line.strip() for line in found.out.splitlines() if "warning: " in line]
    assert found.status == 0
    begins, why = f"warning: {folder}/w_v2.yaml", "runs and baselines go by this one"
    assert told == [
        f"{begins}:1:1: 'name' is not the file's name, w_v2: {why} (got 'w'); write `name: w_v2`, or rename the file",
        f"{begins}: 'name' is the name of {folder}/w.yaml too (got 'w'); rename one",
    ]


def test_what_cannot_be_read_is_called_what_its_folder_says(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    assert "✗ [worker] " in loom("validate", file("configs/workers/slip.yaml", "a: [")).out


def test_a_pipeline_is_held_against_the_contracts_of_the_workers_beside_it(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    given = "{type: object, properties: {%s: {type: string}}, required: [%s]}"
    for name, takes, gives in (("first", "text", "tone"), ("second", "mood", "reply")):
        text = f"name: {name}\nsystem_prompt: x\ninput_schema: {given % (takes, takes)}\n"
        file(f"mine/workers/{name}.yaml", f"{text}output_schema: {given % (gives, gives)}\n")
    stages = """name: mail
pipeline_stages:
  - {name: a, worker_type: first, input_mapping: {text: goal.context.text}}
  - name: b
    worker_type: second
    input_mapping: {mood: a.output.tone}
    condition: a.output.tone == calm
"""
    file("mine/pipelines/mail.yaml", stages)
    assert "warning" not in loom("validate", "mine/pipelines/mail.yaml").out
    wrong = stages.replace("{mood: a.output.tone}", "{text: a.output.reply}").replace("tone ==", "calm ==")
    file("mine/pipelines/mail.yaml", wrong)
    found = loom("validate", "mine/pipelines/mail.yaml")
    assert found.status == 0
    out = " ".join(found.out.split())
    assert "mail.yaml:6:5: 'pipeline_stages[1].input_mapping' leaves out what 'second' needs: mood" in out
    assert "mail.yaml:6:21: 'pipeline_stages[1].input_mapping.text' reads 'reply', which 'first'" in out
    assert "mail.yaml:7:5: 'pipeline_stages[1].condition' reads 'calm', which 'first' does not promise" in out


def test_a_misspelt_key_hides_no_other_mistake(loom: Callable[..., Any], file: Callable[..., str]) -> None:
    mistakes = "system_promt: Say hello.\ntemperature: hot\ndefault_model_tier: big\n"
    found = loom("validate", file("w.yaml", f"name: w\n{mistakes}"))
    assert found.out.startswith("✗ [worker] w.yaml")
    for line, words in (
        (2, "did you mean 'system_prompt'?"),
        (3, "'temperature'"),
        (4, "'default_model_tier'"),
    ):
        assert any(f"w.yaml:{line}:" in told and words in told for told in found.out.splitlines())


@pytest.mark.parametrize("name", ["s.yaml", "s.json"])
@pytest.mark.parametrize(("case", "status"), [('{"input": {"text": "a"}}', 0), ('{"inputs": {}}', 1)])
def test_a_list_of_cases_is_a_suite(
    loom: Callable[..., Any], file: Callable[..., str], name: str, case: str, status: int
) -> None:
    found = loom("validate", file(name, f"[{case}]"))
    assert (found.status, f"[suite] {name}" in found.out) == (status, True)


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("model: [1]", "write text"),
        ('temperature: "0.5"', "write a number, without quotes"),
        ("timeout_seconds: 1e300", "use at most 1,000,000,000,000,000"),
        ("seed: 0xFFFFFFFFFFFFFFFF", "use at most 9,223,372,036,854,775,807"),
    ],
)
def test_every_wrong_value_has_its_remedy(
    loom: Callable[..., Any], file: Callable[..., str], line: str, remedy: str
) -> None:
    (told,) = loom("validate", file("w.yaml", f"{WORKER}{line}\n"), "--json").json
    assert remedy in {problem["remedy"] for problem in told["errors"]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"system_prompt": "a', "f.json:1:19: is not JSON: Unterminated string"),
        (r'{"system_prompt": "\ud800"}', "is not JSON: half a character"),
    ],
)
def test_broken_json_is_told_as_json(
    loom: Callable[..., Any], file: Callable[..., str], content: str, told: str
) -> None:
    assert told in loom("validate", file("f.json", content)).out


def test_a_worker_that_is_too_large_is_not_called_a_suite(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    found = loom("validate", file("workers/w.yaml", WORKER + "#" * 300_000))
    assert "✗ [worker] workers/w.yaml" in found.out
    assert "is larger than 256 kB; split the file" in found.out


def test_all_of_a_folder_that_holds_nothing_is_refused_beside_files_too(
    loom: Callable[..., Any], file: Callable[..., str]
) -> None:
    refused = loom("validate", "--all", file("w.yaml", WORKER))
    assert (refused.status, "No YAML files found in 'configs'" in refused.errors) == (2, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [('"a\\nb"', "line break"), ('"a\\0b"', "control character"), ("x" * 201, "longer than 200 characters")],
)
def test_a_name_that_no_list_could_show_is_refused(
    loom: Callable[..., Any], file: Callable[..., str], name: str, words: str
) -> None:
    found = loom("validate", file("w.yaml", WORKER.replace("name: w", f"name: {name}")))
    assert (found.status, words in found.out) == (1, True)


def test_a_folder_means_all_that_is_defined_below_it(loom: Callable[..., Any], home: Path) -> None:
    shown = loom("validate", str(SHIPPED / "workers"), str(SHIPPED / "suites" / "classifier.yaml"))
    assert (shown.status, "[worker]" in shown.out, "[suite]" in shown.out) == (0, True, True)
    (home / "bare").mkdir()
    bare = loom("validate", "bare")
    assert (bare.status, "bare: is not a file, but a folder" in bare.out) == (1, True)
