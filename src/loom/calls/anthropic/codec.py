"""The bodies of Anthropic's Messages API, both ways. Knows no transport.

Written from the published API pages: https://platform.claude.com/docs/en/api/messages
"""

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
from loom.calls.reading import arguments, count, malformed, objects, sound
from loom.calls.refusals import reported_under_success
from loom.core.jsonvalue import Json, JsonValue, canonical

__all__ = ["UNSPOKEN", "encode_request", "read_answer"]

UNSPOKEN = ("seed", "response_format")
"""What the API has no word for. It stands in the canonical body, where it makes another request, and is not sent."""

_MOST_TOKENS = 4096
"""Where a request sets no cap: the API wants one, and reservations assume this one."""

_FINISH = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "pause_turn": FinishReason.LENGTH,
    "refusal": FinishReason.FILTERED,
}
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_THINKING = ("thinking", "redacted_thinking")


def encode_request(request: ModelRequest) -> bytes:
    """The canonical body of a message request; what is None or empty is left out."""
    body: Json = {
        "model": request.model,
        "max_tokens": request.max_tokens or _MOST_TOKENS,
        "messages": _turns(request.messages),
    }
    system = "\n\n".join(message.text for message in request.messages if message.role is Role.SYSTEM)
    if system:
        body["system"] = system
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.tool_choice is not None:
        body["tool_choice"] = _tool_choice(request.tool_choice)
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.seed is not None:
        body["seed"] = request.seed
    if request.response_format is not None:
        body |= _format(request.response_format)
    return canonical(body)


def _turns(messages: tuple[Message, ...]) -> list[Json]:
    """The conversation in turns of user and assistant; all results of a round of tools stand in one turn."""
    turns: list[Json] = []
    for message in messages:
        blocks = [] if message.role is Role.SYSTEM else _blocks(message)
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if blocks and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Message) -> list[Json]:
    """The API refuses empty text, so there is no block for it."""
    if message.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.text}]
    blocks = [block for block in message.thinking if _is_ours(block)]
    if message.text:
        blocks.append({"type": "text", "text": message.text})
    return blocks + [_called(call) for call in message.tool_calls]


def _is_ours(block: Json) -> bool:
    """Whether this API signed or sealed the block: it refuses others."""
    return block.get("type") in _THINKING and bool(block.get("signature") or block.get("data"))


def _called(call: ToolCall) -> Json:
    given = {"_raw": call.raw_arguments} if call.arguments is None else call.arguments
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}


def _tool(tool: ToolSpec) -> Json:
    schema = {"type": "object", **tool.parameters}
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _tool_choice(choice: str) -> Json:
    return {"type": _CHOICES[choice]} if choice in _CHOICES else {"type": "tool", "name": choice}


def _format(wished: Json) -> Json:
    """A JSON Schema has a word here; the other formats have none."""
    schema = cast("Json", wished.get("json_schema") or {}).get("schema")
    if wished.get("type") == "json_schema" and isinstance(schema, dict):
        return {"output_config": {"format": {"type": "json_schema", "schema": cast("Json", schema)}}}
    return {"response_format": wished}


def read_answer(document: Json, size: int) -> ModelAnswer:
    """The answer in `document`, a message whose spelling took `size` bytes.

    Raises:
        ProviderError: `MALFORMED`, or what an error reported in place of an answer says.
    """
    if document.get("type") == "error" or document.get("error"):
        raise reported_under_success(document)
    reason = document.get("stop_reason")
    if not isinstance(document.get("content"), list) or not isinstance(reason, str):
        raise malformed("without content, or without a reason why it stopped", canonical(document))
    blocks = objects(document["content"])
    calls = tuple(_tool_call(block) for block in blocks if block.get("type") == "tool_use")
    text = _joined(blocks, "text")
    thinking = tuple(block for block in blocks if block.get("type") in _THINKING)
    finish = _FINISH.get(reason, FinishReason.STOP)
    snapshot = document.get("model")
    return ModelAnswer(
        text=None if calls and not text else text,
        tool_calls=calls,
        reasoning=_joined(thinking, "thinking") or None,
        usage=_usage(document.get("usage"), None if thinking else size),
        finish_reason=FinishReason.TOOL_CALLS if calls and finish is FinishReason.STOP else finish,
        model=snapshot if isinstance(snapshot, str) else "",
        thinking=thinking,
    )


def _joined(blocks: "list[Json] | tuple[Json, ...]", kind: str) -> str:
    texts = (block.get(kind) for block in blocks if block.get("type") == kind)
    return sound("".join(text for text in texts if isinstance(text, str)))


def _tool_call(block: Json) -> ToolCall:
    name, identity = block.get("name"), block.get("id")
    if not isinstance(name, str) or not name or not isinstance(identity, str):
        raise malformed("with a tool call that has no name or no id")
    return ToolCall(identity, name, *arguments(block.get("input")))


def _usage(reported: JsonValue, size: int | None) -> Usage | None:
    """Tokens as reported; None when they are absent or cannot be true.

    The API counts input that it had cached, or put into its cache, beside the other input. Output tokens stand
    for at least a byte each of `size`; with reasoning, which is shown shortened, nothing bounds them.
    """
    if not isinstance(reported, dict):
        return None
    usage = cast("Json", reported)
    sent, made = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
    if sent is None or made is None or (size is not None and made > size):
        return None
    cached = count(usage.get("cache_read_input_tokens")) or 0
    written = count(usage.get("cache_creation_input_tokens")) or 0
    return Usage(sent + cached + written, made, cached)
