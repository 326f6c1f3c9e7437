"""Turns knowledge files and folders into prompt text, all of it or none, and makes the changes a model wants in them.

What cannot be read is an error: a worker without part of its knowledge is another worker.
"""

import json
import logging
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from errno import EINVAL
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from loom.core.errors import ConfigError, Problem
from loom.core.json_faults import fault_of, place_in
from loom.core.jsonvalue import Json, JsonValue
from loom.core.reach import FileRefusedError, require_readable
from loom.core.worker_config import Example, FolderSilo, InjectAs, KnowledgeSource, ToolSilo, WorkerConfig
from loom.core.yamlfile import parse_yaml
from loom.worker import strict

__all__ = [
    "apply_silo_updates",
    "checked_silos",
    "examples_text",
    "load_knowledge_silos",
    "load_knowledge_sources",
    "silos_text",
    "sources_text",
]

Silo: TypeAlias = FolderSilo | ToolSilo
T = TypeVar("T", KnowledgeSource, Silo)

_FEW_SHOT_HEADER = "--- Few-Shot Examples ---"
_log = logging.getLogger(__name__)


def load_knowledge_sources(sources: Sequence[Json]) -> str:
    """`sources_text` of sources as YAML has them: `{path, inject_as}`."""
    return sources_text(_worker_with("knowledge_sources", sources).knowledge_sources)


def load_knowledge_silos(silos: Sequence[Json]) -> str:
    """`silos_text` of silos as YAML has them: `{name, type, path, ...}`."""
    return silos_text(checked_silos(silos))


def apply_silo_updates(updates: Sequence[Json], silos: Sequence[Json]) -> None:
    """Make the changes that a model wants in its folders; those that are not allowed are logged and left.

    An update is `{silo, action: add|modify|delete, filename, content}`. What is made is one change a folder, kept
    and undoable; a folder with `write_back: propose` keeps it for a person.

    Raises:
        ConfigError: when `silos` are wrong.
    """
    from loom.worker.silos.updates import write_back

    for denied in write_back(updates, checked_silos(silos), "worker").denied:
        _log.warning("a silo update is denied: %s (%.200r)", denied.reason, denied.update)


def checked_silos(silos: Sequence[Json]) -> tuple[Silo, ...]:
    """Silos as YAML has them, read.

    Raises:
        ConfigError: naming everything that is wrong with them.
    """
    return _worker_with("knowledge_silos", silos).knowledge_silos


def sources_text(sources: Sequence[KnowledgeSource]) -> str:
    """The text of all sources, separated by blank lines.

    A reference is given under a header with its file's name. A few-shot file is a list of `{input, output}` as YAML or
    JSON, or such objects as JSON lines, given as numbered examples; one that holds no examples is given as it is.

    Raises:
        ConfigError: naming every file that cannot be read.
    """
    return _joined(_source, sources, "knowledge_sources")


def silos_text(silos: Sequence[Silo]) -> str:
    """The text of all folder silos, separated by blank lines; empty when there is none.

    Text files, known by suffix, are taken recursively in the order of their paths; hidden ones are not. `.siloignore`
    in the folder, with the patterns of a gitignore file, leaves some out.

    Raises:
        ConfigError: naming every folder or file that cannot be read.
    """
    return _joined(_silo, silos, "knowledge_silos")


def examples_text(examples: Iterable[Example]) -> str:
    """Numbered examples under a header; what is not text is written as JSON."""
    numbered = (
        f"Example {number}:\nInput: {_spelled(example.input)}\nOutput: {_spelled(example.output)}"
        for number, example in enumerate(examples, 1)
    )
    return _FEW_SHOT_HEADER + "\n" + "\n\n".join(numbered)


def _worker_with(key: str, entries: Sequence[Json]) -> WorkerConfig:
    return WorkerConfig.from_mapping({"name": key, "system_prompt": key, key: list(entries)})


def _joined(text_of: Callable[[T], str], entries: Sequence[T], key: str) -> str:
    texts: list[str] = []
    problems: list[Problem] = []
    for index, entry in enumerate(entries):
        try:
            texts.append(text_of(entry))
        except ConfigError as error:
            problems += error.problems
        except FileRefusedError as error:
            problems.append(error.problem(f"{key}[{index}].path"))
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            remedy = "check the path; it is relative to the working directory"
            problems.append(Problem(what, f"{key}[{index}].path", value=error.filename, remedy=remedy))
    if problems:
        raise ConfigError(problems)
    return "\n\n".join(filter(None, texts))


def _source(source: KnowledgeSource) -> str:
    path = Path(source.path)
    require_readable(path)
    text = _text(path)
    if source.inject_as is InjectAs.REFERENCE:
        return f"--- Reference: {path.name} ---\n{text}"
    read = _EXAMPLES.get(path.suffix)
    examples = read(text, path) if read else []
    return examples_text(examples) if examples else f"{_FEW_SHOT_HEADER}\n{text}"


def _text(path: Path) -> str:
    """The text of a file wherever it is; a pipe that nobody writes to is not waited for."""
    from loom.worker.silos.folder import MAX_BYTES, text_of  # most workers have neither files nor folders

    with open(path, "rb", opener=_without_waiting) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(EINVAL, "it is not a file", str(path))
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError(Problem(f"holds more than {MAX_BYTES:,} bytes", file=str(path), remedy="split it"))
    return text_of(content, path)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _json_lines(text: str, path: Path) -> list[Example]:
    entries: list[tuple[JsonValue, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entries.append((strict.read(line), number))
        except ValueError as error:
            fault = fault_of(line.rstrip(), error)
            raise ConfigError(fault.problem(str(path), number, fault.at + 1)) from None
    return [_example(entry, path, line) for entry, line in entries]


def _yaml(text: str, path: Path) -> list[Example]:
    document = parse_yaml(text, str(path))
    return _listed(document.value, path, lambda index: document.locate((index,)).line)


def _json(text: str, path: Path) -> list[Example]:
    try:
        return _listed(strict.read(text), path, lambda _: None)
    except ValueError as error:
        fault = fault_of(text, error)
        raise ConfigError(fault.problem(str(path), *place_in(text, fault.at))) from None


def _listed(value: JsonValue, path: Path, line_of: Callable[[int], int | None]) -> list[Example]:
    """The examples that a file holds, in a list of nothing else; none when it holds none."""
    entries = cast("list[JsonValue]", value) if isinstance(value, list) else []
    if not any(strict.is_object(entry) and ("input" in entry or "output" in entry) for entry in entries):
        return []
    return [_example(entry, path, line_of(index)) for index, entry in enumerate(entries)]


_EXAMPLES = {".jsonl": _json_lines, ".yaml": _yaml, ".yml": _yaml, ".json": _json}


def _example(entry: JsonValue, path: Path, line: int | None) -> Example:
    if strict.is_object(entry) and "input" in entry and "output" in entry:
        return Example(entry["input"], entry["output"])
    remedy = "write {input: ..., output: ...}"
    raise ConfigError(Problem("is not an example", file=str(path), line=line, value=entry, remedy=remedy))


def _spelled(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _silo(silo: Silo) -> str:
    if isinstance(silo, ToolSilo):
        return ""
    from loom.worker.silos.folder import list_folder

    parts = [f"## {file.name}\n{file.text}" for file in list_folder(silo.path).files]
    return "\n\n".join((f"--- Knowledge Silo: {silo.name} ---", *parts)) if parts else ""
