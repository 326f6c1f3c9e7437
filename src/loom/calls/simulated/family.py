"""The door of the simulated family: one request in, one answer and its latency out. Pure and deterministic."""

import json
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from loom.calls.models import FinishReason, Message, ModelAnswer, ModelRequest, Role, Usage
from loom.calls.simulated.brief import Brief, Field, Task
from loom.calls.simulated.content import Content, read_content, split_instruction
from loom.calls.simulated.examples import examples_in_turns
from loom.calls.simulated.noise import Noise, Skill
from loom.calls.simulated.prompt_reading import fields_of_schema_text, read_prompt, with_turns
from loom.calls.simulated.reply import write_reply
from loom.calls.simulated.sizes import Size, size_of
from loom.calls.simulated.solve import Scene
from loom.calls.simulated.text import squeezed
from loom.calls.simulated.tokens import (
    CHARS_PER_TOKEN,
    cut_to_tokens,
    input_tokens,
    text_tokens,
    tool_call_tokens,
)
from loom.calls.simulated.tools import choose_tools
from loom.core.jsonvalue import Json, canonical

__all__ = ["Simulated", "simulate"]

_PROVIDER_TEMPERATURE = 1.0
_EXAMPLE_GAIN = 0.09
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Simulated:
    """An answer and how long a real model of this size would have taken; callers may wait that long or not."""

    answer: ModelAnswer
    latency_s: float
    first_token_s: float


def simulate(request: ModelRequest, *, repetition: int = 0) -> Simulated:
    """Answers `request`. The same request, seed and repetition always give the same answer.

    Raises:
        KeyError: when `request.model` is not of the family.
    """
    size = size_of(request.model)
    noise = _noise(request, size, repetition)
    spent = input_tokens(request)
    brief, content = _read(request)
    skill = _skill(size, brief, request)
    scene = Scene(brief, content, skill, noise)
    calls = choose_tools(request, scene) if request.tools else ()
    if calls:
        usage = Usage(spent, tool_call_tokens(calls))
        answer = ModelAnswer(
            None, calls, usage=usage, finish_reason=FinishReason.TOOL_CALLS, model=size.snapshot
        )
    else:
        answer = _finished(request, write_reply(scene, request), spent, size)
    return _timed(answer, size, noise)


def _noise(request: ModelRequest, size: Size, repetition: int) -> Noise:
    whole = blake2b(digest_size=16)
    for message in request.messages:
        whole.update(f"{message.role}\0{message.text}\0".encode("utf-8", "surrogatepass"))
        for call in message.tool_calls:
            whole.update(call.raw_arguments.encode("utf-8", "surrogatepass"))
    whole.update(canonical([tool.name for tool in request.tools]) + canonical(request.response_format))
    told = (
        size.name,
        request.temperature,
        request.top_p,
        request.max_tokens,
        request.stop,
        request.seed,
        repetition,
    )
    whole.update(repr(told).encode("utf-8", "surrogatepass"))
    case = blake2b(_last(request, Role.USER).encode("utf-8", "surrogatepass"), digest_size=16)
    return Noise(case.digest(), whole.digest())


def _last(request: ModelRequest, role: Role) -> str:
    return next((message.text for message in reversed(request.messages) if message.role is role), "")


def _read(request: ModelRequest) -> tuple[Brief, Content]:
    """What is asked and on what: from the system prompt, or from the user's message when that says both."""
    spoken = (message.text for message in request.messages if message.role is Role.SYSTEM)
    system = squeezed("\n\n".join(spoken))
    said = squeezed(_last(request, Role.USER))
    brief = read_prompt(system)
    content = read_content(said)
    if brief.task is Task.REPLY and not brief.fields and not content.payload:
        instruction, material = split_instruction(said)
        brief = read_prompt(f"{system}\n\n{instruction}".strip())
        content = replace(
            read_content(material), question=content.question or ("" if material != said else said)
        )
    brief = with_turns(brief, examples_in_turns(_turns(request)))
    forced = _forced_fields(request)
    return (replace(brief, fields=_merged(brief.fields, forced)) if forced else brief), content


def _turns(request: ModelRequest) -> tuple[Message, ...]:
    last = max(
        (place for place, message in enumerate(request.messages) if message.role is Role.USER), default=0
    )
    return request.messages[:last]


def _forced_fields(request: ModelRequest) -> tuple[Field, ...]:
    form: Json = request.response_format or {}
    if form.get("type") != "json_schema":
        return ()
    wrapped: Any = form.get("json_schema") or form
    return fields_of_schema_text(json.dumps(wrapped.get("schema") or {}, sort_keys=True))


def _merged(known: tuple[Field, ...], forced: tuple[Field, ...]) -> tuple[Field, ...]:
    """The schema's fields, with what the prompt says about those it also names."""
    by_name = {field.name: field for field in known}
    return tuple(
        replace(
            field,
            hint=f"{field.hint} {by_name[field.name].hint}".strip(),
            labels=by_name[field.name].labels or field.labels,
        )
        if field.name in by_name
        else field
        for field in forced
    )


def _skill(size: Size, brief: Brief, request: ModelRequest) -> Skill:
    """Slips grow with vagueness and temperature, and shrink with examples."""
    asked = _PROVIDER_TEMPERATURE if request.temperature is None else request.temperature
    heat = 1.0 + 0.5 * asked * (1.0 if request.top_p is None else request.top_p)
    taught = 1.0 - _EXAMPLE_GAIN * min(len(brief.examples), _MOST_EXAMPLES)
    slip = (size.slip + size.vague_slip * (1.0 - brief.clarity)) * heat * taught
    told_how = (
        0.0 if request.response_format else 0.06 if brief.rules.json_only else 0.6 if brief.fields else 1.0
    )
    return Skill(
        size.depth, min(0.9, slip), min(0.9, size.untidy * told_how * taught * heat), size.background
    )


def _finished(request: ModelRequest, text: str, spent: int, size: Size) -> ModelAnswer:
    cuts = [place for mark in request.stop if mark and (place := text.find(mark)) >= 0]
    text = text[: min(cuts)] if cuts else text
    reason = FinishReason.STOP
    if request.max_tokens is not None and len(text) > request.max_tokens * CHARS_PER_TOKEN:
        text, reason = cut_to_tokens(text, request.max_tokens), FinishReason.LENGTH
    return ModelAnswer(text, usage=Usage(spent, text_tokens(text)), finish_reason=reason, model=size.snapshot)


def _timed(answer: ModelAnswer, size: Size, noise: Noise) -> Simulated:
    assert answer.usage is not None
    jitter = 0.8 + 0.5 * noise.draw("latency")
    first = (size.first_token_s + answer.usage.input_tokens / 20_000) * jitter
    return Simulated(answer, first + answer.usage.output_tokens / size.tokens_per_s * jitter, first)
