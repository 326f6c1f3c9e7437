"""The provider's side of the OpenAI-compatible API: request bodies read, answers spelled. Knows no server, no model.

Written from the published API pages: https://platform.openai.com/docs/api-reference/chat
"""

from collections.abc import Iterator, Sequence
from typing import cast

from loom.calls.bodies import (
    number,
    object_at,
    objects_at,
    parsed_arguments,
    text_at,
    text_parts,
    texts_at,
    whole,
)
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
from loom.core.jsonvalue import Json, JsonValue

__all__ = [
    "answer_json",
    "embeddings_json",
    "error_json",
    "models_json",
    "read_embedding_texts",
    "read_request",
    "stream_chunks",
    "usage_json",
]

_FINISH = {FinishReason.FILTERED: "content_filter"}
_ROLES = {"developer": Role.SYSTEM, "function": Role.TOOL, **{role.value: role for role in Role}}
_CHUNK_CHARS = 4
_ARGUMENT_CHUNK_CHARS = 16


def read_request(body: Json) -> ModelRequest:
    """The request in the body of a chat completion.

    Raises:
        ValueError: saying what is missing or of the wrong type.
    """
    messages = objects_at(body, "messages")
    if not messages:
        raise ValueError("'messages' must be a non-empty array")
    cap = whole(body, "max_tokens")
    return ModelRequest(
        model=text_at(body, "model"),
        messages=tuple(_message(message) for message in messages),
        tools=tuple(_tool(tool) for tool in objects_at(body, "tools")),
        tool_choice=_tool_choice(body.get("tool_choice")),
        temperature=number(body, "temperature"),
        top_p=number(body, "top_p"),
        max_tokens=whole(body, "max_completion_tokens") if cap is None else cap,
        seed=whole(body, "seed"),
        stop=texts_at(body, "stop") if body.get("stop") else (),
        response_format=object_at(body, "response_format"),
    )


def read_embedding_texts(body: Json) -> tuple[str, list[str]]:
    """Model and texts in the body of an embedding request.

    Raises:
        ValueError: when the input is not text or a list of texts.
    """
    return text_at(body, "model"), list(texts_at(body, "input"))


def answer_json(answer: ModelAnswer, answer_id: str, created: int) -> Json:
    """A whole `chat.completion`; `created` is in epoch seconds."""
    message: Json = {"role": "assistant", "content": answer.text}
    if answer.tool_calls:
        message["tool_calls"] = [_call_json(call) for call in answer.tool_calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    frame = _frame(answer, answer_id, created, "chat.completion")
    return {**frame, "choices": [choice], "usage": usage_json(answer.usage)}


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
    """The answer to an embedding request."""
    data = [
        {"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def models_json(names: Sequence[str], created: int) -> Json:
    """A list of models."""
    data = [{"id": name, "object": "model", "created": created, "owned_by": "loom"} for name in names]
    return {"object": "list", "data": data}


def error_json(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> Json:
    """The body of an error."""
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
    for piece in _pieces(answer.text or "", _CHUNK_CHARS):
        yield {"content": piece}
    for place, call in enumerate(answer.tool_calls):
        opening = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": place, "id": call.id, "type": "function", "function": opening}]}
        for piece in _pieces(call.raw_arguments, _ARGUMENT_CHUNK_CHARS):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _pieces(text: str, length: int) -> Iterator[str]:
    return (text[start : start + length] for start in range(0, len(text), length))


def _finish(answer: ModelAnswer) -> str:
    return _FINISH.get(answer.finish_reason, answer.finish_reason.value)


def _call_json(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": call.raw_arguments}
    return {"id": call.id, "type": "function", "function": function}


def _message(message: Json) -> Message:
    named = message.get("role")
    role = _ROLES.get(named) if isinstance(named, str) else None
    if role is None:
        raise ValueError(f"unknown role {named!r}")
    calls = tuple(_call(call) for call in objects_at(message, "tool_calls"))
    answers = message.get("tool_call_id")
    return Message(role, text_parts(message), calls, answers if isinstance(answers, str) else None)


def _call(call: Json) -> ToolCall:
    function = object_at(call, "function") or {}
    written = str(function.get("arguments") or "")
    name = text_at(function, "name")
    return ToolCall(str(call.get("id") or ""), name, parsed_arguments(written), written)


def _tool(tool: Json) -> ToolSpec:
    function = object_at(tool, "function") or tool
    description = str(function.get("description") or "")
    return ToolSpec(text_at(function, "name"), description, object_at(function, "parameters") or {})


def _tool_choice(choice: JsonValue) -> str | None:
    if isinstance(choice, dict):
        named = cast("Json", choice)
        return text_at(object_at(named, "function") or named, "name")
    if choice is not None and not isinstance(choice, str):
        raise ValueError("'tool_choice' must be a string or an object")
    return choice
