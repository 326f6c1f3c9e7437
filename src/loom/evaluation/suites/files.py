"""Reads suite files: YAML, JSON, JSONL, CSV and Parquet become one `Suite`, or a list of everything that is wrong."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loom.core.bounded import open_file, require_file
from loom.core.config import Kind, detect_kind
from loom.core.errors import ConfigError, InputError, Problem
from loom.core.findings import Findings, Place, Report, Steps
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Suite
from loom.evaluation.suites.cases import read_cases, read_head, read_suite
from loom.evaluation.suites.csv_files import csv_rows
from loom.evaluation.suites.texts import lines_of, text_of

if TYPE_CHECKING:
    from loom.core.yamlfile import Document

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Opened",
    "check_suite",
    "describes_suite",
    "load_suite",
    "open_suite",
    "parse_suite",
    "read_text",
]

MAX_BYTES = 512 * 1024 * 1024
"""The largest suite; YAML has the limit of all YAML files."""

_YAML = (".yaml", ".yml")
_BY_LINE = (".jsonl", ".csv")
FORMATS = (*_YAML, ".json", *_BY_LINE, ".parquet")


@dataclass(frozen=True, slots=True)
class Opened:
    """A suite, and where in its file it is wrong. The suite is good only if `report` has no error."""

    suite: Suite
    report: Report
    cases_at: Steps = ()
    """The way to the list of cases, for further findings on them."""


def open_suite(path: str | Path, *, large: bool = False) -> Opened:
    """The suite file at `path`, right or wrong; its ending says the format. With `large`, YAML may have 32 MB.

    Raises:
        ConfigError: when it cannot be read at all.
        UsageError: for Parquet without pyarrow.
    """
    path, file = Path(path), str(path)
    ending = _format_of(file)
    if ending == ".parquet":
        return _parse_parquet(require_file(path, MAX_BYTES))
    if ending not in _BY_LINE:
        return _parse(read_text(path, large=large), file, large=large)
    with open_file(path, MAX_BYTES) as stream:
        return _parse_lines(lines_of(stream, file), file)


def load_suite(path: str | Path, *, large: bool = False) -> Suite:
    """The suite in the file at `path`.

    Raises:
        ConfigError: with every problem of the file, whatever is in it.
        UsageError: for Parquet without pyarrow.
    """
    opened = open_suite(path, large=large)
    opened.report.findings().require_valid()
    return opened.suite


def check_suite(path: str | Path) -> Findings:
    """What is wrong or odd in the suite file at `path`; never raises."""
    try:
        return open_suite(path).report.findings()
    except InputError as error:
        return Findings(error.problems)


def parse_suite(text: str, file: str = "suite.yaml") -> Suite:
    """The suite in `text`, read as a file of that name would be; not for Parquet, which is no text.

    Raises:
        ConfigError: as `load_suite`.
    """
    opened = _parse(text, file)
    opened.report.findings().require_valid()
    return opened.suite


def read_text(path: Path, *, large: bool = False) -> str:
    """What is in the text file at `path`, line ends as they are. With `large`, YAML may have 32 MB.

    Raises:
        ConfigError: when it cannot be read, is too large or not UTF-8.
    """
    file, most, remedy = str(path), MAX_BYTES, "split it"
    if path.suffix.lower() in _YAML:
        from loom.evaluation.suites.yaml_files import yaml_limit

        most, remedy = yaml_limit(file, large=large)
    with open_file(path, most, remedy) as stream:
        return text_of(stream, most, file)


def _format_of(file: str) -> str:
    ending = Path(file).suffix.lower()
    if ending in FORMATS:
        return ending
    remedy = f"use one of {', '.join(FORMATS)}"
    raise ConfigError(Problem("is not a suite file", file=file, value=ending, remedy=remedy))


def _parse(text: str, file: str, *, large: bool = False) -> Opened:
    ending = _format_of(file)
    if ending in _BY_LINE:
        return _parse_lines(StringIO(text, newline="\n"), file)
    return _parse_json(text, file) if ending == ".json" else _parse_yaml(text, file, large=large)


def _parse_lines(texts: Iterator[str], file: str) -> Opened:
    if Path(file).suffix.lower() == ".jsonl":
        return _parse_jsonl(texts, file)
    head = Suite(Path(file).stem, ())
    return _read_rows(head, file, lambda report, lines: csv_rows(texts, report, lines))


def _parse_yaml(text: str, file: str, *, large: bool) -> Opened:
    from loom.evaluation.suites.yaml_files import parse_suite_yaml

    document = parse_suite_yaml(text, file, large=large)
    return _read_value(document.value, file, document.report())


def _parse_json(text: str, file: str) -> Opened:
    try:
        value = parse_json(text)
    except ValueError as error:
        raise ConfigError(_json_problem(error, file)) from None

    @cache
    def document() -> "Document":
        from loom.core.yamlfile import Document, parse_yaml

        try:
            return parse_yaml(text, file)
        except ConfigError:
            return Document(file, value)

    # Places cost a second reading, as YAML, which knows them: only for a file that something is said about.
    report = Report(file, lambda at: document().locate(at), lambda at: document().locate_key(at))
    return _read_value(value, file, report)


def _read_value(value: JsonValue, file: str, report: Report) -> Opened:
    kind = detect_kind(value)
    if kind not in (Kind.SUITE, Kind.UNKNOWN):
        problem = Problem(f"is a {kind}, not a suite", file=file, remedy="give the file of a suite")
        raise ConfigError(problem)
    return Opened(
        read_suite(value, Path(file).stem, report), report, () if isinstance(value, list) else ("cases",)
    )


def _json_problem(error: ValueError, file: str, line: int | None = None) -> Problem:
    if isinstance(error, json.JSONDecodeError):
        what = f"is not JSON: {error.msg}"
        return Problem(
            what, file=file, line=line or error.lineno, column=error.colno, remedy="mend the syntax"
        )
    return Problem(f"cannot be read: {error}", file=file, line=line, remedy="write plain JSON")


_Rows = Callable[[Report, list[int]], Iterator[tuple[int, JsonValue]]]


def _read_rows(head: Suite, file: str, rows: _Rows, report: Report | None = None) -> Opened:
    """One linear pass; problems are placed by the line their case begins on."""
    lines: list[int] = []

    def place(steps: Steps) -> Place:
        number = steps[0] if steps else None
        return Place(lines[number]) if isinstance(number, int) and number < len(lines) else Place()

    placed = Report(file, place, place)
    if report is not None:
        placed.errors, placed.warnings = report.errors, report.warnings
    return Opened(replace(head, cases=read_cases(rows(placed, lines), (), placed)), placed)


def _parse_jsonl(texts: Iterator[str], file: str) -> Opened:
    """A case a line; the first line may describe the suite instead."""
    report = Report(file, lambda _: Place(1), lambda _: Place(1))
    head, first = Suite(Path(file).stem, ()), next(texts, "")
    if describes_suite(first):
        head, first = read_head(parse_json(first), (), head.name, report), ""
    numbered = chain([(1, first)], enumerate(texts, 2))
    return _read_rows(head, file, lambda report, lines: _jsonl_rows(numbered, report, lines), report)


def describes_suite(line: str) -> bool:
    """Whether the first line of a JSONL file describes the suite; else it is a case, or what should be one."""
    try:
        value = parse_json(line)
    except ValueError:
        return False
    return (
        isinstance(value, dict) and "schema" in value and not {"input", "cases"} & cast("Json", value).keys()
    )


def _jsonl_rows(
    numbered: Iterable[tuple[int, str]], report: Report, lines: list[int]
) -> Iterator[tuple[int, JsonValue]]:
    for number, line in numbered:
        if not line.strip():
            continue
        try:
            value = parse_json(line.removesuffix("\n"))
        except ValueError as error:
            report.errors.append(_json_problem(error, report.file or "", number))
            if report.is_full:
                return
            continue
        lines.append(number)
        yield len(lines) - 1, value


def _parse_parquet(path: Path) -> Opened:
    from loom.evaluation.suites.parquet import parquet_head, parquet_rows

    file = str(path)
    report = Report(file, lambda _: Place(), lambda _: Place())
    head = parquet_head(path, path.stem, report)
    return _read_rows(head, file, lambda report, lines: parquet_rows(path, report, lines), report)
