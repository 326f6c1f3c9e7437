"""The provider's side of Anthropic's Messages API: request bodies read, answers spelled. Knows no server, no model.

Written from the published API pages: https://platform.claude.com/docs/en/api/messages
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from loom.calls.bodies import number, object_at, objects_at, text_at, text_parts, texts_at, whole
from loom.calls.models import (
    FinishReason,
    Message,
    ModelAnswer,
    ModelRequest,
    Part,
    Role,
    ToolCall,
    ToolSpec,
    Usage,
)
from loom.core.jsonvalue import Json

__all__ = ["answer_json", "error_json", "models_json", "read_request", "stream_events"]

_STOP = {
    FinishReason.STOP: "end_turn",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.FILTERED: "refusal",
}
_CHOICES = {"auto": "auto", "none": "none", "any": "required"}
_KNOWN = frozenset(
    {
        "model", "messages", "max_tokens", "system", "tools", "tool_choice", "temperature", "top_p", "top_k",
        "stop_sequences", "stream", "metadata", "thinking", "output_config", "service_tier", "cache_control",
    }
)  # fmt: skip
_CHUNK_CHARS = 8


def read_request(body: Json) -> ModelRequest:
    """The request in a body.

    Raises:
        ValueError: saying what is missing, of the wrong type, or unknown: the API refuses unknown keys.
    """
    for key in body.keys() - _KNOWN:
        raise ValueError(f"{key}: Extra inputs are not permitted")
    cap = whole(body, "max_tokens")
    if cap is None:
        raise ValueError("max_tokens: Field required")
    turns = objects_at(body, "messages")
    if not turns:
        raise ValueError("messages: at least one message is required")
    system = (Message(Role.SYSTEM, text_parts(body, "system")),) if body.get("system") else ()
    return ModelRequest(
        model=text_at(body, "model"),
        messages=(*system, *(message for turn in turns for message in _messages(turn))),
        tools=tuple(_tool(tool) for tool in objects_at(body, "tools")),
        tool_choice=_tool_choice(object_at(body, "tool_choice")),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        max_tokens=cap,
        stop=texts_at(body, "stop_sequences") if body.get("stop_sequences") else (),
        response_format=_format(object_at(body, "output_config")),
    )


def _messages(turn: Json) -> Iterator[Message]:
    """What one turn says: each tool's result is a message of its own."""
    role = turn.get("role")
    if role not in (Role.USER, Role.ASSISTANT):
        raise ValueError(f"messages: unexpected role {role!r}")
    if isinstance(turn.get("content"), str):
        yield Message.of(Role(role), turn["content"])
        return
    blocks = objects_at(turn, "content")
    for block in blocks:
        if block.get("type") == "tool_result":
            result = text_parts(block) if block.get("content") else ()
            yield Message(Role.TOOL, result, tool_call_id=text_at(block, "tool_use_id"))
    text = "".join(text_at(block, "text") for block in blocks if block.get("type") == "text")
    calls = tuple(_call(block) for block in blocks if block.get("type") == "tool_use")
    thinking = tuple(block for block in blocks if str(block.get("type")).endswith("thinking"))
    if text or calls:
        yield Message(Role(role), (Part(text),) if text else (), calls, thinking=thinking)


def _call(block: Json) -> ToolCall:
    given = object_at(block, "input") or {}
    return ToolCall(text_at(block, "id"), text_at(block, "name"), given, json.dumps(given))


def _tool(tool: Json) -> ToolSpec:
    schema = object_at(tool, "input_schema") or {}
    return ToolSpec(text_at(tool, "name"), str(tool.get("description") or ""), schema)


def _tool_choice(choice: Json | None) -> str | None:
    if choice is None:
        return None
    kind = text_at(choice, "type")
    return _CHOICES[kind] if kind in _CHOICES else text_at(choice, "name")


def _format(config: Json | None) -> Json | None:
    wished = object_at(config or {}, "format")
    if wished is None:
        return None
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": object_at(wished, "schema") or {}},
    }


def answer_json(answer: ModelAnswer, answer_id: str) -> Json:
    """A whole message."""
    stopped = {"content": _content(answer), "stop_reason": _STOP[answer.finish_reason]}
    usage: Json = {} if answer.usage is None else {"usage": _usage_json(answer.usage)}
    return {**_frame(answer, answer_id), **stopped, **usage}


def stream_events(answer: ModelAnswer, answer_id: str) -> Iterator[Json]:
    """The events of an answer; the `type` of each is also its name."""
    usage = {} if answer.usage is None else {"usage": {**_usage_json(answer.usage), "output_tokens": 1}}
    start: Json = {**_frame(answer, answer_id), "content": [], "stop_reason": None, **usage}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(_content(answer)):
        yield from _block_events(index, block)
    stop = {"stop_reason": _STOP[answer.finish_reason], "stop_sequence": None}
    total = {} if answer.usage is None else {"usage": {"output_tokens": answer.usage.output_tokens}}
    yield {"type": "message_delta", "delta": stop, **total}
    yield {"type": "message_stop"}


def models_json(names: Sequence[str], created: int) -> Json:
    """A list of models; `created` is in epoch seconds."""
    at = datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z")
    data = [{"type": "model", "id": name, "display_name": name, "created_at": at} for name in names]
    return {"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]}


def error_json(message: str, kind: str, request_id: str) -> Json:
    """The body of an error."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def _frame(answer: ModelAnswer, answer_id: str) -> Json:
    return {
        "id": answer_id,
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "stop_sequence": None,
    }


def _usage_json(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": usage.output_tokens,
    }


def _content(answer: ModelAnswer) -> list[Json]:
    texts: list[Json] = [{"type": "text", "text": answer.text}] if answer.text else []
    return texts + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments or {}}
        for call in answer.tool_calls
    ]


def _block_events(index: int, block: Json) -> Iterator[Json]:
    """A block opens empty and grows by its text, or by the spelling of its input."""
    is_text = block["type"] == "text"
    opening: Json = {**block, "text": ""} if is_text else {**block, "input": {}}
    kind, key = ("text_delta", "text") if is_text else ("input_json_delta", "partial_json")
    written = block["text"] if is_text else json.dumps(block["input"])
    yield {"type": "content_block_start", "index": index, "content_block": opening}
    for start in range(0, len(written), _CHUNK_CHARS):
        delta = {"type": kind, key: written[start : start + _CHUNK_CHARS]}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
