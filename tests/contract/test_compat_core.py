"""What the guides of Loom 0.9 promise of configurations: every kind of mistake is found, and named as it was."""

import pytest

from loom.core import config
from loom.core.manifest import KNOWN_EXTRAS, AppManifest, validate_app_manifest
from loom.core.messages import ModelTier, TaskMessage, TaskPriority, TaskResult, TaskStatus
from loom.core.settings import load_settings

WORKER = {"name": "a", "system_prompt": "x"}
STAGE = {"name": "a", "worker_type": "w"}
SILO = {"name": "x", "type": "folder", "path": "p"}
ORCHESTRATOR = {"name": "o", "system_prompt": "x"}


def silos(*listed):
    return {**WORKER, "knowledge_silos": list(listed)}


def stages(*listed, **more):
    return {"name": "p", "pipeline_stages": list(listed), **more}


WORKERS = [
    (None, "expected dict"),
    ({"system_prompt": "x"}, "'name'"),
    ({"name": "a"}, "'system_prompt'"),
    ({"name": 1, "system_prompt": "x"}, "expected str"),
    ({"name": "a", "worker_kind": "processor"}, "processing_backend"),
    ({**WORKER, "worker_kind": "robot"}, "'llm' or 'processor'"),
    ({"name": "a", "worker_kind": "processor", "processing_backend": "x"}, "fully qualified"),
    (
        {"name": "a", "worker_kind": "processor", "processing_backend": "a.1b"},
        "not a valid Python identifier",
    ),
    ({**WORKER, "default_model_tier": "best"}, "default_model_tier"),
    ({**WORKER, "timeout_seconds": "x"}, "number"),
    ({**WORKER, "max_input_tokens": True}, "number"),
    ({**WORKER, "max_output_tokens": 0}, "positive"),
    ({**WORKER, "input_schema": {"type": "thing"}}, "valid JSON Schema type"),
    ({**WORKER, "output_schema": {"type": "object", "required": "x"}}, "required must be a list"),
    ({**WORKER, "output_schema": {"type": "object", "properties": []}}, "properties must be a dict"),
    ({**WORKER, "reset_after_task": False}, "stateless"),
    ({**WORKER, "resolve_file_refs": ["a"]}, "workspace_dir"),
    ({**WORKER, "knowledge_silos": "x"}, "should be a list"),
    (silos("x"), "expected dict"),
    (silos({"type": "folder", "path": "x"}), "missing required key 'name'"),
    (silos({"name": "x"}), "missing required key 'type'"),
    (silos({"name": "x", "type": "folder"}), "missing required key 'path'"),
    (silos({"name": "x", "type": "tool"}), "missing required key 'provider'"),
    (silos({**SILO, "permissions": "all"}), "permissions"),
    (silos({"name": "x", "type": "tool", "provider": "a.b", "config": 1}), "'config' must be a dict"),
    (silos({**SILO, "type": "cellar"}), "unknown silo type"),
]
PIPELINES = [
    (None, "expected dict"),
    (stages(STAGE) | {"name": 1}, "expected str"),
    ({"name": "p"}, "'pipeline_stages'"),
    ({"name": "p", "pipeline_stages": 1}, "expected list"),
    (stages("x"), "expected dict"),
    (stages({"worker_type": "w"}), "missing required key 'name'"),
    (stages({"name": "a"}), "missing required key 'worker_type'"),
    (stages(STAGE, STAGE), "duplicate"),
    (stages({**STAGE, "tier": "best"}), "tier"),
    (stages({**STAGE, "input_mapping": 1}), "dict"),
    (stages({**STAGE, "input_mapping": {"a": ""}}), "empty"),
    (stages({**STAGE, "input_mapping": {"a": "zz.b"}}), "unknown source 'zz'"),
    (stages({**STAGE, "depends_on": ["q"]}), "unknown stage"),
    (stages({**STAGE, "condition": "a b"}), "3 space-separated parts"),
    (stages({**STAGE, "condition": "goal.context.a > 1"}), "operator must be '==' or '!='"),
    (stages({**STAGE, "timeout_seconds": -1}), "positive"),
    (stages(STAGE, max_concurrent_goals=0), "positive"),
    (stages({**STAGE, "input_schema": {"type": "thing"}}), "input_schema"),
]
ORCHESTRATORS = [
    ({"system_prompt": "x"}, "name"),
    ({**ORCHESTRATOR, "checkpoint": 1}, "dict"),
    ({**ORCHESTRATOR, "checkpoint": {"token_threshold": 0}}, "token_threshold"),
    ({**ORCHESTRATOR, "max_concurrent_tasks": 0}, "max_concurrent_tasks"),
    ({**ORCHESTRATOR, "available_workers": 1}, "list"),
]
ROUTERS = [
    ({"tier_overrides": {"w": "best"}}, "best"),
    ({"rate_limits": 1}, "must be a dict"),
    ({"rate_limits": {"best": {}}}, "unknown tier"),
    ({"rate_limits": {"local": {"max_concurrent": 0}}}, "positive integer"),
    ({"rate_limits": {"local": {"tokens_per_minute": 0}}}, "positive number"),
]
KINDS = [
    (config.validate_worker_config, "worker config", WORKERS),
    (config.validate_pipeline_config, "pipeline config", PIPELINES),
    (config.validate_orchestrator_config, "orchestrator config", ORCHESTRATORS),
    (config.validate_router_rules, "router rules", ROUTERS),
]
CASES = [(check, kind, given, words) for check, kind, listed in KINDS for given, words in listed]


@pytest.mark.parametrize(
    ("check", "kind", "given", "words"), CASES, ids=[f"{one[1]}: {one[3]}" for one in CASES]
)
def test_a_mistake_is_named_after_its_kind_and_file(check, kind, given, words) -> None:
    problems = check(given, "x.yaml")
    assert any(words in one for one in problems), problems
    assert all(one.startswith(f"{kind} at x.yaml") for one in problems), problems


def test_what_is_least_is_valid() -> None:
    assert config.validate_worker_config(WORKER) == []
    literal = stages({**STAGE, "input_mapping": {"a": "'a literal'"}})
    assert config.validate_pipeline_config(literal) == []
    assert config.validate_orchestrator_config(ORCHESTRATOR) == []
    assert config.validate_router_rules({}) == []


def test_a_task_and_its_result_have_their_defaults_and_pass_over_what_is_unknown() -> None:
    task = TaskMessage.model_validate({"worker_type": "w", "payload": {}, "_trace_context": {}})
    assert (task.model_tier, task.priority, task.max_retries) == (ModelTier.STANDARD, TaskPriority.NORMAL, 2)
    assert (task.retry_count, task.parent_task_id, task.metadata) == (0, None, {})
    result = TaskResult(task_id=task.task_id, worker_type="w", status=TaskStatus.COMPLETED)
    sent = result.model_dump(mode="json")
    assert (sent["status"], sent["token_usage"], sent["processing_time_ms"]) == ("completed", {}, 0)


def test_an_app_is_described_as_before() -> None:
    manifest = AppManifest(name="desk", version="1.0.0", description="x")
    assert (manifest.loom_version, manifest.required_extras, manifest.python_package) == (">=0.4.0", [], None)
    assert validate_app_manifest({"name": "desk"})[0].find("version") >= 0
    bad = {"name": "desk", "version": "1.0.0", "description": "x"}
    assert ".yaml" in validate_app_manifest({**bad, "entry_configs": {"workers": [{"config": "w.txt"}]}})[0]
    assert {"duckdb", "mcp", "rag", "lancedb", "local", "workshop"} <= KNOWN_EXTRAS


@pytest.mark.parametrize(
    "text",
    [
        "backends: {ollama_url: 'http://localhost:11434', frontier_model: big}\nworkshop: {workshop_port: 9090}\n",
        "ollama_url: 'http://localhost:11434'\nfrontier_model: big\nworkshop_port: 9090\n",
    ],
)
def test_the_settings_file_may_be_in_sections_or_flat(tmp_path, text) -> None:
    (tmp_path / "config.yaml").write_text(text)
    settings = load_settings({}, tmp_path / "config.yaml")
    assert (settings.ollama_url, settings.frontier_model, settings.port) == (
        "http://localhost:11434",
        "big",
        9090,
    )
    assert settings.warnings == ()
