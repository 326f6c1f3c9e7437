"""A transcript as turns on a page: what the model was given, what it said, what its tools gave."""

import json
from collections.abc import Iterator
from typing import cast

from loom.calls.models import Message, ModelAnswer, Role, ToolCall, Usage
from loom.core.jsonvalue import JsonValue
from loom.worker.transcript import HumanAnswer, ModelTurn, ToolResult, Transcript
from loom.workshop.pages.format import exact
from loom.workshop.views.code import Code
from loom.workshop.views.transcript import Turn

__all__ = ["turns"]

_TITLES = {Role.SYSTEM: "System prompt", Role.USER: "Input", Role.ASSISTANT: "Answer", Role.TOOL: "Result"}


def turns(transcript: Transcript) -> tuple[Turn, ...]:
    """Every turn of `transcript`, in order; the system prompt comes closed."""
    return tuple(_opening(transcript)) + tuple(_steps(transcript))


def _opening(transcript: Transcript) -> Iterator[Turn]:
    for message in transcript.opening.messages:
        yield _message(message)
    tools = transcript.opening.tools
    if tools:
        offered = {tool.name: tool.description for tool in tools}
        yield Turn(
            "system", "Tools offered", code=Code.of_json(offered), meta=(f"{len(tools)} tools",), open=False
        )


def _message(message: Message) -> Turn:
    title = _TITLES[message.role]
    is_system = message.role is Role.SYSTEM
    return Turn(message.role, title, **_content(message.text), open=not is_system)


def _steps(transcript: Transcript) -> Iterator[Turn]:
    for number, step in enumerate(transcript.steps, 1):
        match step:
            case ModelTurn(answer):
                yield from _answer(answer, number)
            case ToolResult(_, name, content, is_error):
                role = "error" if is_error else "result"
                yield Turn(role, name, **_content(content), id=f"step-{number}")
            case HumanAnswer(content):
                yield Turn("user", "Human answer", content, id=f"step-{number}")


def _answer(answer: ModelAnswer, number: int) -> Iterator[Turn]:
    if answer.reasoning:
        yield Turn("assistant", "Reasoning", answer.reasoning, open=False)
    if answer.text is not None:
        meta = (*_tokens(answer.usage), answer.finish_reason.replace("_", " "))
        yield Turn("assistant", "Answer", **_content(answer.text), meta=meta, id=f"step-{number}")
    for call in answer.tool_calls:
        yield _call(call)


def _call(call: ToolCall) -> Turn:
    if call.arguments is None:
        return Turn("error", call.name, call.raw_arguments, meta=("arguments are no JSON object",))
    return Turn("call", call.name, code=Code.of_json(call.arguments), meta=(call.id,))


def _tokens(usage: Usage | None) -> tuple[str, ...]:
    if usage is None:
        return ()
    return (f"{exact(usage.input_tokens)} tokens in, {exact(usage.output_tokens)} out",)


def _content(text: str) -> dict[str, JsonValue]:
    """JSON is shown as such, anything else as text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    if not isinstance(value, dict | list):
        return {"text": text}
    return {"code": Code.of_value(cast("JsonValue", value))}
