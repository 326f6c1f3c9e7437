"""Worker definitions: what is right becomes a typed value, what is wrong is named with its place."""

import sys

import pytest

from loom.core.errors import ConfigError
from loom.core.worker_config import (
    Example,
    FolderSilo,
    InjectAs,
    KnowledgeSource,
    Tier,
    ToolSilo,
    WorkerConfig,
    WorkerKind,
    WriteBack,
    load_worker,
)
from loom.core.worker_rules import check_worker
from loom.core.yamlfile import parse_yaml

FULL = """
schema: loom/v1
name: extractor
description: Finds names.
system_prompt: Find names.
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
output_schema: {type: object}
default_model_tier: local
max_input_tokens: 8000
max_output_tokens: 500
knowledge_sources:
  - path: terms.md
  - {path: shots.yaml, inject_as: few_shot}
knowledge_silos:
  - {name: rules, type: folder, path: rules/, mode: read}
  - {name: notes, type: folder, path: notes/, mode: readwrite, write_back: propose}
  - {name: old, type: folder, path: old/, permissions: read_write}
  - {name: older, type: folder_readwrite, path: older/}
  - {name: lookup, type: tool, provider: my.tools.Lookup, config: {db: x}}
  - {name: lookup2, type: tool, tool_provider: my.tools.Lookup, tool_config: {db: y}}
workspace_dir: /tmp/ws
resolve_file_refs: [file_ref]
reset_after_task: true
timeout_seconds: 30
temperature: 0.2
top_p: 0.9
seed: 7
model: some-model
endpoint: mine
few_shot:
  - {input: {text: Ann}, output: {names: [Ann]}}
  - {input: none here, output: "[]"}
x-note: kept for people
"""
SMALL = {"name": "a", "system_prompt": "Do it."}


def errors(text: str) -> list[str]:
    return [str(problem) for problem in check_worker(parse_yaml(text, "w.yaml")).errors]


def test_every_documented_key_becomes_a_typed_field(tmp_path):
    (tmp_path / "w.yaml").write_text(FULL)
    worker = load_worker(tmp_path / "w.yaml")
    assert (worker.name, worker.worker_kind, worker.default_model_tier) == (
        "extractor",
        WorkerKind.LLM,
        Tier.LOCAL,
    )
    assert (worker.max_input_tokens, worker.max_output_tokens, worker.timeout_seconds) == (8000, 500, 30.0)
    assert worker.knowledge_sources == (
        KnowledgeSource("terms.md"),
        KnowledgeSource("shots.yaml", InjectAs.FEW_SHOT),
    )
    assert worker.knowledge_silos == (
        FolderSilo("rules", "rules/"),
        FolderSilo("notes", "notes/", writable=True, write_back=WriteBack.PROPOSE),
        FolderSilo("old", "old/", writable=True),
        FolderSilo("older", "older/", writable=True),
        ToolSilo("lookup", "my.tools.Lookup", {"db": "x"}),
        ToolSilo("lookup2", "my.tools.Lookup", {"db": "y"}),
    )
    assert (worker.temperature, worker.top_p, worker.seed) == (0.2, 0.9, 7)
    assert (worker.model, worker.endpoint) == ("some-model", "mine")
    assert worker.few_shot == (Example({"text": "Ann"}, {"names": ["Ann"]}), Example("none here", "[]"))
    assert worker.file == str(tmp_path / "w.yaml")


def test_a_small_worker_has_the_documented_defaults():
    worker = WorkerConfig.from_mapping(SMALL)
    assert (worker.default_model_tier, worker.timeout_seconds, worker.max_output_tokens) == (
        "standard",
        60,
        2000,
    )
    assert worker.max_input_tokens is worker.input_schema is worker.temperature is worker.model is None
    assert worker.few_shot == worker.knowledge_silos == worker.resolve_file_refs == ()


def test_a_full_worker_draws_no_warning():
    assert check_worker(parse_yaml(FULL)).warnings == ()


def test_the_version_depends_on_content_and_not_on_spelling():
    version = WorkerConfig.from_mapping({**SMALL, "default_model_tier": "local"}).version_hash
    assert len(version) == 32
    old_name = {"default_tier": "local", "schema": "loom/v1", **dict(reversed(SMALL.items()))}
    assert WorkerConfig.from_mapping(old_name).version_hash == version
    assert WorkerConfig.from_mapping({**SMALL, "system_prompt": "Do it!"}).version_hash != version


def test_the_given_mapping_is_left_as_it_was():
    config = {**SMALL, "input_schema_ref": "core_test_models.Task"}
    with pytest.raises(ConfigError):
        WorkerConfig.from_mapping(config)
    assert "input_schema" not in config


@pytest.mark.parametrize("value", [float("nan"), object(), {1: 2, "a": 3}], ids=type)
def test_a_mapping_that_is_not_json_is_a_config_error(value):
    with pytest.raises(ConfigError, match="JSON"):
        WorkerConfig.from_mapping({**SMALL, "few_shot": [{"input": {"a": value}, "output": "b"}]})


def test_a_schema_reference_is_followed_into_the_pydantic_model(tmp_path, monkeypatch):
    (tmp_path / "core_test_shapes.py").write_text(
        "import pydantic\nclass In(pydantic.BaseModel):\n    text: str\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    worker = WorkerConfig.from_mapping({**SMALL, "input_schema_ref": "core_test_shapes.In"})
    assert worker.input_schema is not None
    assert worker.input_schema["required"] == ["text"]
    written = {**SMALL, "input_schema_ref": "core_test_shapes.In", "input_schema": {"type": "object"}}
    assert WorkerConfig.from_mapping(written).input_schema == {"type": "object"}
    sys.modules.pop("core_test_shapes")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "default_model_tier: locale",
            "'default_model_tier' is not a tier (got 'locale'); use local, standard",
        ),
        ("worker_kind: robot", "'worker_kind' must be 'llm' or 'processor' (got 'robot')"),
        ("timeout_seconds: 0", "'timeout_seconds' must be a positive number (got 0)"),
        ("timeout_seconds: true", "'timeout_seconds' must be a positive number (got True)"),
        ("max_output_tokens: 1.5", "'max_output_tokens' must be a positive whole number (got 1.5)"),
        ("max_input_tokens: many", "'max_input_tokens' must be a positive whole number"),
        ("reset_after_task: no", "stateless"),
        ("resolve_file_refs: [a]", "'resolve_file_refs' needs 'workspace_dir'"),
        ("resolve_file_refs: a\nworkspace_dir: b", "'resolve_file_refs' must be a list"),
        ("knowledge_sources: a.md", "'knowledge_sources' must be a list"),
        ("knowledge_sources: [a.md]", "'knowledge_sources[0]' expected dict"),
        ("knowledge_silos: {}", "'knowledge_silos' should be a list"),
        ("knowledge_silos: [{name: a, type: tool}]", "missing required key 'provider'"),
        ("knowledge_silos: [{name: a, type: folder}]", "missing required key 'path'"),
        ("knowledge_silos: [{name: a, path: b}]", "missing required key 'type'"),
        ("knowledge_silos: [{name: a, type: [x]}]", "is an unknown silo type (got ['x'])"),
        (
            "knowledge_silos: [{name: a, type: folder, path: b, permissions: all}]",
            "must be 'read' or 'read_write'",
        ),
        (
            "knowledge_silos: [{name: a, type: folder, path: b, mode: read, permissions: read_write}]",
            "may be written and that it may not",
        ),
        ("processing_backend: Backend", "not fully qualified: it needs at least two segments"),
        ("processing_backend: my-pkg.Backend", "'my-pkg' that is not a valid Python identifier"),
        ("input_schema: text", "'input_schema' must be a dict"),
        ("input_schema: {type: strng}", "'input_schema.type' is not a valid JSON Schema type (got 'strng')"),
        ("input_schema: {$ref: 'https://a.example/b'}", "Loom never fetches schemas"),
        ("temperature: 3", "'temperature' must be a number from 0 to 2 (got 3)"),
        ("top_p: 0", "'top_p' must be a number above 0"),
        ("seed: 1.5", "'seed' must be a whole number"),
        ("few_shot: [{input: a}]", "'few_shot[0]' is missing required key 'output'"),
        ("few_shot: [{input: 3, output: a}]", "'few_shot[0].input' must be text or a mapping (got 3)"),
        ("timeout_second: 3", "'timeout_second' is not a known key; did you mean 'timeout_seconds'?"),
        ("schema: loom/v9", "write loom/v1, or leave it out"),
        ("default_tier: local\ndefault_model_tier: local", "the old name of 'default_model_tier'"),
    ],
)
def test_a_wrong_value_is_named_with_file_line_and_remedy(line: str, says: str):
    found = errors(f"name: a\nsystem_prompt: x\n{line}\n")
    assert len(found) == 1
    assert found[0].startswith("w.yaml:3:")
    assert says in found[0]


def test_all_errors_come_together_in_the_order_of_the_file():
    found = errors("nam: a\nsystem_prompt: 3\ntimeout_seconds: -1\n")
    assert [text.split(": ")[0] for text in found] == [
        "w.yaml:1:1",
        "w.yaml:1:1",
        "w.yaml:2:16",
        "w.yaml:3:18",
    ]


def test_a_processor_needs_a_backend_and_no_prompt():
    assert errors("name: a\nworker_kind: processor\n") == [
        "w.yaml:1:1: missing required key 'processing_backend'; add 'processing_backend: ...'"
    ]
    assert errors("name: a\nworker_kind: processor\nprocessing_backend: my.Backend\n") == []


def test_doubtful_things_are_warnings():
    text = "name: my worker\nsystem_prompt: x\nfrobnicate: 1\n"
    found = [str(problem) for problem in check_worker(parse_yaml(text, "w.yaml")).warnings]
    assert len(found) == 4
    assert sum("cannot be used on the mesh" in text or "'frobnicate'" in text for text in found) == 2
    assert sum("_schema, so its" in text for text in found) == 2


def test_ten_thousand_unknown_keys_do_not_drown_the_reader():
    text = "name: a\nsystem_prompt: x\n" + "".join(f"key_{number}: 1\n" for number in range(10_000))
    assert len(check_worker(parse_yaml(text)).warnings) < 100
