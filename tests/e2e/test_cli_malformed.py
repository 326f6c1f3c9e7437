"""Files that are wrong in every way: each fault has its file, line and remedy, and JSON is told as JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

Loom = Callable[..., Any]
in_one_home = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CASES = [json.dumps({"name": f"c{n}", "input": {"text": "a\nb ü"}, "tags": ["x"]}) for n in range(9)]
TEXTS = {
    "s.json": '{"name": "s", "cases": [\n' + ",\n".join(CASES) + "\n]}\n",
    "list.json": "[\n" + ",\n".join(CASES) + "\n]",
    "s.jsonl": "\n".join(CASES) + "\n",
}
ODD = {
    '"\\ud83d"': "half",
    '["\\udc00"]': "half",
    "NaN": "NaN is not JSON",
    "[1, -Infinity]": "-Infinity is not JSON",
    "1e999": "not a number that JSON can hold",
    "9" * 5000: "not a number that JSON can hold",
    "[" * 60 + "]" * 60: "deep",
    "[" * 20_000: "deep",
    '{"k": 1, "k": 2}': "twice",
}
WORKER = "name: w\nsystem_prompt: x\ninput_schema: {type: object}\noutput_schema: {type: object}\n"


def told(loom: Loom, name: str) -> list[dict[str, Any]]:
    """What `loom validate` says of the file `name`, once each fault was seen to have all it needs."""
    said = loom("validate", "--json", name)
    assert (said.status in (0, 1), said.errors) == (True, "")
    errors: list[dict[str, Any]] = said.json[0]["errors"]
    for error in errors:
        assert error["file"] == name
        assert error["what"]
        assert error["line"] >= 1, error
        assert error["remedy"], error
    assert (said.status == 1) == bool(errors)
    return errors


@in_one_home
@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_a_suite_in_json_that_is_cut_or_spoilt_anywhere_is_told_in_words_of_json(
    loom: Loom, home: Path, name: str, data: st.DataObject
) -> None:
    text = TEXTS[name].encode()
    at = data.draw(st.integers(0, len(text)))
    dirt = data.draw(
        st.sampled_from([None, b"", b",", b'"', b"]", b"}{", b"\x00", b"\xff", b"'", b"nul", b"\\"])
    )
    (home / name).write_bytes(text[:at] if dirt is None else text[:at] + dirt + text[at:])
    for error in told(loom, name):
        assert "YAML" not in error["what"]
        assert error["line"] <= text.count(b"\n") + 1


@in_one_home
@given(st.sampled_from(["s.json", "s.jsonl"]), st.integers(0, 2_000), st.sampled_from(sorted(ODD)))
@example("s.jsonl", 2_000, r'"\ud83d"')
def test_what_json_does_not_know_is_told_at_its_line_and_column(
    loom: Loom, home: Path, name: str, number: int, odd: str
) -> None:
    cases = [f'{{"input": {{"n": {n}}}}}' for n in range(2_001)]
    cases[number] = f'{{"input": {{"n": {odd}}}}}'
    as_lines = name.endswith("l")
    text = "\n".join(cases) if as_lines else '{"cases": [\n' + ",\n".join(cases) + "\n]}"
    (home / name).write_text(text + " " * 300_000)  # beyond what is read as YAML too
    (error,) = told(loom, name)
    assert ODD[odd] in error["what"]
    assert error["line"] == number + (1 if as_lines else 2)
    assert error["column"] >= len('{"input": {"n": ')


def test_cases_that_are_wrong_anywhere_have_line_and_column(loom: Loom, home: Path) -> None:
    cases = ['{"input": {}}'] * 30_000
    cases[20_000] = '{"weight": 0, "input": {}}'
    (home / "s.json").write_text("[\n " + ",\n ".join(cases) + "]")
    (error,) = told(loom, "s.json")
    assert (error["line"], error["column"], error["value"]) == (20_002, 13, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"cases": [{"input": {}}]', "1:26: is not JSON: it ends too early; close what is open"),
        ('{"cases": [{"input": {}},]}', "1:26: is not JSON: Expecting value (got ']}'); take out the comma"),
        ('{"input": {}}\n{"input": {}}', "2:1: is not JSON: Extra data (got '{\"input\": {}}'); take it out"),
        ('{"cases": [], "cases": []}', "1:15: 'cases' is given twice, first in line 1"),
        ('{"cases": {"a": 1}}', "1:11: 'cases' is not a list (got {'a': 1}); give a list of cases"),
        ('{"name": "a"} ' + " " * 300_000, "1:1: 'cases' has no cases"),
        (" " * 300_000, "1:1: is empty"),
        ('{"system_prompt": "a"}' + " " * 300_000, "is a worker, not a suite; give the file of a suite"),
        ('{"x": 1, ' + ",".join(f'"{n}": 1' for n in range(50_000)) + "}", "has more than 1,000 keys"),
        ('[{"input": {"a": [' + "1," * 600_000 + "1]}}]", "1:2: is a value of more than 250,000 parts"),
    ],
)
def test_a_document_that_is_no_suite_is_told_why(loom: Loom, home: Path, text: str, words: str) -> None:
    (home / "configs/suites").mkdir(parents=True)
    (home / "configs/suites/s.json").write_text(text)
    found = loom("validate", "configs/suites/s.json")
    assert (found.status, words in found.out) == (1, True), found.out


@in_one_home
@example("few_shot", [{"input": 1, "output": []}])
@example("knowledge_silos", [1])
@given(
    st.sampled_from(
        [
            "name",
            "system_prompt",
            "model",
            "endpoint",
            "temperature",
            "top_p",
            "seed",
            "timeout_seconds",
            "max_input_tokens",
            "max_output_tokens",
            "few_shot",
            "knowledge_sources",
            "knowledge_silos",
            "input_schema",
            "default_model_tier",
            "worker_kind",
            "backend_config",
            "workspace_dir",
            "resolve_file_refs",
            "reset_after_task",
            "description",
        ]
    ),
    st.recursive(
        st.none() | st.booleans() | st.sampled_from(["", "a\nb", "x" * 100_000, 0, -1, 1e300, 1.5, 10**30]),
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "type", "a"]), inner)
        ),
        max_leaves=4,
    ),
)
def test_whatever_a_key_of_a_worker_holds_each_fault_says_how_to_mend_it(
    loom: Loom, home: Path, key: str, value: object
) -> None:
    kept = [line for line in WORKER.splitlines() if not line.startswith(f"{key}:")]
    (home / "w.yaml").write_text("\n".join([*kept, f"{key}: {json.dumps(value)}", ""]))
    assert len(told(loom, "w.yaml")) < 50


@in_one_home
@given(
    st.sampled_from(["every", "first", "after_chars"]),
    st.sampled_from([-1, 1.5, 1e300, "x", True, None, []]),
)
def test_a_fault_plan_with_a_number_that_cannot_be_is_refused_at_its_line(
    loom: Loom, home: Path, key: str, value: object
) -> None:
    spare = "" if key in ("every", "first") else "    every: 0\n"
    (home / "f.yaml").write_text(
        f"faults:\n  - name: '503'\n{spare}    {key}: {json.dumps(value)}\n    hue: 1\n"
    )
    refused = loom("sim", "--port", "0", "--faults", "f.yaml")
    lines = refused.errors.splitlines()
    assert refused.status == 1
    assert any(line.startswith(f"✗ f.yaml:{4 if spare else 3}:") and ";" in line for line in lines), lines
    assert any("'faults[0].hue' is not a key of a fault (got 1); use " in line for line in lines)


@pytest.mark.parametrize(
    ("provider", "config", "words"),
    [
        ("nowhere.Tools", "{}", "ModuleNotFoundError: No module named 'nowhere'"),
        ("json.Nothing", "{}", "'Nothing'"),
        ("json.JSONDecoder", "{}", "is not a ToolProvider"),
        ("tools.Clock", "{zone: 1}", "unexpected keyword argument 'zone'"),
    ],
)
def test_a_tool_that_cannot_be_had_is_told_with_class_line_and_remedy(
    loom: Loom, home: Path, provider: str, config: str, words: str
) -> None:
    (home / "tools.py").write_text(
        "from loom.worker.tools import SyncToolProvider\nclass Clock(SyncToolProvider): ...\n"
    )
    silo = f"knowledge_silos:\n  - {{name: a, type: tool, provider: {provider}, config: {config}}}\n"
    (home / "w.yaml").write_text(WORKER + silo)
    at = "w.yaml:6:27: 'knowledge_silos[0].provider'"
    found = loom("validate", "w.yaml").out.replace("\n    ", " ")
    assert (f"warning: {at}" in found, words in found, f"(got '{provider}'); " in found) == (True,) * 3, found
    refused = loom("test", "./w.yaml", "--input", "{}")
    assert refused.status == 1
    assert "w.yaml:6:37: 'knowledge_silos[0].provider' cannot be loaded" in refused.errors
    assert f"(got '{provider}'); check the path, 'config' of the silo 'a'" in refused.errors
