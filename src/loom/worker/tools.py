"""Tools a model may call: what a provider promises, how one is loaded and run. Knows no model."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import cast

from loom.calls.models import ToolCall, ToolSpec
from loom.core.contracts import Contract
from loom.core.errors import ConfigError, InputError, Problem
from loom.core.imports import ImportRefusedError
from loom.core.jsonvalue import Json
from loom.core.worker_config import FolderSilo, ToolSilo
from loom.core.yamlfile import placed_in
from loom.worker import strict
from loom.worker.classpath import load_class
from loom.worker.foreign import ForeignError, in_thread, within
from loom.worker.transcript import ToolResult

__all__ = [
    "MAX_TOOL_ROUNDS",
    "SyncToolProvider",
    "ToolProvider",
    "Toolbox",
    "load_tool_provider",
    "load_tool_providers",
    "spec_of",
    "specs_of",
]

MAX_TOOL_ROUNDS = 10
"""Rounds of tools in one task; then the model's answer is taken as it stands."""

_TIMEOUT_S = 60.0
_LONGEST_RESULT = 100_000


class ToolProvider(ABC):
    """A tool that can be offered to a model. Used by several executions at once."""

    @abstractmethod
    def get_definition(self) -> Json:
        """`name` (letters, digits, underscores), `description`, and `parameters`: a JSON Schema of an object.

        `input_schema` is read as `parameters`.
        """

    @abstractmethod
    async def execute(self, arguments: Json) -> str:
        """The result as text, usually JSON. `arguments` fit the schema; what it raises, the model is told."""


class SyncToolProvider(ToolProvider):
    """A tool whose work blocks: it is done in a thread."""

    @abstractmethod
    def execute_sync(self, arguments: Json) -> str:
        """As `execute`. Its thread outlives a time-out, so it should bound its own waiting."""

    async def execute(self, arguments: Json) -> str:
        return await in_thread(self.execute_sync, arguments)


def load_tool_provider(class_path: str, config: Json) -> ToolProvider:
    """An instance of the class at `class_path`, constructed with `config` as keyword arguments.

    Raises:
        ImportError: when the path is not fully qualified, or its module cannot be imported.
        AttributeError: when the class is not found in the module.
        TypeError: when it is not a ToolProvider, or does not take these arguments.
    """
    return load_class(class_path, ToolProvider)(**config)


def load_tool_providers(
    silos: Iterable[FolderSilo | ToolSilo], file: str | None = None
) -> dict[str, ToolProvider]:
    """The providers of all tool silos, by the name of the tool; folders are passed over.

    `file` is that of the worker, for messages.

    Raises:
        ConfigError: naming every silo that fails. A worker without one of its tools would be another worker.
    """
    providers: dict[str, ToolProvider] = {}
    problems: list[Problem] = []
    for index, silo in enumerate(silos):
        if not isinstance(silo, ToolSilo):
            continue
        try:
            provider = load_tool_provider(silo.provider, silo.config)
            name = spec_of(provider.get_definition()).name
        except ImportRefusedError as error:
            what = f"may not be loaded: {error}"
            problems.append(_problem(index, what, silo.provider, error.remedy))
            continue
        except Exception as error:  # noqa: BLE001 - importing and constructing run the author's code
            what = f"cannot be loaded: {type(error).__name__}: {error}"
            remedy = (
                f"check the path, 'config' of the silo '{silo.name}', and that its packages are installed"
            )
            problems.append(_problem(index, what, silo.provider, remedy))
            continue
        if name in providers:
            what = "offers a tool that another one offers"
            problems.append(_problem(index, what, name, "remove one of the two"))
        providers[name] = provider
    if problems:
        raise ConfigError(placed_in(file, problems))
    return providers


def _problem(index: int, what: str, value: str, remedy: str) -> Problem:
    return Problem(what, f"knowledge_silos[{index}].provider", value=value, remedy=remedy)


def specs_of(providers: Mapping[str, ToolProvider]) -> tuple[ToolSpec, ...]:
    """The tools of `providers` as they are offered to a model.

    Raises:
        ValueError: as `spec_of`.
    """
    return tuple(spec_of(provider.get_definition()) for provider in providers.values())


def spec_of(definition: Json) -> ToolSpec:
    """A provider's definition as it is offered to a model.

    Raises:
        ValueError: when it has no name, or its schema is not a mapping.
    """
    name = definition.get("name")
    schema = definition.get("parameters", definition.get("input_schema", {"type": "object"}))
    if not isinstance(name, str) or not name or not strict.is_object(schema):
        raise ValueError(
            f"a tool definition needs a 'name' and, as 'parameters', a JSON Schema (got {definition!r})"
        )
    return ToolSpec(name, definition.get("description") or "", schema)


class Toolbox:
    """Runs the tools of a worker. Whatever goes wrong is a result for the model, never an exception."""

    def __init__(
        self,
        providers: Mapping[str, ToolProvider],
        specs: Iterable[ToolSpec],
        *,
        timeout_s: float = _TIMEOUT_S,
        longest_result: int = _LONGEST_RESULT,
    ) -> None:
        """`specs` are the tools as offered, `providers` what runs them, by name.

        Raises:
            ConfigError: when the schema of a tool is not a JSON Schema.
        """
        self._contracts = {spec.name: _contract(spec) for spec in specs}
        self._providers = dict(providers)
        self._timeout_s = timeout_s
        self._longest_result = longest_result

    async def run(self, call: ToolCall) -> ToolResult:
        """The result of `call`, cut when it is too long; an error is a JSON object with the key `error`."""
        wrong = self._wrong(call)
        if wrong:
            return _failed(call, wrong)
        tool = self._providers[call.name]
        try:
            content = cast("object", await within(self._timeout_s, tool.execute(call.arguments or {})))
        except ForeignError as error:
            return _failed(call, f"the tool {error}" if error.timed_out else str(error))
        if not isinstance(content, str):
            return _failed(call, f"the tool returned {type(content).__name__}, not text")
        return ToolResult(call.id, call.name, self._cut(content))

    def _wrong(self, call: ToolCall) -> str | None:
        if call.name not in self._providers:
            return f"Unknown tool: {call.name}; the tools are: {', '.join(self._providers) or 'none'}"
        if call.arguments is None:
            return f"the arguments are not a JSON object: {call.raw_arguments[:200]}"
        contract = self._contracts.get(call.name)
        return "; ".join(contract.problems(call.arguments)) if contract else None

    def _cut(self, content: str) -> str:
        if len(content) <= self._longest_result:
            return content
        return f"{content[: self._longest_result]}\n[cut: {len(content)} characters in all]"


def _contract(spec: ToolSpec) -> Contract:
    try:
        return Contract(spec.parameters, "input")
    except InputError as error:
        raise ConfigError(Problem(f"has no valid 'parameters': {error}", f"tool {spec.name}")) from None


def _failed(call: ToolCall, error: str) -> ToolResult:
    return ToolResult(call.id, call.name, json.dumps({"error": error}, ensure_ascii=False), is_error=True)
