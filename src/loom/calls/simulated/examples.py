"""Finds worked examples in a prompt and in earlier turns of a conversation."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from loom.calls.models import Message, Role
from loom.calls.simulated.brief import Example

__all__ = ["examples_in_text", "examples_in_turns", "parsed"]

_ASKED = r"(?:input|text|question|q|user|message|ticket|email|review)"
_ANSWERED = r"(?:output|label|answer|a|category|assistant|response|result|json)"
_PAIR = re.compile(
    rf"^[ \t>*-]*\**{_ASKED}\**\s*:\**\s*(?P<input>.{{1,2000}}?)\n[ \t>*-]*\**{_ANSWERED}\**\s*:\**\s*(?P<output>.+?)"
    rf"(?=\n[ \t>*#-]*\**(?:{_ASKED}\**\s*:|example\b)|\n\s*\n|\Z)",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_ARROW = re.compile(
    r"""^[ \t>*-]*["'“](?P<input>.+?)["'”]\s*(?:->|=>|→|is|:)\s*(?P<output>\S.*)$""", re.MULTILINE
)


def examples_in_text(text: str) -> tuple[Example, ...]:
    """Pairs written as `Input: ... / Output: ...` or `"..." -> ...`."""
    pairs = list(_PAIR.finditer(text)) or list(_ARROW.finditer(text))
    return tuple(Example(_unquoted(pair["input"]), parsed(pair["output"])) for pair in pairs)


def examples_in_turns(messages: Sequence[Message]) -> tuple[Example, ...]:
    """Earlier user turns that the assistant answered in text."""
    turns = [message for message in messages if message.role is not Role.SYSTEM]
    return tuple(
        Example(asked.text, parsed(answered.text))
        for asked, answered in pairwise(turns)
        if asked.role is Role.USER
        and answered.role is Role.ASSISTANT
        and answered.text
        and not answered.tool_calls
    )


def parsed(text: str) -> dict[str, object] | str:
    """`text` as a JSON object when it is one, else as written without its quotes."""
    written = text.strip().strip("`").strip()
    if written.startswith("{"):
        try:
            value: Any = json.loads(written)
        except (ValueError, RecursionError):
            return written
        return value
    return _unquoted(written)


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'“”`").strip()
