"""What was said in one execution, as values that are stored, reloaded and forked. Decides nothing."""

from dataclasses import dataclass
from typing import TypeAlias

from loom.calls.models import FinishReason, Message, ModelAnswer, Part, Role, ToolCall, ToolSpec, Usage
from loom.core.jsonvalue import Json
from loom.core.value import Value

__all__ = [
    "HumanAnswer",
    "ModelTurn",
    "Opening",
    "Step",
    "ToolResult",
    "Transcript",
    "calls_of",
    "step_from_json",
    "step_to_json",
]


class ModelTurn(Value):
    """The model spoke."""

    answer: ModelAnswer
    call_id: bytes | None = None
    """The call that was paid for it; None outside a job."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool was run, or could not be."""

    tool_call_id: str
    name: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class HumanAnswer:
    """A person answered in place of a tool, or, with no `tool_call_id`, said something to the model."""

    content: str
    tool_call_id: str | None = None


Step: TypeAlias = ModelTurn | ToolResult | HumanAnswer


class Opening(Value):
    """What the model is given before its first turn."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    manual_tools: frozenset[str] = frozenset()
    """Of the tools, those a person answers."""


class Transcript(Value):
    """An opening and the steps taken since. Every prefix of a transcript is a transcript."""

    opening: Opening
    steps: tuple[Step, ...] = ()

    def append(self, step: Step) -> "Transcript":
        """The transcript one step later."""
        return Transcript(self.opening, (*self.steps, step))

    def fork(self, at: int) -> "Transcript":
        """The same beginning with only the first `at` steps."""
        return Transcript(self.opening, self.steps[:at])

    @property
    def turns(self) -> int:
        """How often the model has spoken."""
        return sum(isinstance(step, ModelTurn) for step in self.steps)

    @property
    def usage(self) -> Usage | None:
        """Tokens of all turns that reported any; None when none did."""
        return _summed([step.answer.usage for step in self.steps if isinstance(step, ModelTurn)])

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation so far, as the model is shown it.

        What a person says while tools run comes after the results of that round: between a tool call and its
        result, providers accept nothing.
        """
        if not self.steps:
            return self.opening.messages
        conversation = list(self.opening.messages)
        said: list[Message] = []
        for step in self.steps:
            match step:
                case ModelTurn(answer):
                    conversation += [*said, _assistant(answer)]
                    said.clear()
                case HumanAnswer(content, None):
                    said.append(Message.of(Role.USER, content))
                case ToolResult() | HumanAnswer():
                    conversation.append(
                        Message(Role.TOOL, (Part(step.content),), tool_call_id=step.tool_call_id)
                    )
        return (*conversation, *said)


def _assistant(answer: ModelAnswer) -> Message:
    content = (Part(answer.text),) if answer.text is not None else ()
    return Message(Role.ASSISTANT, content, calls_of(answer), thinking=answer.thinking)


def calls_of(answer: ModelAnswer) -> tuple[ToolCall, ...]:
    """The tools that `answer` wants run.

    All its calls, whatever the finish reason, and none when it was withheld or its calls are not whole.
    """
    calls = answer.tool_calls
    if not calls or answer.finish_reason is FinishReason.FILTERED:
        return ()
    cut = answer.finish_reason is FinishReason.LENGTH and any(call.arguments is None for call in calls)
    return () if cut else calls


def _summed(reports: list[Usage | None]) -> Usage | None:
    known = [usage for usage in reports if usage]
    if not known:
        return None
    return Usage(
        sum(usage.input_tokens for usage in known),
        sum(usage.output_tokens for usage in known),
        sum(usage.cached_tokens for usage in known),
        sum(usage.reasoning_tokens for usage in known),
    )


def step_to_json(step: Step) -> Json:
    """`step` as it is stored; `step_from_json` gives it back unchanged."""
    match step:
        case ModelTurn(answer, call_id):
            return {"kind": "model", "call": call_id.hex() if call_id else None, **_answer_to_json(answer)}
        case ToolResult(call, name, content, is_error):
            return {"kind": "tool", "id": call, "name": name, "content": content, "is_error": is_error}
        case HumanAnswer(content, call):
            return {"kind": "human", "id": call, "content": content}


def step_from_json(stored: Json) -> Step:
    """The step that `step_to_json` stored.

    Raises:
        ValueError: for a kind this version does not know.
    """
    match stored["kind"]:
        case "model":
            call = stored["call"]
            return ModelTurn(_answer_from_json(stored), bytes.fromhex(call) if call else None)
        case "tool":
            return ToolResult(stored["id"], stored["name"], stored["content"], stored["is_error"])
        case "human":
            return HumanAnswer(stored["content"], stored["id"])
        case kind:
            raise ValueError(f"a stored step is of unknown kind {kind!r}; it was written by a newer Loom")


def _answer_to_json(answer: ModelAnswer) -> Json:
    usage = answer.usage
    return {
        "text": answer.text,
        "tool_calls": [_call_to_json(call) for call in answer.tool_calls],
        "reasoning": answer.reasoning,
        "usage": [usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens]
        if usage
        else None,
        "finish": answer.finish_reason.value,
        "model": answer.model,
        "dropped": list(answer.dropped),
        **({"thinking": list(answer.thinking)} if answer.thinking else {}),
    }


def _answer_from_json(stored: Json) -> ModelAnswer:
    return ModelAnswer(
        text=stored["text"],
        tool_calls=tuple(ToolCall(**call) for call in stored["tool_calls"]),
        reasoning=stored["reasoning"],
        usage=Usage(*stored["usage"]) if stored["usage"] else None,
        finish_reason=FinishReason(stored["finish"]),
        model=stored["model"],
        dropped=tuple(stored["dropped"]),
        thinking=tuple(stored.get("thinking", ())),
    )


def _call_to_json(call: ToolCall) -> Json:
    return {
        "id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "raw_arguments": call.raw_arguments,
    }
