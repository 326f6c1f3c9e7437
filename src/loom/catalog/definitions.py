"""What the text of a definition says and what is wrong with it, without importing anything that it names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from loom.catalog.scaffold.worker import BLANKS
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Findings
from loom.core.hashing import hash_json
from loom.core.jsonvalue import Json
from loom.core.kinds import Kind
from loom.core.pipeline_config import check_pipeline
from loom.core.worker_rules import check_worker
from loom.core.yamlfile import Document, YamlError, parse_yaml

__all__ = ["Definition", "read_definition", "renamed"]

_CHECKS: dict[Kind, Callable[[Document], Findings]] = {
    Kind.WORKER: check_worker,
    Kind.PIPELINE: check_pipeline,
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A text, read."""

    mapping: Json
    """Empty when it is no mapping."""

    hash: bytes | None
    """Of its content, comments and layout aside; None when it is invalid."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    document: Document | None = None

    @property
    def name(self) -> str | None:
        """What it calls itself."""
        return self.words("name")

    def misnamed(self, file_name: str) -> Problem:
        """That it calls itself otherwise than the file it is in."""
        assert self.document is not None
        at = self.document.locate(("name",))
        what = f"is not the name of the file, '{file_name}'"
        remedy = f"write 'name: {file_name}', or clone it under the other name"
        return Problem(what, "name", self.document.file, at.line, at.column, self.name, remedy)

    def words(self, key: str) -> str | None:
        """The value of `key` where it is text."""
        value = self.mapping.get(key)
        return value if isinstance(value, str) else None


def read_definition(kind: Kind, content: bytes, file: str) -> Definition:
    """What `content` defines; `file` stands in the places of problems. Never raises."""
    try:
        text = content.decode()
        document = parse_yaml(text, file)
        found = _CHECKS[kind](document)
        mapping = document.mapping or {}
        meaning = None if found.errors else _hash(mapping)
        warnings = (*found.warnings, *_blanks(text, file, mapping.get("system_prompt")))
        return Definition(mapping, meaning, found.errors, warnings, document)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x}"
        problem = Problem("is not UTF-8 text", None, file, line, None, byte, "save the file as UTF-8")
        return Definition({}, None, (problem,))
    except YamlError as error:
        return Definition({}, None, error.problems)
    except (TypeError, ValueError) as error:
        return Definition({}, None, (Problem(f"holds what JSON cannot: {error}", file=file),))


def _blanks(text: str, file: str, prompt: object) -> Iterator[Problem]:
    """What the prompt of a new worker says in place of its author, line by line."""
    left = [blank for blank in BLANKS if isinstance(prompt, str) and blank in prompt]
    remedy = "say it, or take it out: the model is told it as it stands"
    for number, line in enumerate(text.split("\n") if left else (), 1):
        for blank in (one for one in left if one in line):
            at = line.index(blank) + 1
            yield Problem(f"{blank} is still to be filled in", None, file, number, at, remedy=remedy)


def _hash(mapping: Json) -> bytes:
    return hash_json({key: value for key, value in mapping.items() if key != "schema"})


def renamed(kind: Kind, content: bytes, name: str, file: str) -> bytes:
    """`content` with `name` as its name, and every other byte as it was.

    Raises:
        ConfigError: when it is not valid, or its name is written in a way that cannot be replaced.
    """
    before = read_definition(kind, content, file)
    if before.errors:
        raise ConfigError(before.errors)
    text = content.decode()
    begin, end = _name_at(text)
    for spelled in (name, f'"{name}"', f"{name}\n"):  # quoted for 7 or true; with an end in place of a block
        after = f"{text[:begin]}{spelled}{text[end:]}".encode()
        if read_definition(kind, after, file).mapping == {**before.mapping, "name": name}:
            return after
    remedy = "write it as 'name: ...' on a line of its own"
    raise ConfigError(Problem("cannot be replaced where it stands", "name", file, remedy=remedy))


def _name_at(text: str) -> tuple[int, int]:
    """Where the value of the key `name` of the mapping in `text` begins and ends."""
    depth, is_key, found = 0, True, False
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if depth == 1:
            if found:
                assert event.start_mark is not None
                assert event.end_mark is not None
                return event.start_mark.index, event.end_mark.index
            found = is_key and isinstance(event, yaml.ScalarEvent) and event.value == "name"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth == 1 and isinstance(event, (yaml.ScalarEvent, yaml.AliasEvent, yaml.CollectionEndEvent)):
            is_key = not is_key
    return 0, 0
