"""Separates what is to be worked on from what is to be done, in a user's message."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from loom.calls.simulated.brief import Task
from loom.calls.simulated.prompt_reading import task_in
from loom.core.jsonvalue import Json

__all__ = ["Content", "parts_of", "read_content", "split_instruction"]

_QUESTION_KEYS = ("question", "query", "q", "ask")
_CLASS_KEYS = ("categories", "labels", "classes", "options")
_POINT_KEYS = ("checklist", "criteria", "rubric", "requirements", "points")
_MARK = re.compile(
    r"^[ \t]*\**(?:text|input|document|e-?mail|message|article|review|ticket|passage|"
    r"context|content|transcript|note|letter)\**"
    r"[ \t]*:\**[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_FENCED = re.compile(
    r"(?:\"\"\"|```\w*|<(?P<tag>[a-z_]+)>)\s*(?P<body>.+?)\s*(?:\"\"\"|```|</(?P=tag)>)", re.DOTALL
)
_LIST_FOLLOWS = re.compile(
    r"(?:categor(?:y|ies)|labels?|classes|one of|options|fields?|format|following|keys?|json)\s*$",
    re.IGNORECASE,
)
_PART = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*|\*\*|\[|"
    r"<)?(?P<name>[A-Za-z][A-Za-z ]{0,28}[A-Za-z1-9]?)(?:\*\*)?(?:\]|>|:\**|"
    r"(?=\n))[ \t]*(?P<rest>.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Content:
    """The material of one request."""

    text: str
    """What the work is done on."""

    question: str = ""
    classes: tuple[str, ...] = ()
    """Allowed classes given with the input itself."""

    points: tuple[str, ...] = ()
    """A checklist given with the input itself."""

    payload: Json = field(default_factory=dict[str, Any])
    """The user's message when it is a JSON object, else empty."""


def read_content(message: str) -> Content:
    """The material in a user's message; a JSON object gives its texts, its question and its classes."""
    payload = _payload(message)
    if not payload:
        parts = parts_of(message)
        question = next((parts[key] for key in _QUESTION_KEYS if key in parts), "")
        text = next((parts[key] for key in ("context", "text", "document", "passage") if key in parts), "")
        return Content(text or message, question)
    question = next((str(payload[key]) for key in _QUESTION_KEYS if isinstance(payload.get(key), str)), "")
    listed = _listed(payload, _CLASS_KEYS)
    points = _listed(payload, _POINT_KEYS)
    skipped = {*_QUESTION_KEYS, *_CLASS_KEYS, *(_POINT_KEYS if points else ())}
    texts = [
        _as_text(key, value, alone=len(payload) == 1) for key, value in payload.items() if key not in skipped
    ]
    return Content("\n".join(filter(None, texts)) or question, question, listed, points, payload)


def split_instruction(message: str) -> tuple[str, str]:
    """The instruction and the material of a message that holds both; the message twice when it shows no border."""
    fenced = _FENCED.search(message)
    if fenced:
        return (message[: fenced.start()] + " " + message[fenced.end() :]).strip(), fenced["body"]
    marks = list(_MARK.finditer(message))
    if marks and marks[-1].start() > 0 and message[marks[-1].end() :].strip():
        return message[: marks[-1].start()].strip(), message[marks[-1].end() :].strip()
    paragraphs = [part for part in re.split(r"\n\s*\n", message) if part.strip()]
    if len(paragraphs) > 1:
        if task_in(paragraphs[0]) is not Task.REPLY:
            return paragraphs[0], "\n\n".join(paragraphs[1:])
        if task_in(paragraphs[-1]) is not Task.REPLY:
            return paragraphs[-1], "\n\n".join(paragraphs[:-1])
    return _split_at_colon(message)


def parts_of(message: str) -> dict[str, str]:
    """The headed parts of a message (`Expected: ...`, `## Answer A`, `<question>`), by lower-case heading."""
    payload = _payload(message)
    if payload:
        return {key.lower().replace("_", " "): _spelled(value) for key, value in payload.items()}
    parts: dict[str, str] = {}
    matches = list(_PART.finditer(message))
    ends = [match.start() for match in matches[1:]] + [len(message)]
    for match, end in zip(matches, ends, strict=False):
        body = f"{match['rest']}\n{message[match.end() : end]}"
        parts[match["name"].strip().lower()] = re.sub(r"</\w+>\s*$", "", body.strip()).strip()
    return parts


def _split_at_colon(message: str) -> tuple[str, str]:
    for match in re.finditer(r":\s+", message):
        left, right = message[: match.start()], message[match.end() :]
        if task_in(left) is not Task.REPLY and len(right.split()) > 3 and not _LIST_FOLLOWS.search(left):
            return left, right
    return message, message


def _payload(message: str) -> Json:
    stripped = message.strip()
    if not stripped.startswith("{"):
        return {}
    try:
        value: Any = json.loads(stripped)
    except (ValueError, RecursionError):
        return {}
    return cast("Json", value) if isinstance(value, dict) else {}


def _listed(payload: Json, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The items of the first of `keys` that holds a list."""
    found = next((payload[key] for key in keys if isinstance(payload.get(key), list)), ())
    return tuple(str(item) for item in cast("Iterable[object]", found))


def _as_text(key: str, value: Any, *, alone: bool) -> str:
    if isinstance(value, str):
        return (
            value
            if alone or len(value) > 40 or key in {"text", "document", "body", "message"}
            else f"{key}: {value}"
        )
    return "" if value is None else f"{key}: {_spelled(value)}"


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
