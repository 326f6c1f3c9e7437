"""The provider's side of Ollama's API: request bodies read, answers spelled. Knows no server, no model.

Written from the published API pages: https://docs.ollama.com/api
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
    "read_prompt",
    "read_request",
    "stream_lines",
]

_CHUNK_CHARS = 4
_ROLES = tuple(Role)


def read_request(body: Json) -> ModelRequest:
    """The request in the body of a chat.

    Raises:
        ValueError: saying what is missing or of the wrong type.
    """
    return _request(body, tuple(_message(message) for message in objects_at(body, "messages")))


def read_prompt(body: Json) -> ModelRequest:
    """The request in the body of `/api/generate`.

    Raises:
        ValueError: as `read_request`.
    """
    system = (Message.of(Role.SYSTEM, text_at(body, "system")),) if body.get("system") else ()
    return _request(body, (*system, Message.of(Role.USER, text_at(body, "prompt"))))


def _request(body: Json, messages: tuple[Message, ...]) -> ModelRequest:
    options = object_at(body, "options") or {}
    return ModelRequest(
        model=text_at(body, "model"),
        messages=messages,
        tools=tuple(_tool(tool) for tool in objects_at(body, "tools")),
        temperature=number(options, "temperature"),
        top_p=number(options, "top_p"),
        max_tokens=whole(options, "num_predict"),
        seed=whole(options, "seed"),
        stop=texts_at(options, "stop") if options.get("stop") else (),
        response_format=_format(body.get("format")),
    )


def _message(message: Json) -> Message:
    role = message.get("role")
    if role not in _ROLES:
        raise ValueError(f"invalid role {role!r}")
    calls = tuple(_call(call, place) for place, call in enumerate(objects_at(message, "tool_calls")))
    content = text_parts(message) if message.get("content") else ()
    named = message.get("tool_name")
    return Message(Role(role), content, calls, named if isinstance(named, str) else None)


def _call(call: Json, place: int) -> ToolCall:
    function = object_at(call, "function") or {}
    given = object_at(function, "arguments") or {}
    return ToolCall(f"call_{place}", text_at(function, "name"), given, json.dumps(given))


def _tool(tool: Json) -> ToolSpec:
    function = object_at(tool, "function") or {}
    description = str(function.get("description") or "")
    return ToolSpec(text_at(function, "name"), description, object_at(function, "parameters") or {})


def _format(wished: JsonValue) -> Json | None:
    if not wished:
        return None
    if wished == "json":
        return {"type": "json_object"}
    if isinstance(wished, dict):
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wished}}
    raise ValueError("'format' must be \"json\" or a JSON schema")


def read_embedding_texts(body: Json) -> tuple[str, list[str]]:
    """Model and texts in the body of an embedding request.

    Raises:
        ValueError: when the input is not text or a list of texts.
    """
    return text_at(body, "model"), list(texts_at(body, "input"))


def answer_json(answer: ModelAnswer, created: int, *, chat: bool = True) -> Json:
    """A whole response; `created` is in epoch seconds. Without `chat`, as `/api/generate` spells it."""
    calls = [_call_json(call) for call in answer.tool_calls]
    spoken = _spoken(answer.text or "", calls, chat=chat)
    return {**_frame(answer, created), **spoken, **_end(answer)}


def stream_lines(answer: ModelAnswer, created: int, *, chat: bool = True) -> Iterator[Json]:
    """The lines of a streamed response."""
    frame = _frame(answer, created)
    text = answer.text or ""
    for start in range(0, len(text), _CHUNK_CHARS):
        yield {**frame, **_spoken(text[start : start + _CHUNK_CHARS], [], chat=chat), "done": False}
    if answer.tool_calls:
        calls = [_call_json(call) for call in answer.tool_calls]
        yield {**frame, **_spoken("", calls, chat=chat), "done": False}
    yield {**frame, **_spoken("", [], chat=chat), **_end(answer)}


def embeddings_json(vectors: Sequence[Sequence[float]], model: str, tokens: int) -> Json:
    """The answer to an embedding request."""
    return {
        "model": model,
        "embeddings": vectors,
        "total_duration": 0,
        "load_duration": 0,
        "prompt_eval_count": tokens,
    }


def models_json(names: Sequence[str], created: int) -> Json:
    """The models that a server has; `created` is in epoch seconds."""
    return {
        "models": [
            {"name": name, "model": name, "modified_at": _at(created), "size": 0, "digest": "", "details": {}}
            for name in names
        ]
    }


def error_json(message: str) -> Json:
    """The body of an error."""
    return {"error": message}


def _frame(answer: ModelAnswer, created: int) -> Json:
    return {"model": answer.model, "created_at": _at(created)}


def _at(created: int) -> str:
    return datetime.fromtimestamp(created, UTC).isoformat().replace("+00:00", "Z")


def _spoken(text: str, calls: list[Json], *, chat: bool) -> Json:
    if not chat:
        return {"response": text}
    return {"message": {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}}


def _end(answer: ModelAnswer) -> Json:
    reason = "length" if answer.finish_reason is FinishReason.LENGTH else "stop"
    return {"done": True, "done_reason": reason, "total_duration": 0, **_usage_json(answer.usage)}


def _usage_json(usage: Usage | None) -> Json:
    """The API leaves out a count of 0."""
    if usage is None:
        return {}
    counts = {"prompt_eval_count": usage.input_tokens, "eval_count": usage.output_tokens}
    return {name: number for name, number in counts.items() if number}


def _call_json(call: ToolCall) -> Json:
    return {"function": {"name": call.name, "arguments": call.arguments or {}}}
