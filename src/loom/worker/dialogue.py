"""The plain dictionaries in which `LLMBackend` speaks, to and from the values used inside. Calls nothing."""

from typing import cast

from loom.calls.models import FinishReason, Message, ModelAnswer, Part, Role, ToolCall, ToolSpec, Usage
from loom.core.jsonvalue import Json

__all__ = ["answer_from_dict", "answer_to_dict", "message_from_dict", "message_to_dict", "tool_to_dict"]

_FINISH = {
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "refusal": FinishReason.FILTERED,
}
_STOP = {finish: reason for reason, finish in _FINISH.items()}


def message_to_dict(message: Message) -> Json:
    """`role` and `content`; `tool_calls`, `tool_call_id` and `thinking` where the message has them."""
    plain: Json = {"role": message.role.value}
    if message.content or not message.tool_calls:
        plain["content"] = message.text
    if message.tool_calls:
        plain["tool_calls"] = [_call_to_dict(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        plain["tool_call_id"] = message.tool_call_id
    if message.thinking:
        plain["thinking"] = list(message.thinking)
    return plain


def message_from_dict(plain: Json) -> Message:
    """The message that `message_to_dict` wrote."""
    content = (Part(plain["content"]),) if plain.get("content") is not None else ()
    thinking = tuple(cast("list[Json]", plain.get("thinking") or []))
    return Message(Role(plain["role"]), content, _calls(plain), plain.get("tool_call_id"), thinking)


def tool_to_dict(tool: ToolSpec) -> Json:
    """The definition as a `ToolProvider` gives it."""
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def answer_to_dict(answer: ModelAnswer, model: str) -> Json:
    """What `LLMBackend.complete` returns; `model` stands in where the provider names none.

    `thinking` is there only when the provider gave blocks that want to be given back.
    """
    usage = answer.usage or Usage(0, 0)
    return {
        "content": answer.text or None,
        "model": answer.model or model,
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "tool_calls": [_call_to_dict(call) for call in answer.tool_calls] or None,
        "stop_reason": "tool_use" if answer.tool_calls else _STOP.get(answer.finish_reason, "end_turn"),
        **({"thinking": list(answer.thinking)} if answer.thinking else {}),
    }


def answer_from_dict(response: Json) -> ModelAnswer:
    """What `LLMBackend.complete` returned. An unknown `stop_reason` is an ordinary end."""
    return ModelAnswer(
        text=response.get("content"),
        tool_calls=_calls(response),
        usage=Usage(response.get("prompt_tokens") or 0, response.get("completion_tokens") or 0),
        finish_reason=_FINISH.get(response.get("stop_reason") or "", FinishReason.STOP),
        model=response.get("model") or "",
        thinking=tuple(cast("list[Json]", response.get("thinking") or [])),
    )


def _call_to_dict(call: ToolCall) -> Json:
    arguments = {"_raw": call.raw_arguments} if call.arguments is None else call.arguments
    return {"id": call.id, "name": call.name, "arguments": arguments}


def _calls(plain: Json) -> tuple[ToolCall, ...]:
    return tuple(_call(call) for call in cast("list[Json]", plain.get("tool_calls") or []))


def _call(plain: Json) -> ToolCall:
    arguments: Json = plain["arguments"]
    if arguments.keys() == {"_raw"}:
        return ToolCall(plain["id"], plain["name"], None, arguments["_raw"])
    return ToolCall(plain["id"], plain["name"], arguments)
