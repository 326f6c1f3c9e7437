"""Turns knowledge files and folders into prompt text, all of it or none; writes nothing.

What cannot be read is an error: a worker without part of its knowledge is another worker.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from errno import ENOTDIR
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.worker_config import Example, FolderSilo, InjectAs, KnowledgeSource, ToolSilo, WorkerConfig
from loom.core.yamlfile import load_yaml
from loom.worker import strict

__all__ = [
    "checked_silos",
    "examples_text",
    "load_knowledge_silos",
    "load_knowledge_sources",
    "silos_text",
    "sources_text",
]

Silo: TypeAlias = FolderSilo | ToolSilo
T = TypeVar("T", KnowledgeSource, Silo)

_TEXT_SUFFIXES = frozenset({".md", ".txt", ".yaml", ".yml", ".json", ".csv", ".toml"})
_IGNORE_FILE = ".siloignore"
_FEW_SHOT_HEADER = "--- Few-Shot Examples ---"


def load_knowledge_sources(sources: Sequence[Json]) -> str:
    """`sources_text` of sources as YAML has them: `{path, inject_as}`."""
    return sources_text(_worker_with("knowledge_sources", sources).knowledge_sources)


def load_knowledge_silos(silos: Sequence[Json]) -> str:
    """`silos_text` of silos as YAML has them: `{name, type, path, ...}`."""
    return silos_text(checked_silos(silos))


def checked_silos(silos: Sequence[Json]) -> tuple[Silo, ...]:
    """Silos as YAML has them, read.

    Raises:
        ConfigError: naming everything that is wrong with them.
    """
    return _worker_with("knowledge_silos", silos).knowledge_silos


def sources_text(sources: Sequence[KnowledgeSource]) -> str:
    """The text of all sources, separated by blank lines.

    A reference is given under a header with its file's name. A few-shot file is a YAML list or JSON lines of
    `{input, output}`, given as numbered examples; one of another format is given as it is.

    Raises:
        ConfigError: naming every file that cannot be read.
    """
    return _joined(_source, sources, "knowledge_sources")


def silos_text(silos: Sequence[Silo]) -> str:
    """The text of all folder silos, separated by blank lines; empty when there is none.

    Text files, known by suffix, are taken recursively in the order of their paths. `.siloignore` in the
    folder, with the patterns of a gitignore file, leaves some out.

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
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            remedy = "check the path; it is relative to the working directory"
            problems.append(Problem(what, f"{key}[{index}].path", value=error.filename, remedy=remedy))
    if problems:
        raise ConfigError(problems)
    return "\n\n".join(filter(None, texts))


def _source(source: KnowledgeSource) -> str:
    path = Path(source.path)
    if source.inject_as is InjectAs.REFERENCE:
        return f"--- Reference: {path.name} ---\n{_text(path)}"
    match path.suffix:
        case ".jsonl":
            return examples_text(_json_lines(path))
        case ".yaml" | ".yml":
            return examples_text(_yaml_list(path))
        case _:
            return f"{_FEW_SHOT_HEADER}\n{_text(path)}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ConfigError(Problem("is not UTF-8 text", file=str(path), remedy="save it as UTF-8")) from None


def _json_lines(path: Path) -> Iterator[Example]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _example(strict.read(line), path, number)
        except ValueError as error:
            raise ConfigError(Problem(f"is not JSON: {error}", file=str(path), line=number)) from None


def _yaml_list(path: Path) -> Iterator[Example]:
    document = load_yaml(path)
    value: JsonValue = document.value
    entries = cast("list[JsonValue]", value) if isinstance(value, list) else [value]
    for index, entry in enumerate(entries):
        yield _example(entry, path, document.locate((index,)).line)


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
    root = Path(silo.path)
    parts = [f"## {name}\n{_text(root / name)}" for name in _names(root)]
    return "\n\n".join((f"--- Knowledge Silo: {silo.name} ---", *parts)) if parts else ""


def _names(root: Path) -> Iterator[str]:
    if not root.is_dir():
        raise NotADirectoryError(ENOTDIR, "there is no such folder", str(root))
    ignored = _ignored(root / _IGNORE_FILE)
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    for name in names:
        if Path(name).suffix in _TEXT_SUFFIXES and not ignored(name):
            yield name


def _ignored(ignore_file: Path) -> Callable[[str], bool]:
    if not ignore_file.is_file():
        return lambda _: False
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(_text(ignore_file).splitlines()).match_file
