"""The OpenAI wire format, both ways. Knows no server and no model."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

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

__all__ = [
    "answer_json",
    "embeddings_json",
    "error_json",
    "models_json",
    "read_embedding_texts",
    "read_request",
    "stream_chunks",
]

_FINISH = {FinishReason.FILTERED: "content_filter"}
_ROLES = {"developer": Role.SYSTEM, "function": Role.TOOL}
_CHUNK_CHARS = 4


def read_request(body: Json) -> ModelRequest:
    """The request in a `/v1/chat/completions` body.

    Raises:
        ValueError: saying what is missing or of the wrong type.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("'messages' must be a non-empty array")
    stop = body.get("stop")
    return ModelRequest(
        model=_text(body, "model"),
        messages=tuple(_message(message) for message in messages),
        tools=tuple(_tool(tool) for tool in body.get("tools") or ()),
        tool_choice=_tool_choice(body.get("tool_choice")),
        temperature=_number(body, "temperature"),
        top_p=_number(body, "top_p"),
        max_tokens=_whole(body, "max_tokens") or _whole(body, "max_completion_tokens"),
        seed=_whole(body, "seed"),
        stop=(stop,) if isinstance(stop, str) else tuple(str(mark) for mark in stop or ()),
        response_format=body.get("response_format"),
    )


def read_embedding_texts(body: Json) -> tuple[str, list[str]]:
    """Model and texts of a `/v1/embeddings` body.

    Raises:
        ValueError: when the input is not text or a list of texts.
    """
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("'input' must be a string or an array of strings")
    return _text(body, "model"), texts


def answer_json(answer: ModelAnswer, answer_id: str, created: int) -> Json:
    """A whole `chat.completion`."""
    message: Json = {"role": "assistant", "content": answer.text}
    if answer.tool_calls:
        message["tool_calls"] = [_call_json(call) for call in answer.tool_calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    whole = _frame(answer, answer_id, created, "chat.completion")
    return {**whole, "choices": [choice], "usage": usage_json(answer.usage)}


def stream_chunks(
    answer: ModelAnswer, answer_id: str, created: int, *, include_usage: bool
) -> Iterator[Json]:
    """The `chat.completion.chunk` events of an answer, without the closing `[DONE]`."""
    frame = _frame(answer, answer_id, created, "chat.completion.chunk")
    tail: Json = {"usage": None} if include_usage else {}
    for delta in _deltas(answer):
        yield {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **tail}
    yield {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(answer)}], **tail}
    if include_usage:
        yield {**frame, "choices": [], "usage": usage_json(answer.usage)}


def usage_json(usage: Usage | None) -> Json | None:
    """Tokens as OpenAI spells them."""
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def embeddings_json(vectors: Sequence[Sequence[float]], model: str, tokens: int) -> Json:
    """A `/v1/embeddings` answer."""
    data = [
        {"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)
    ]
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def models_json(names: Sequence[str], created: int) -> Json:
    """A `/v1/models` answer."""
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": created, "owned_by": "loom"} for name in names],
    }


def error_json(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> Json:
    """An error body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _frame(answer: ModelAnswer, answer_id: str, created: int, kind: str) -> Json:
    return {
        "id": answer_id,
        "object": kind,
        "created": created,
        "model": answer.model,
        "system_fingerprint": "simulated",
    }


def _deltas(answer: ModelAnswer) -> Iterator[Json]:
    yield {"role": "assistant", "content": "" if answer.text is not None else None}
    text = answer.text or ""
    for start in range(0, len(text), _CHUNK_CHARS):
        yield {"content": text[start : start + _CHUNK_CHARS]}
    for place, call in enumerate(answer.tool_calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": call.id, "type": "function", "function": opening}]}
        for start in range(0, len(call.raw_arguments), _CHUNK_CHARS * 4):
            piece = call.raw_arguments[start : start + _CHUNK_CHARS * 4]
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _finish(answer: ModelAnswer) -> str:
    return _FINISH.get(answer.finish_reason, answer.finish_reason.value)


def _call_json(call: ToolCall) -> Json:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.raw_arguments},
    }


def _message(value: Any) -> Message:
    if not isinstance(value, dict):
        raise ValueError("each message must be an object")  # noqa: TRY004 (one kind of refusal for the caller)
    message: Json = value
    named = str(message.get("role"))
    try:
        role = _ROLES.get(named) or Role(named)
    except ValueError:
        raise ValueError(f"unknown role '{named}'") from None
    calls = tuple(_call(call) for call in message.get("tool_calls") or ())
    return Message(role, _parts(message.get("content")), calls, message.get("tool_call_id"))


def _parts(content: Any) -> tuple[Part, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (Part(content),)
    return tuple(Part(str(part.get("text", "")), str(part.get("type", "text"))) for part in content)


def _call(value: Json) -> ToolCall:
    function: Json = value.get("function") or {}
    written = str(function.get("arguments") or "")
    try:
        arguments = json.loads(written or "{}")
    except ValueError:
        arguments = None
    return ToolCall(str(value.get("id", "")), str(function.get("name", "")), arguments, written)


def _tool(value: Json) -> ToolSpec:
    function: Json = value.get("function") or value
    return ToolSpec(
        _text(function, "name"), str(function.get("description") or ""), function.get("parameters") or {}
    )


def _tool_choice(value: Any) -> str | None:
    if isinstance(value, dict):
        choice: Json = value
        return str((choice.get("function") or choice).get("name"))
    return value


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{key}' must be a non-empty string")
    return value


def _number(body: Json, key: str) -> float | None:
    value = body.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"'{key}' must be a number")
    return value


def _whole(body: Json, key: str) -> int | None:
    value = _number(body, key)
    if value is not None and value != int(value):
        raise ValueError(f"'{key}' must be a whole number")
    return None if value is None else int(value)
