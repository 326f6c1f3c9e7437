"""The bodies of Ollama's API, both ways. Knows no transport.

Written from the published API pages: https://docs.ollama.com/api
"""

from typing import cast

from loom.calls.backend import Embedded
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
from loom.calls.reading import arguments, as_object, count, malformed, objects, sound
from loom.calls.refusals import reported_under_success
from loom.calls.vectors import read_vectors
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["UNSPOKEN", "encode_request", "read_answer", "read_embedding"]

UNSPOKEN = ("tool_choice", "response_format")
"""What the API has no word for, and would pass over in silence. It stands in the canonical body, where it makes
another request, and is not sent."""


def encode_request(request: ModelRequest) -> bytes:
    """The canonical body of a chat; what is None or empty is left out."""
    body: Json = {"model": request.model, "messages": _messages(request.messages)}
    options = _options(request)
    if options:
        body["options"] = options
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.tool_choice is not None:
        body["tool_choice"] = request.tool_choice
    if request.response_format is not None:
        body |= _format(request.response_format)
    return canonical(body)


def _options(request: ModelRequest) -> Json:
    options = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "num_predict": request.max_tokens,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    return {name: value for name, value in options.items() if value is not None}


def _messages(messages: tuple[Message, ...]) -> list[Json]:
    """A tool's result names its tool, which the API goes by; ours know the id of the call."""
    names: dict[str | None, str] = {}
    spoken: list[Json] = []
    for message in messages:
        names |= {call.id: call.name for call in message.tool_calls}
        spoken.append(_message(message, names.get(message.tool_call_id)))
    return spoken


def _message(message: Message, tool_name: str | None) -> Json:
    body: Json = {"role": message.role.value, "content": message.text}
    thought = "".join(str(block.get("thinking") or "") for block in message.thinking)
    if thought:
        body["thinking"] = thought
    if message.tool_calls:
        body["tool_calls"] = [_called(call) for call in message.tool_calls]
    if message.role is Role.TOOL and tool_name:
        body["tool_name"] = tool_name
    return body


def _called(call: ToolCall) -> Json:
    given = {"_raw": call.raw_arguments} if call.arguments is None else call.arguments
    return {"function": {"name": call.name, "arguments": given}}


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _format(wished: Json) -> Json:
    """JSON, and JSON of a schema, have a word here; other formats have none."""
    schema = cast("Json", wished.get("json_schema") or {}).get("schema")
    if wished.get("type") == "json_object":
        return {"format": "json"}
    return {"format": schema} if isinstance(schema, dict) else {"response_format": wished}


def read_answer(document: Json, size: int) -> ModelAnswer:
    """The answer in `document`, a chat response whose spelling took `size` bytes.

    Raises:
        ProviderError: `MALFORMED`, or what an error reported in place of an answer says.
    """
    if document.get("error"):
        raise reported_under_success(document)
    message = document.get("message")
    if not isinstance(message, dict) or document.get("done") is not True:
        raise malformed("without a message, or not finished", canonical(document))
    spoken = cast("Json", message)
    calls = tuple(_tool_call(entry, place) for place, entry in enumerate(objects(spoken.get("tool_calls"))))
    text, thought = _text(spoken, "content"), _text(spoken, "thinking")
    finish = FinishReason.LENGTH if document.get("done_reason") == "length" else FinishReason.STOP
    snapshot = document.get("model")
    return ModelAnswer(
        text=None if calls and not text else text,
        tool_calls=calls,
        reasoning=thought or None,
        usage=_usage(document, size),
        finish_reason=FinishReason.TOOL_CALLS if calls and finish is FinishReason.STOP else finish,
        model=snapshot if isinstance(snapshot, str) else "",
        thinking=({"type": "thinking", "thinking": thought},) if thought else (),
    )


def _text(message: Json, key: str) -> str:
    text = message.get(key)
    if text is not None and not isinstance(text, str):
        raise malformed(f"with '{key}' that is not text ({type(text).__name__})")
    return sound(text or "")


def _tool_call(entry: Json, place: int) -> ToolCall:
    function = entry.get("function")
    name = cast("Json", function).get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or not name:
        raise malformed("with a tool call that has no name")
    identity = entry.get("id")
    named = identity if isinstance(identity, str) and identity else f"call_{place}"
    return ToolCall(named, name, *arguments(cast("Json", function).get("arguments")))


def _usage(document: Json, size: int) -> Usage | None:
    """Tokens as reported; None when they cannot be true, or there is neither count.

    One count alone is whole: the API leaves out a 0, which is what a prompt costs that it still remembered.
    A visible token stands for at least a byte, so more of them than `size` cannot be true.
    """
    given: tuple[JsonValue, JsonValue] = (document.get("prompt_eval_count"), document.get("eval_count"))
    if given == (None, None):
        return None
    sent, made = (0 if value is None else count(value) for value in given)
    return None if sent is None or made is None or made > size else Usage(sent, made)


def read_embedding(body: bytes, wanted: int) -> Embedded:
    """The vectors of `wanted` texts.

    Raises:
        ProviderError: `MALFORMED`, or what an error reported in place of an answer says.
    """
    document = as_object(body)
    if document.get("error"):
        raise reported_under_success(document)
    model = document.get("model")
    vectors = read_vectors(document.get("embeddings"), wanted)
    return Embedded(
        vectors, count(document.get("prompt_eval_count")), model if isinstance(model, str) else ""
    )
