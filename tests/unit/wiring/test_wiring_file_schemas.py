"""Editors and `loom validate` agree: what ships is valid to both, what is broken is refused by both."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from typer.main import get_group

from loom.catalog.library import shipped_configs
from loom.cli.main import app
from loom.cli.validate import validated
from loom.core import endpoint_rules, pipeline_config, settings_file, worker_rules
from loom.core.kinds import detect_kind
from loom.core.settings_file import read_settings_file
from loom.core.yamlfile import load_yaml, parse_yaml
from loom.evaluation.suites import cases as suite_cases
from loom.wiring.file_schemas import FileKind, file_schema

SHIPPED = sorted(shipped_configs().rglob("*.yaml"))
OBJECT = "{type: object}"
WORKER = f"name: w\nsystem_prompt: Say it.\ninput_schema: {OBJECT}\noutput_schema: {OBJECT}\n"
PIPELINE = "name: p\npipeline_stages:\n  - name: a\n    worker_type: qa\n"
SUITE = "name: s\ncases:\n  - input: {text: x}\n"
BROKEN = {
    "a worker without a prompt": "name: w\nworker_kind: llm\n",
    "a processor without a class": "name: w\nworker_kind: processor\n",
    "a worker without a name": f"system_prompt: x\ninput_schema: {OBJECT}\n",
    "an empty prompt": "name: w\nsystem_prompt: ''\n",
    "a tier that is none": WORKER + "default_model_tier: huge\n",
    "an old and a new name": WORKER + "default_tier: local\ndefault_model_tier: local\n",
    "a misspelt key": WORKER.replace("system_prompt", "system_promt") + "worker_kind: llm\n",
    "a temperature too high": WORKER + "temperature: 3\n",
    "a top_p of zero": WORKER + "top_p: 0\n",
    "half a token": WORKER + "max_output_tokens: 0.5\n",
    "a timeout of nothing": WORKER + "timeout_seconds: 0\n",
    "a type that is none": WORKER.replace("{type: object}", "{properties: {a: {type: strin}}}", 1),
    "required that is no list": WORKER.replace("{type: object}", "{required: text}", 1),
    "a class that is no path": WORKER + "input_schema_ref: my-model\n",
    "a state between tasks": WORKER + "reset_after_task: false\n",
    "files without a folder": WORKER + "resolve_file_refs: [file]\n",
    "knowledge without a path": WORKER + "knowledge_sources: [{inject_as: reference}]\n",
    "a silo of no kind": WORKER + "knowledge_silos: [{name: a, type: cloud}]\n",
    "a folder without a path": WORKER + "knowledge_silos: [{name: a, type: folder}]\n",
    "a tool without a provider": WORKER + "knowledge_silos: [{name: a, type: tool}]\n",
    "an example without an output": WORKER + "few_shot: [{input: x}]\n",
    "a pipeline without a stage": "name: p\npipeline_stages: []\n",
    "a stage without a worker": "name: p\npipeline_stages: [{name: a}]\n",
    "a stage called goal": PIPELINE.replace("name: a", "name: goal"),
    "a stage with a dot": PIPELINE.replace("name: a", "name: a.b"),
    "a path that is a number": PIPELINE + "    input_mapping: {text: 3}\n",
    "a condition without an operator": PIPELINE + "    condition: a.output.ok\n",
    "retries below none": PIPELINE + "    max_retries: -1\n",
    "a suite without a case": "name: s\ncases: []\n",
    "a case without an input": "cases: [{name: a}]\n",
    "expected under another name": SUITE + "    expected: x\n",
    "a split that is none": SUITE + "    split: test\n",
    "a weight of zero": SUITE + "    weight: 0\n",
    "tags that are no list": SUITE + "    tags: hard\n",
    "a scorer that is none": SUITE + "scorers: [field_mtach]\n",
    "a parameter that is none": SUITE + "scorers: [{scorer: numeric, tolerence: 1}]\n",
    "a parameter of a wrong type": SUITE + "scorers: [{scorer: numeric, tolerance: much}]\n",
    "a scorer without what it needs": SUITE + "scorers: [{scorer: regex}]\n",
    "a threshold above one": SUITE + "scorers: [{scorer: field_match, threshold: 2}]\n",
    "an orchestrator without a prompt": "name: o\navailable_workers: []\n",
    "a worker without a description": "name: o\nsystem_prompt: x\navailable_workers: [{name: a}]\n",
    "a limit for no tier": "rate_limits: {huge: {max_concurrent: 1}}\n",
    "a limit of zero": "rate_limits: {local: {max_concurrent: 0}}\n",
    "an override to no tier": "tier_overrides: {qa: huge}\n",
}
BROKEN_SETTINGS = {
    "a key itself": "endpoints: [{name: a, url: 'http://x', key: sk-123}]\n",
    "a variable that is not for keys": "endpoints: [{name: a, url: 'http://x', key: env:HOME}]\n",
    "a password in an address": "endpoints: [{name: a, url: 'http://u:p@x'}]\n",
    "an address of another kind": "endpoints: [{name: a, url: 'ftp://x'}]\n",
    "the embedded name": "endpoints: [{name: simulated, url: 'http://x'}]\n",
    "a kind that is none": "endpoints: [{name: a, url: 'http://x', kind: opnai}]\n",
    "a tier that is none": "tiers: {huge: a/b}\n",
    "half a target": "tiers: {local: a}\n",
    "a misspelt setting": "max_concurent_runs: 4\n",
    "a port that is none": "port: 70000\n",
}


@pytest.fixture(scope="module")
def editors():
    """What an editor would say of a file, by kind."""
    return {kind: jsonschema_rs.Draft202012Validator(file_schema(kind)) for kind in FileKind}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(shipped_configs())))
def test_what_ships_is_valid_to_an_editor(editors, path):
    value = load_yaml(path).value
    assert [str(error) for error in editors[FileKind(detect_kind(value))].iter_errors(value)] == []


@pytest.mark.parametrize("text", [WORKER, PIPELINE, SUITE])
def test_what_the_broken_files_are_made_of_is_valid(editors, text, tmp_path):
    assert _refused(editors, text, tmp_path) == (False, False)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused_by_both(editors, what, tmp_path):
    assert _refused(editors, BROKEN[what], tmp_path) == (True, True)


def _refused(editors, text: str, folder: Path) -> tuple[bool, bool]:
    path = folder / "file.yaml"
    path.write_text(text)
    value = parse_yaml(text).value
    kind = FileKind(detect_kind(value))
    return bool(validated(path).errors), not editors[kind].is_valid(value)


@pytest.mark.parametrize("what", BROKEN_SETTINGS)
def test_broken_settings_are_refused_by_both(editors, what, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(BROKEN_SETTINGS[what])
    assert read_settings_file(path).report.errors
    assert not editors[FileKind.SETTINGS].is_valid(load_yaml(path).value)


def test_a_suite_may_be_a_list(editors):
    assert editors[FileKind.SUITE].is_valid([{"input": {}, "scorers": [{"scorer": "regex", "pattern": "a"}]}])


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        (FileKind.WORKER, worker_rules._RULES),
        (FileKind.PIPELINE, pipeline_config._RULES),
        (FileKind.SETTINGS, settings_file._RULES),
    ],
)
def test_a_schema_has_every_key_and_no_other(kind, keys):
    assert set(file_schema(kind)["properties"]) == set(keys)


def test_the_parts_have_every_key_and_no_other():
    suite, case = file_schema(FileKind.SUITE)["anyOf"][0], file_schema(FileKind.SUITE)["$defs"]["case"]
    assert set(suite["properties"]) == set(suite_cases._SUITE_RULES)
    assert set(case["properties"]) == set(suite_cases.CASE_KEYS)
    stage = file_schema(FileKind.PIPELINE)["properties"]["pipeline_stages"]["items"]
    assert set(stage["properties"]) == set(pipeline_config._STAGE_RULES)
    endpoint = file_schema(FileKind.SETTINGS)["properties"]["endpoints"]["items"]
    assert set(endpoint["properties"]) == set(endpoint_rules.ENDPOINT_RULES)


@pytest.mark.parametrize("kind", FileKind)
def test_a_schema_refers_to_nothing_outside_itself(kind):
    spelled = json.dumps(file_schema(kind))
    assert [part for part in spelled.split('"$ref": "')[1:] if not part.startswith("#/$defs/")] == []


def test_every_key_of_a_worker_is_explained_to_an_editor():
    properties = file_schema(FileKind.WORKER)["properties"]
    assert [key for key, schema in properties.items() if not schema.get("description")] == []


def test_there_is_a_command_for_it():
    assert "schema" in get_group(app).commands
