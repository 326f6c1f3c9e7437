"""A worker ready to be executed: payload to transcript, answer to output. Calls no model, keeps no state."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import cast

from loom.calls.models import FinishReason, Message, ModelAnswer, Role
from loom.core.contracts import Contract
from loom.core.errors import ConfigError, ContractError, Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.value import Value
from loom.core.worker_config import WorkerConfig
from loom.worker.extract import extract_json
from loom.worker.loop import Generation, LoopLimits, Plan
from loom.worker.prompt import estimated_tokens, require_workspace, user_text, with_files
from loom.worker.recipe import Recipe
from loom.worker.tools import MAX_TOOL_ROUNDS, Toolbox, ToolProvider, load_tool_providers, specs_of
from loom.worker.transcript import Opening, Transcript

__all__ = ["TaskOutput", "WorkerTask", "admitted", "closed"]

_LIMITS = LoopLimits(max_turns=MAX_TOOL_ROUNDS + 1)


class TaskOutput(Value):
    """What a model's last words amount to."""

    output: Json | None
    """None when they hold no JSON object."""

    raw_text: str | None
    problems: tuple[str, ...] = ()
    """Why the output is not what the worker promised; empty when it is."""

    silo_updates: tuple[JsonValue, ...] = ()
    """The changes it wants in its folders, as it wrote them; test and evaluation never make them."""


def admitted(contract: Contract, payload: Json) -> None:
    """Raises ContractError when `payload` does not fit."""
    problems = contract.problems(payload)
    if problems:
        raise ContractError(problems)


def closed(output: Json, text: str | None, contract: Contract) -> TaskOutput:
    """What `output` amounts to; `silo_updates` are taken out of it."""
    wanted: JsonValue = output.pop("silo_updates", None)
    updates = cast("list[JsonValue]", wanted) if isinstance(wanted, list) else [wanted] * (wanted is not None)
    return TaskOutput(output, text, contract.problems(output), tuple(updates))


class WorkerTask:
    """What is executed on a case. Compile once, use for any number of cases at once."""

    def __init__(
        self, source: WorkerConfig | Recipe, providers: Mapping[str, ToolProvider] | None = None
    ) -> None:
        """`providers` are the tools by name; None loads those of the worker.

        Raises:
            ConfigError: when the worker is a processor, knowledge or the workspace cannot or may not be read,
                or a tool cannot be had.
            InputError: when a schema is not a JSON Schema.
        """
        if providers is None:
            providers = (
                load_tool_providers(source.tool_silos)
                if isinstance(source, Recipe)
                else load_tool_providers(source.knowledge_silos, source.file)
            )
        recipe = source if isinstance(source, Recipe) else Recipe.of(source, specs_of(providers))
        require_workspace(recipe.file_fields, recipe.workspace_dir)
        _require_all(recipe, providers)
        self._recipe = recipe
        self._input = Contract(recipe.input_schema, "input")
        self._output = Contract(recipe.output_schema, "output")
        self._system = Message.of(Role.SYSTEM, recipe.system)
        self.toolbox = Toolbox(providers, recipe.tools)
        self.timeout_s = recipe.timeout_s

    @classmethod
    def from_snapshot(
        cls, snapshot: Json, providers: Mapping[str, ToolProvider] | None = None
    ) -> "WorkerTask":
        """The task as it was, whatever has become of its files since. Tools are loaded again unless given.

        Raises:
            ConfigError: when a tool can no longer be had.
        """
        return cls(Recipe.from_json(snapshot), providers)

    def snapshot(self) -> Json:
        """All that determines requests and verdicts; its canonical hash names the configuration."""
        return self._recipe.to_json()

    def plan(self, model: str, overrides: Json | None = None) -> Plan:
        """How `model` is asked. `overrides` replace fields of `Generation`, as a sweep does.

        Raises:
            UsageError: for an override that is no field of `Generation`.
        """
        recipe = self._recipe
        generation = Generation(model, recipe.temperature, recipe.top_p, recipe.max_tokens, recipe.seed)
        unknown = sorted(set(overrides or {}) - {field.name for field in fields(Generation)})
        if unknown:
            raise UsageError(Problem("is no inference parameter", name) for name in unknown)
        return Plan(replace(generation, **(overrides or {})), _LIMITS)

    def open(self, payload: Json) -> Transcript:
        """The transcript that begins a case.

        Raises:
            ContractError: when `payload` does not fit the input schema, names a file that cannot be read, or
                is longer than `max_input_tokens`; each message begins with `input`.
        """
        recipe = self._recipe
        admitted(self._input, payload)
        if recipe.workspace_dir is not None and recipe.file_fields:
            payload = with_files(payload, recipe.file_fields, recipe.workspace_dir)
        user = user_text(payload)
        if recipe.max_input_tokens is not None:
            _require_room(recipe.max_input_tokens, estimated_tokens(recipe.system, user))
        return Transcript(Opening((self._system, Message.of(Role.USER, user)), recipe.tools))

    def close(self, answer: ModelAnswer) -> TaskOutput:
        """The output in `answer`, `silo_updates` apart. A bad answer is a result, never an exception."""
        if not answer.text:
            return TaskOutput(None, answer.text, (f"output: the model gave no text{_cut(answer)}",))
        try:
            output = extract_json(answer.text)
        except ValueError as error:
            return TaskOutput(None, answer.text, (f"output: {error}{_cut(answer)}",))
        return closed(output, answer.text, self._output)


def _require_all(recipe: Recipe, providers: Mapping[str, ToolProvider]) -> None:
    missing = ", ".join(tool.name for tool in recipe.tools if tool.name not in providers)
    if missing:
        raise ConfigError(Problem(f"has no provider for {missing}", "knowledge_silos", remedy="provide it"))


def _require_room(limit: int, needed: int) -> None:
    if needed > limit:
        problem = f"input: about {needed} tokens with the prompt, and max_input_tokens is {limit}"
        raise ContractError((f"{problem}; shorten it or raise the limit",))


def _cut(answer: ModelAnswer) -> str:
    match answer.finish_reason:
        case FinishReason.LENGTH:
            return "; the answer was cut off at its limit, raise 'max_output_tokens'"
        case FinishReason.FILTERED:
            return "; the provider withheld the answer"
        case FinishReason.STOP | FinishReason.TOOL_CALLS:
            return ""
