"""A cheap, consistent token count: about four characters each. Knows no real tokenizer."""

from collections.abc import Iterable

from loom.calls.models import Message, ModelRequest, ToolCall, ToolSpec
from loom.core.jsonvalue import canonical

__all__ = ["CHARS_PER_TOKEN", "cut_to_tokens", "input_tokens", "text_tokens", "tool_call_tokens"]

CHARS_PER_TOKEN = 4
_PER_MESSAGE = 4
_PER_REQUEST = 3


def text_tokens(text: str) -> int:
    """Tokens of `text`, rounded up; 0 for nothing."""
    return -(-len(text) // CHARS_PER_TOKEN)


def cut_to_tokens(text: str, limit: int) -> str:
    """The longest beginning of `text` that is at most `limit` tokens."""
    return text[: limit * CHARS_PER_TOKEN]


def tool_call_tokens(calls: Iterable[ToolCall]) -> int:
    """Tokens of the calls' names and arguments."""
    return sum(text_tokens(call.name) + text_tokens(call.raw_arguments) + _PER_MESSAGE for call in calls)


def input_tokens(request: ModelRequest) -> int:
    """Tokens of everything that is sent: messages, tool calls in them, and the tools offered."""
    messages = sum(_message_tokens(message) for message in request.messages)
    tools = sum(_tool_tokens(tool) for tool in request.tools)
    return _PER_REQUEST + messages + tools


def _message_tokens(message: Message) -> int:
    return _PER_MESSAGE + text_tokens(message.text) + tool_call_tokens(message.tool_calls)


def _tool_tokens(tool: ToolSpec) -> int:
    return text_tokens(tool.name + tool.description) + text_tokens(canonical(tool.parameters).decode())
