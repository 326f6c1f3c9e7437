"""The chat bodies of the OpenAI-compatible API, both ways. Knows no transport.

Written from the providers' published API pages: https://platform.openai.com/docs/api-reference/chat
"""

import json
from typing import cast

from loom.calls.models import (
    FinishReason,
    Message,
    ModelAnswer,
    ModelRequest,
    Role,
    ToolCall,
    ToolSpec,
    Usage,
)
from loom.calls.reading import arguments, count, malformed, sound
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["encode_request", "read_answer"]

_FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.FILTERED,
}
_TOOL_CHOICES = frozenset({"auto", "none", "required"})


def encode_request(request: ModelRequest) -> bytes:
    """The canonical body of a chat completion; what is None or empty is left out."""
    body: Json = {"model": request.model, "messages": [_message(message) for message in request.messages]}
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.response_format is not None:
        body["response_format"] = request.response_format
    return canonical(body)


def _message(message: Message) -> Json:
    body: Json = {"role": message.role, "content": message.text}
    if message.tool_calls:
        body["content"] = message.text or None
        body["tool_calls"] = [_called(call) for call in message.tool_calls]
    if message.role is Role.TOOL:
        body["tool_call_id"] = message.tool_call_id
    return body


def _called(call: ToolCall) -> Json:
    arguments = call.raw_arguments or canonical(call.arguments or {}).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _tool_choice(choice: str) -> JsonValue:
    return choice if choice in _TOOL_CHOICES else {"type": "function", "function": {"name": choice}}


def read_answer(document: Json, size: int) -> ModelAnswer:
    """The answer in `document`, a chat completion whose spelling took `size` bytes.

    `model` is empty when the provider names none.

    Raises:
        ProviderError: `MALFORMED`, or what an error reported in place of an answer says.
    """
    if document.get("error") or document.get("object") == "error":
        raise reported_under_success(document)
    choice = _first_choice(document)
    if choice.get("error"):
        raise reported_under_success(choice, begun=bool(choice.get("message")))
    message: JsonValue = choice.get("message")
    if message.__class__ is not dict:
        raise malformed("without a message in its first choice")
    calls = _tool_calls(message.get("tool_calls"))
    text, refused = _text(message)
    finish = FinishReason.FILTERED if refused else _finish(choice.get("finish_reason"), called=bool(calls))
    snapshot = document.get("model")
    return ModelAnswer(
        text=None if calls and not text else text,
        tool_calls=calls,
        reasoning=_reasoning(message),
        usage=read_usage(document.get("usage"), size),
        finish_reason=finish,
        model=snapshot if isinstance(snapshot, str) else "",
    )


def _first_choice(document: Json) -> Json:
    choices: JsonValue = document.get("choices")
    if choices.__class__ is not list or not choices or choices[0].__class__ is not dict:
        raise malformed("without choices", json.dumps(document).encode())
    return choices[0]


def _text(message: Json) -> tuple[str, bool]:
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, str):
        return sound(content), False
    if content is None:
        return (sound(refusal), True) if isinstance(refusal, str) and refusal else ("", False)
    if isinstance(content, list):
        return sound("".join(_part(part) for part in cast("list[JsonValue]", content))), False
    raise malformed(f"with content that is neither text nor parts ({type(content).__name__})")


def _part(part: JsonValue) -> str:
    text = cast("Json", part).get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _reasoning(message: Json) -> str | None:
    text = message.get("reasoning_content") or message.get("reasoning")
    return sound(text) if isinstance(text, str) and text else None


def _finish(reason: JsonValue, *, called: bool) -> FinishReason:
    finish = _FINISH.get(reason, FinishReason.STOP) if isinstance(reason, str) else FinishReason.STOP
    return FinishReason.TOOL_CALLS if called and finish is FinishReason.STOP else finish


def _tool_calls(entries: JsonValue) -> tuple[ToolCall, ...]:
    if not entries:
        return ()
    if not isinstance(entries, list):
        raise malformed("with tool calls that are not a list")
    return tuple(_tool_call(entry, place) for place, entry in enumerate(cast("list[JsonValue]", entries)))


def _tool_call(entry: JsonValue, place: int) -> ToolCall:
    function = cast("Json", entry).get("function") if isinstance(entry, dict) else None
    name = cast("Json", function).get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or not name:
        raise malformed("with a tool call that has no name")
    given = cast("Json", function).get("arguments")
    identity = cast("Json", entry).get("id")
    name_of_call = identity if isinstance(identity, str) and identity else f"call_{place}"
    return ToolCall(name_of_call, name, *arguments(given))


def read_usage(reported: JsonValue, size: int) -> Usage | None:
    """Tokens as reported; None when they are absent or cannot be true.

    Visible output tokens stand for at least a byte each, so more of them than `size` cannot be true.
    """
    if reported.__class__ is not dict:
        return None
    usage: Json = reported
    sent, made = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
    if sent is None or made is None:
        return None
    cached = _detail(usage.get("prompt_tokens_details"), "cached_tokens")
    reasoned = _detail(usage.get("completion_tokens_details"), "reasoning_tokens")
    if not (cached or reasoned):
        return None if made > size else Usage(sent, made)
    if reasoned and usage.get("total_tokens") == sent + made + reasoned:
        made += (
            reasoned  # one provider counts reasoning beside the output tokens, though it bills it as output
        )
    reasoned = min(reasoned, made)
    return None if made - reasoned > size else Usage(sent, made, min(cached, sent), reasoned)


def _detail(details: JsonValue, name: str) -> int:
    return (count(details.get(name)) or 0) if details.__class__ is dict else 0
