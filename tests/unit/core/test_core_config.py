"""The documented face of configuration: load, validate, detect; and nothing but ConfigError, whatever the file."""

import json
import subprocess
import sys
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from loom.core.config import (
    VALID_MODEL_TIERS,
    ConfigValidationError,
    check_file,
    load_config,
    resolve_schema_refs,
    validate_orchestrator_config,
    validate_pipeline_config,
    validate_router_rules,
    validate_worker_config,
)
from loom.core.errors import ConfigError
from loom.core.kinds import Kind, detect_kind

WORKER = {
    "name": "summarizer",
    "system_prompt": "Summarize.",
    "input_schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
    "output_schema": {"type": "object"},
    "default_model_tier": "local",
    "knowledge_silos": [{"name": "a", "type": "folder", "path": "b", "mode": "read"}],
    "few_shot": [{"input": "a", "output": {"b": 1}}],
}
PIPELINE = {
    "name": "p",
    "pipeline_stages": [
        {"name": "a", "worker_type": "x", "input_mapping": {"f": "goal.context.f"}},
        {"name": "b", "worker_type": "y", "condition": "a.output.ok == true", "depends_on": ["a"]},
    ],
}
VALIDATORS = [
    (validate_worker_config, "worker config at a.yaml: "),
    (validate_pipeline_config, "pipeline config at a.yaml: "),
    (validate_orchestrator_config, "orchestrator config at a.yaml: "),
    (validate_router_rules, "router rules at a.yaml: "),
]


def write(folder, text: str, name: str = "a.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def test_a_valid_config_has_no_messages():
    assert (
        validate_worker_config(WORKER)
        == validate_pipeline_config(PIPELINE)
        == validate_router_rules({})
        == []
    )


@pytest.mark.parametrize(("validate", "subject"), VALIDATORS)
@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_is_no_mapping_is_one_message_that_expects_a_dict(validate, subject: str, value):
    (message,) = validate(value, "a.yaml")
    assert message.startswith(subject)
    assert "expected dict" in message


@pytest.mark.parametrize(("validate", "subject"), VALIDATORS)
def test_a_mapping_nested_beyond_reason_is_one_message(validate, subject: str):
    value: dict = {}
    for _ in range(100_000):
        value = {"name": value}
    assert validate(value, "a.yaml") == [f"{subject}is nested too deep"]


def test_messages_name_the_item_then_the_key():
    silo = {"name": "a", "type": "folder", "path": "b", "permissions": "all"}
    (message,) = validate_worker_config({**WORKER, "knowledge_silos": [silo]}, "a.yaml")
    assert message.startswith("worker config at a.yaml: knowledge_silos[0]: 'permissions' must be")
    stage = {"name": "a"}
    (message,) = validate_pipeline_config({"name": "p", "pipeline_stages": [stage]}, "a.yaml")
    assert message.startswith(
        "pipeline config at a.yaml: pipeline_stages[0]: is missing required key 'worker_type'"
    )


def test_a_wrong_type_says_the_expected_one():
    assert "'name' is a number, expected str" in validate_worker_config({**WORKER, "name": 3})[0]
    assert "expected list" in validate_pipeline_config({"name": "p", "pipeline_stages": {}})[0]


def test_load_config_gives_the_mapping(tmp_path):
    assert load_config(write(tmp_path, yaml.safe_dump(WORKER))) == WORKER


def test_load_config_says_what_kind_of_failure_it_is(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "missing.yaml")
    with pytest.raises(yaml.YAMLError):
        load_config(write(tmp_path, "a: ["))
    with pytest.raises(ConfigValidationError, match="expected YAML mapping"):
        load_config(write(tmp_path, "- a"))


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("Model", "fully qualified"),
        (3, "fully qualified"),
        ("no_such_package.Model", "cannot import module 'no_such_package'"),
        ("json.Model", "has no attribute 'Model'"),
        ("json.JSONDecoder", "not a Pydantic BaseModel"),
    ],
)
def test_a_reference_that_leads_nowhere_says_why(reference, says: str):
    with pytest.raises(ConfigValidationError, match=says):
        resolve_schema_refs({"pipeline_stages": [{"output_schema_ref": reference}]})


def test_a_bad_reference_in_a_file_has_its_line(tmp_path):
    text = "name: a\nsystem_prompt: x\ninput_schema_ref: json.Model\noutput_schema: {}\n"
    (error,) = check_file(write(tmp_path, text)).errors
    assert (error.line, error.column) == (3, 19)
    assert load_config(tmp_path / "a.yaml", resolve_refs=False)["input_schema_ref"] == "json.Model"


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("pipeline_stages system_prompt", Kind.PIPELINE),
        ("name system_prompt", Kind.WORKER),
        ("processing_backend", Kind.WORKER),
        ("worker_kind", Kind.WORKER),
        ("input_schema output_schema", Kind.WORKER),
        ("input_schema", Kind.UNKNOWN),
        ("available_workers system_prompt", Kind.ORCHESTRATOR),
        ("name cases", Kind.SUITE),
        ("tier_overrides", Kind.ROUTER),
        ("rate_limits", Kind.ROUTER),
        ("schedules", Kind.SCHEDULER),
        ("tools", Kind.MCP),
        ("name", Kind.UNKNOWN),
    ],
)
def test_the_kind_follows_from_the_keys(keys: str, kind: Kind):
    assert detect_kind(dict.fromkeys(keys.split())) is kind


def test_a_file_of_no_known_kind_is_told_the_key_it_nearly_has(tmp_path):
    checked = check_file(write(tmp_path, "name: a\nshedules: x\n"))
    assert checked.kind is Kind.UNKNOWN
    assert "2:1: 'shedules'" in str(checked.errors[0])
    assert "did you mean 'schedules'?" in str(checked.errors[0])
    assert "Cannot detect config type" in str(check_file(write(tmp_path, "name: a\n")).errors[0])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("sytem_prompt: x", Kind.WORKER),
        ("default_model_tier: local\nmax_output_tokens: 9", Kind.WORKER),
        ("pipeline_stage: []", Kind.PIPELINE),
        ("available_worker: []\nsystem_prompt: x", Kind.WORKER),
        ("tier_override: {}", Kind.ROUTER),
        ("tool: []", Kind.UNKNOWN),
    ],
)
def test_a_file_is_checked_as_what_its_keys_nearly_are(tmp_path, content: str, kind: Kind):
    checked = check_file(write(tmp_path, f"{content}\n"))
    assert checked.kind is kind
    assert checked.errors


def test_a_suite_is_left_to_its_own_room(tmp_path):
    checked = check_file(write(tmp_path, "name: s\ncases: 3\n"))
    assert (checked.kind, checked.errors, checked.warnings) == (Kind.SUITE, (), ())


def test_a_missing_file_is_a_finding(tmp_path):
    assert "File not found" in str(check_file(tmp_path / "missing.yaml").errors[0])


def test_importing_the_face_loads_nothing_heavy():
    heavy = "{'pydantic', 'sqlalchemy', 'numpy', 'rich', 'aiohttp'}"
    code = f"import sys, loom.core.config; print({heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "set()\n"


def test_the_tiers_are_the_documented_ones():
    assert {"local", "standard", "frontier"} == VALID_MODEL_TIERS


def assert_places_are_in_the_file(path) -> None:
    lines = max(1, len(path.read_bytes().decode(errors="replace").splitlines()))
    checked = check_file(path)
    for problem in checked.errors + checked.warnings:
        assert problem.file == str(path)
        assert 1 <= (problem.line or 1) <= lines
    with suppress(ConfigError):
        load_config(path, resolve_refs=False)


@given(
    st.sampled_from([WORKER, PIPELINE]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 8), st.binary(max_size=6)), max_size=6),
)
def test_no_change_of_bytes_raises_anything_but_a_config_error(tmp_path_factory, config, changes):
    data = bytearray(yaml.safe_dump(config).encode())
    for start, length, replacement in changes:
        data[start : start + length] = replacement
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    assert_places_are_in_the_file(path)


def places(value, steps=()):
    """The way to every value inside `value`."""
    if steps:
        yield steps
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*steps, key))


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["a", "b", "goal"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([WORKER, PIPELINE]), st.data())
def test_no_change_of_structure_raises_anything_but_a_config_error(tmp_path_factory, config, data):
    changed = json.loads(json.dumps(config))
    *way, last = data.draw(st.sampled_from(list(places(config))))
    holder = changed
    for step in way:
        holder = holder[step]
    holder[last] = data.draw(odd_values)
    for validate, _ in VALIDATORS:
        assert all(isinstance(message, str) for message in validate(changed))
    path = tmp_path_factory.getbasetemp() / "structure.yaml"
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")
    assert_places_are_in_the_file(path)


@given(
    st.recursive(
        st.builds(object) | st.integers(), lambda inner: st.dictionaries(st.integers() | st.text(), inner)
    )
)
def test_validators_never_raise_whatever_they_are_given(value):
    for validate, _ in VALIDATORS:
        validate(value)
        validate(
            {**WORKER, **PIPELINE, "input_schema": value, "few_shot": [value], "pipeline_stages": [value]}
        )


def test_what_a_worker_names_and_is_not_there_is_a_warning_at_its_line(tmp_path):
    text = (
        "schema: loom/v1\nname: a\nsystem_prompt: x\nknowledge_sources:\n"
        "  - {path: gone.md, inject_as: reference}\n"
        f"  - {{path: {tmp_path}, inject_as: reference}}\n"
        "knowledge_silos:\n  - {name: t, type: tool, provider: no.such.Tool}\n"
    )
    checked = check_file(write(tmp_path, text))
    assert checked.errors == ()
    missing, unimportable = (one for one in checked.warnings if "know" in str(one.field))
    assert (missing.line, missing.field) == (5, "knowledge_sources[0].path")
    assert (unimportable.line, unimportable.field) == (8, "knowledge_silos[0].provider")
    assert "is not there" in str(missing)
    assert "ModuleNotFoundError" in str(unimportable)
