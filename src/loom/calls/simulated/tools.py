"""Decides which offered tools to call and with which arguments, and reads what they returned."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from loom.calls.models import ModelRequest, Role, ToolCall, ToolSpec
from loom.calls.simulated import patterns
from loom.calls.simulated.brief import Kind
from loom.calls.simulated.entities import find_entities
from loom.calls.simulated.extract import extract
from loom.calls.simulated.fields import fields_of_schema
from loom.calls.simulated.kinds import name_words
from loom.calls.simulated.solve import Scene
from loom.calls.simulated.text import content_stems, stem, words
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["choose_tools", "tool_results"]

_THRESHOLD = 0.9
_QUOTED = re.compile(r"[\"“'\u2018]([^\"”'\u2019]{1,200})[\"”'\u2019]")
_FREE_WORDS = frozenset(
    [
        "query",
        "question",
        "text",
        "search",
        "expression",
        "message",
        "content",
        "prompt",
        "input",
        "body",
        "sql",
    ]
)
_LEAD = re.compile(
    r"^(?:please |can you |could you |i need you to |i want to )*(?:search|look up|find|"
    r"calculate|compute|tell me|show me|what is|what's|get)"
    r"(?: (?:for|about|the result of|me))*\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Ranked:
    tool: ToolSpec
    score: float


def choose_tools(request: ModelRequest, scene: Scene) -> tuple[ToolCall, ...]:
    """The calls to make next; empty when the model should answer instead."""
    if request.tool_choice == "none":
        return ()
    asked = _request_text(request)
    done = {call.name for message in request.messages for call in message.tool_calls}
    named = [tool for tool in request.tools if tool.name == request.tool_choice]
    if named and not done:
        return (_call(named[0], asked, scene, request),)
    ranked = [item for item in _ranked(asked, request.tools) if item.tool.name not in done]
    if not ranked:
        return ()
    best = ranked[1] if len(ranked) > 1 and scene.noise.slips("tool", scene.skill.slip * 0.7) else ranked[0]
    forced = request.tool_choice == "required" and not done
    threshold = _THRESHOLD * (1.8 if done else 1.0)
    if not forced and best.score < threshold:
        return ()
    if scene.skill.depth == 1 and scene.noise.slips("invented tool", scene.skill.slip * 0.06):
        return (_made(f"get_{best.tool.name.split('_')[-1]}", {}, request),)
    return (_call(best.tool, asked, scene, request),)


def tool_results(request: ModelRequest) -> str | None:
    """What the tools returned since the user last spoke, as `key: value` lines; None when none did."""
    last = max(
        (place for place, message in enumerate(request.messages) if message.role is Role.USER), default=-1
    )
    results = [
        _readable(message.text) for message in request.messages[last + 1 :] if message.role is Role.TOOL
    ]
    return "\n".join(results) if results else None


def _request_text(request: ModelRequest) -> str:
    return next((message.text for message in reversed(request.messages) if message.role is Role.USER), "")


def _ranked(asked: str, tools: Sequence[ToolSpec]) -> list[_Ranked]:
    """Tools by shared words: of the name twice, of the description once; common words count less."""
    wanted = set(content_stems(asked))
    described = [set(content_stems(tool.description)) for tool in tools]
    ranked: list[_Ranked] = []
    for place, tool in enumerate(tools):
        named = {stem(word) for word in name_words(tool.name)}
        score = 1.2 * len(named & wanted) + (1.5 if tool.name.lower() in asked.lower() else 0.0)
        for cue in described[place] & wanted:
            score += 0.7 / sum(cue in other for other in described)
        ranked.append(_Ranked(tool, score + _shape_fit(asked, tool)))
    return sorted(ranked, key=lambda item: -item.score)


def _shape_fit(asked: str, tool: ToolSpec) -> float:
    """A sum in the request fits a tool that takes an expression; a code fits one that takes an id."""
    properties: Json = tool.parameters.get("properties") or {}
    names = {word for name in properties for word in name_words(name)}
    sums = bool(names & {"expression"}) and bool(re.search(r"\d\s*[-+*/\u00d7]\s*\d", asked))
    codes = bool(names & {"id", "number", "code"}) and bool(patterns.identifiers(asked))
    return 1.0 * sums + 0.5 * codes


def _call(tool: ToolSpec, asked: str, scene: Scene, request: ModelRequest) -> ToolCall:
    required: Sequence[str] = tool.parameters.get("required") or ()
    properties: Json = tool.parameters.get("properties") or {}
    arguments: Json = {}
    for name, spec in properties.items():
        value = _argument(name, spec, asked, scene)
        if value is None and name in required:
            value = spec.get("default", "" if spec.get("type", "string") == "string" else None)
        if value is not None:
            arguments[name] = value
    if arguments and scene.noise.slips("argument", scene.skill.slip * 0.35):
        arguments.pop(next(iter(arguments)))
    return _made(tool.name, arguments, request)


def _made(name: str, arguments: Json, request: ModelRequest) -> ToolCall:
    earlier = sum(len(message.tool_calls) for message in request.messages)
    return ToolCall(f"call_{earlier + 1}", name, arguments, json.dumps(arguments, ensure_ascii=False))


def _argument(name: str, spec: Json, asked: str, scene: Scene) -> JsonValue:
    if spec.get("enum"):
        return _option(spec["enum"], asked, spec.get("default"))
    (field,) = fields_of_schema({"properties": {name: spec}})
    if field.type in {"integer", "number"}:
        found = next((item.value for item in (*patterns.numbers(asked), *patterns.amounts(asked))), None)
        return int(found) if field.type == "integer" and isinstance(found, float) else found
    if field.type == "boolean":
        return True if set(content_stems(name.replace("_", " "))) & set(content_stems(asked)) else None
    if set(name_words(name)) & _FREE_WORDS:
        return _free_text(name, asked)
    if field.kind in {Kind.PLACES, Kind.PEOPLE, Kind.ORGANIZATIONS}:
        return next((item.name for item in find_entities(asked, 3) if item.kind is field.kind), None)
    found = extract(field, asked, scene.brief.rules, scene.skill, scene.noise)
    quoted = _QUOTED.search(asked)
    return found if found is not None else quoted[1] if quoted else None


def _option(options: Sequence[Any], asked: str, default: Any) -> Any:
    spoken = set(words(asked)) | set(content_stems(asked))
    return next(
        (option for option in options if {str(option).lower(), stem(str(option).lower())} & spoken), default
    )


def _free_text(name: str, asked: str) -> str:
    if "expression" in name:
        found = re.search(r"[-(]*\d[\d.,()\s+*/\u00d7-]*\d\)*", asked)
        return found[0].strip() if found else asked
    quoted = _QUOTED.search(asked)
    return quoted[1] if quoted else _LEAD.sub("", asked.strip()).rstrip("?. ")


def _readable(result: str) -> str:
    try:
        value: Any = json.loads(result)
    except (ValueError, RecursionError):
        return result
    return "\n".join(_lines(value)) if isinstance(value, dict | list) else str(value)


def _lines(value: Any, prefix: str = "") -> list[str]:
    if isinstance(value, dict):
        members = cast("Json", value)
        return [line for key, item in members.items() for line in _lines(item, f"{prefix}{key}: ")]
    if isinstance(value, list):
        return [line for item in cast("list[Any]", value) for line in _lines(item, prefix)]
    return [f"{prefix}{value if isinstance(value, str) else canonical(value).decode()}"]
