"""The documented calls have the signatures that the guides show."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from loom.core import config, contracts, workspace
from loom.worker import (
    LLMWorker,
    ProcessingBackend,
    ProcessorWorker,
    TaskWorker,
    backends,
    knowledge,
    processor,
    runner,
    tools,
)
from loom.worker.base import TaskWorker as BaseTaskWorker

NATS = "nats://localhost:4222"

SIGNATURES: list[tuple[Callable[..., Any], str]] = [
    (TaskWorker.__init__, f"(self, actor_id, config_path, nats_url='{NATS}', *, bus=None)"),
    (TaskWorker.process, "async (self, payload, metadata)"),
    (TaskWorker.handle_message, "async (self, data)"),
    (TaskWorker.on_reload, "async (self)"),
    (TaskWorker.reset, "async (self)"),
    (LLMWorker.__init__, f"(self, actor_id, config_path, backends, nats_url='{NATS}', *, bus=None)"),
    (LLMWorker.process, "async (self, payload, metadata)"),
    (
        runner.execute_with_tools,
        "async (backend, system_prompt, user_message, tool_providers, tool_defs, max_tokens=2000)",
    ),
    (runner._extract_json, "(raw)"),
    (runner._load_tool_providers, "(silos)"),
    (
        backends.LLMBackend.complete,
        "async (self, system_prompt, user_message, max_tokens=2000, temperature=0.0, *, tools=None, messages=None)",
    ),
    (ProcessorWorker.__init__, f"(self, actor_id, config_path, backend, nats_url='{NATS}', *, bus=None)"),
    (ProcessorWorker.process, "async (self, payload, metadata)"),
    (ProcessingBackend.process, "async (self, payload, config)"),
    (processor.SyncProcessingBackend.__init__, "(self, *, serialize_writes=False)"),
    (processor.SyncProcessingBackend.process_sync, "(self, payload, config)"),
    (processor.SyncProcessingBackend.process, "async (self, payload, config)"),
    (tools.ToolProvider.get_definition, "(self)"),
    (tools.ToolProvider.execute, "async (self, arguments)"),
    (tools.SyncToolProvider.execute_sync, "(self, arguments)"),
    (tools.SyncToolProvider.execute, "async (self, arguments)"),
    (tools.load_tool_provider, "(class_path, config)"),
    (knowledge.load_knowledge_sources, "(sources)"),
    (knowledge.load_knowledge_silos, "(silos)"),
    (knowledge.apply_silo_updates, "(updates, silos)"),
    (config.load_config, "(path, *, resolve_refs=True)"),
    (config.resolve_schema_refs, "(config)"),
    (config.validate_worker_config, "(config, path='<unknown>')"),
    (config.validate_pipeline_config, "(config, path='<unknown>')"),
    (config.validate_orchestrator_config, "(config, path='<unknown>')"),
    (config.validate_router_rules, "(config, path='<unknown>')"),
    (contracts.validate_input, "(data, schema)"),
    (contracts.validate_output, "(data, schema)"),
    (workspace.WorkspaceManager.__init__, "(self, workspace_dir)"),
    (workspace.WorkspaceManager.resolve, "(self, file_ref)"),
    (workspace.WorkspaceManager.read_json, "(self, file_ref)"),
    (workspace.WorkspaceManager.write_json, "(self, filename, data)"),
]


@pytest.mark.parametrize(
    ("function", "expected"), SIGNATURES, ids=lambda one: getattr(one, "__qualname__", "")
)
def test_a_documented_call_has_its_documented_signature(function: Callable[..., Any], expected: str) -> None:
    signature = inspect.signature(function)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()
    ]
    shown = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    assert ("async " if inspect.iscoroutinefunction(function) else "") + shown == expected


def test_what_guides_derive_from_is_abstract_and_what_they_name_is_there() -> None:
    assert TaskWorker is BaseTaskWorker
    abstract = {
        TaskWorker: {"process"},
        ProcessingBackend: {"process"},
        processor.SyncProcessingBackend: {"process_sync"},
        tools.ToolProvider: {"get_definition", "execute"},
        tools.SyncToolProvider: {"get_definition", "execute_sync"},
        backends.LLMBackend: {"complete"},
    }
    assert {base: set(base.__abstractmethods__) for base in abstract} == abstract
    assert issubclass(processor.BackendError, Exception)
    assert (tools.MAX_TOOL_ROUNDS, runner.MAX_TOOL_ROUNDS) == (10, 10)
    assert {"local", "standard", "frontier"} == config.VALID_MODEL_TIERS
    assert issubclass(config.ConfigValidationError, Exception)
    assert workspace.WorkspaceManager("/a").workspace_dir.name == "a"
