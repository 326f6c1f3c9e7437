"""The values of a model call: one request type, one answer type, whoever the provider is."""

from dataclasses import dataclass
from enum import StrEnum

from loom.core.jsonvalue import Json
from loom.core.value import Value

__all__ = [
    "FinishReason",
    "Message",
    "ModelAnswer",
    "ModelRequest",
    "Part",
    "Purpose",
    "Role",
    "ToolCall",
    "ToolSpec",
    "Usage",
]


class Role(StrEnum):
    """Who speaks in a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Purpose(StrEnum):
    """What a call is for; costs are shown per purpose."""

    GENERATE = "generate"
    JUDGE = "judge"
    EMBED = "embed"
    REFLECT = "reflect"


class FinishReason(StrEnum):
    """Why the model stopped, in one vocabulary."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    FILTERED = "filtered"


class Part(Value):
    """One piece of content. Text today; other kinds of media are further kinds of part."""

    text: str
    kind: str = "text"


class ToolCall(Value):
    """A tool the model wants run. `arguments` is None when the model's arguments were not a JSON object."""

    id: str
    name: str
    arguments: Json | None
    raw_arguments: str = ""
    """The arguments exactly as the model wrote them."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool offered to the model. `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Json


class Message(Value):
    """One entry of a conversation."""

    role: Role
    content: tuple[Part, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    """On a tool's message: the call it answers."""

    thinking: tuple[Json, ...] = ()
    """On an assistant's message: as `ModelAnswer.thinking`."""

    @staticmethod
    def of(role: Role, text: str) -> "Message":
        """A message of one text part."""
        return Message(role, (Part(text),))

    @property
    def text(self) -> str:
        """All text parts, joined."""
        return self.content[0].text if len(self.content) == 1 else "".join(part.text for part in self.content)


class ModelRequest(Value):
    """What is asked of a model: everything that gives the answer its meaning, nothing of the transport.

    None means "not sent", so the provider's own default applies.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str | None = None
    """`auto`, `none`, `required`, or the name of one tool."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_format: Json | None = None
    """The provider's structured-output request, passed through."""


class Usage(Value):
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Of the input tokens, those the provider served from its own cache."""

    reasoning_tokens: int = 0
    """Of the output tokens, those spent on reasoning."""


class ModelAnswer(Value):
    """A complete answer, in one vocabulary."""

    text: str | None
    """None when the model only called tools."""

    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    """What the provider lets be seen of the reasoning."""

    usage: Usage | None = None
    """None when the provider reported none: cost is then an upper bound."""

    finish_reason: FinishReason = FinishReason.STOP
    model: str = ""
    """The snapshot that answered, as the provider names it; the requested name when it says nothing."""

    dropped: tuple[str, ...] = ()
    """Parameters the provider rejected and that were therefore not sent."""

    thinking: tuple[Json, ...] = ()
    """The provider's own blocks of reasoning, some of them signed: given back unchanged in the next turn."""
