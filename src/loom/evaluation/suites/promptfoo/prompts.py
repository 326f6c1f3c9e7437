"""Prompts of a promptfoo configuration: inline, in files, and chats in JSON or YAML. Fills in nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from loom.core.bounded import MAX_CONFIG_BYTES
from loom.core.errors import ConfigError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlfile import parse_yaml
from loom.evaluation.json_text import parse_json
from loom.evaluation.suites.promptfoo.models import Prompt, Source
from loom.evaluation.suites.promptfoo.reading import Reading, is_code, is_file, listed, mapping

__all__ = ["read_prompts"]

_TEXTS = (".txt", ".md", ".j2", ".njk", ".json", ".yaml", ".yml")
_SEPARATOR = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
_FILE_NAME = re.compile(r"[\w./-]+\.\w+")
_ROLES = ("system", "developer", "user", "assistant")


def read_prompts(value: JsonValue, reading: Reading) -> list[Prompt]:
    """The prompts under the key `prompts`, in their order."""
    start = Source(value, ("prompts",))
    if isinstance(value, dict):  # an old form: the name of a file, and a label for it
        pairs = [(Source(key, ("prompts", key)), str(label)) for key, label in cast("Json", value).items()]
    else:
        items = [
            Source(item, ("prompts", at) if isinstance(value, list) else ("prompts",))
            for at, item in enumerate(listed(value))
        ]
        pairs = [pair for item in items for pair in _labelled(item, reading)]
    prompts = [prompt for source, label in pairs for prompt in _prompts(source, label, reading)]
    if not prompts and not reading.report.errors:
        reading.error(
            start, "holds no prompt that can be taken over", None, "give prompts as text or in files"
        )
    return prompts


def _labelled(source: Source, reading: Reading) -> Iterator[tuple[Source, str]]:
    value = source.value
    if isinstance(value, str):
        if is_file(value) and value.lower().endswith((".yaml", ".yml")):
            yield from _from_list(source, reading)
        else:
            yield source, ""
        return
    given = reading.mapping(source, "is not a prompt", "give a text, file://..., or {label, raw}")
    if given is None:
        return
    text = given.get("raw", given.get("id"))
    if not isinstance(text, str):
        reading.error(source, "has no prompt in it", value, "add `raw`")
        return
    for key in given.keys() & {"config", "function"}:
        reading.leave(source, f"prompt {key}", "Loom has one setting per worker; edit the worker")
    yield Source(text, source.where, source.file), str(given.get("label") or "")


def _from_list(source: Source, reading: Reading) -> Iterator[tuple[Source, str]]:
    """A YAML file holds a chat, or a list of prompts."""
    for path in reading.paths(source):
        found = reading.structured(source, path)
        if found is None:
            continue
        if _messages(found.value) is not None:
            yield Source(json.dumps(found.value), source.where, source.file), path.stem
            continue
        for at, item in enumerate(listed(found.value)):
            yield from _labelled(Source(item, (at,), found.file), reading)


def _prompts(source: Source, label: str, reading: Reading) -> Iterator[Prompt]:
    text = str(source.value)
    if not is_file(text):
        if not _is_file_name(text, reading):
            yield _prompt(text, label)
            return
        source = Source(f"file://{text}", source.where, source.file)
    if text.startswith(("exec:", "http:", "https:")):
        reading.leave(source, text, "an import runs and fetches nothing")
        return
    name = str(source.value)
    if is_code(name):
        reading.leave(source, name, "it is code, which an import does not run; write the prompt as text")
        return
    for path in reading.paths(source):
        if path.suffix.lower() not in _TEXTS:
            reading.leave(source, name, f"prompts are read from {', '.join(_TEXTS)}")
            continue
        read = reading.text(source, path, MAX_CONFIG_BYTES)
        yield from [] if read is None else _from_text(read, path, label)


def _is_file_name(text: str, reading: Reading) -> bool:
    return (
        _FILE_NAME.fullmatch(text) is not None
        and (text.lower().endswith(_TEXTS) or is_code(text))
        and (reading.root / text).is_file()
    )


def _from_text(text: str, path: Path, label: str) -> Iterator[Prompt]:
    if path.suffix.lower() != ".txt":
        yield _prompt(text, label or path.stem)
        return
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    for number, part in enumerate(parts, 1):
        yield _prompt(part, label or (path.stem if len(parts) == 1 else f"{path.stem}-{number}"))


def _prompt(text: str, label: str) -> Prompt:
    """A text as it is, or the messages of a chat: instructions, examples, and what is asked last."""
    messages = _chat(text)
    if messages is None:
        return Prompt(label, text.strip())
    spoken = [(role, said) for role, said in messages if role in ("user", "assistant")]
    examples: list[tuple[str, str]] = []
    while len(spoken) > 2 and [role for role, _ in spoken[:2]] == ["user", "assistant"]:
        examples.append((spoken[0][1], spoken[1][1]))
        spoken = spoken[2:]
    told = [said for role, said in messages if role not in ("user", "assistant")]
    return Prompt(label, "\n\n".join([*told, *(said for _, said in spoken)]).strip(), tuple(examples))


def _chat(text: str) -> list[tuple[str, str]] | None:
    if not text.lstrip().startswith(("[", "-", "{")):
        return None
    try:
        return _messages(parse_json(text))
    except ValueError:
        pass
    try:
        return _messages(parse_yaml(text).value)
    except ConfigError:
        return None


def _messages(value: JsonValue) -> list[tuple[str, str]] | None:
    """Role and text of each message; None when `value` is no chat."""
    messages = [_message(item) for item in (listed(value) if isinstance(value, list) else [])]
    known = [message for message in messages if message is not None]
    return known if known and len(known) == len(messages) else None


def _message(value: JsonValue) -> tuple[str, str] | None:
    message = mapping(value)
    role, content = message.get("role"), message.get("content")
    if isinstance(content, list):
        parts = cast("list[JsonValue]", content)
        texts = [text for part in parts if isinstance(text := mapping(part).get("text"), str)]
        content = "\n".join(texts) if len(texts) == len(parts) else None
    if role in _ROLES and isinstance(content, str):
        return cast("str", role), content
    return None
