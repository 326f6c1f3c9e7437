"""Reads suite files: YAML, JSON, JSONL, CSV and Parquet become one `Suite`, or a list of everything that is wrong."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loom.core.errors import ConfigError, InputError, Problem
from loom.core.findings import Findings, Place, Report, Steps
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Suite
from loom.evaluation.suites.cases import read_cases, read_head, read_suite
from loom.evaluation.suites.csv_files import csv_rows

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

FORMATS = (".yaml", ".yml", ".json", ".jsonl", ".csv", ".parquet")


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
    path = Path(path)
    if path.suffix.lower() == ".parquet":
        return _parse_parquet(_read(path), str(path))
    return _parse(read_text(path), str(path), large=large)


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


def read_text(path: Path) -> str:
    """What is in the text file at `path`, line ends as they are.

    Raises:
        ConfigError: when it cannot be read, is too large or not UTF-8.
    """
    data = _read(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem("is not UTF-8 text", file=str(path), line=line, remedy="save the file as UTF-8")
        raise ConfigError(problem) from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        problem = Problem(f"cannot be read: {reason}", file=str(path), remedy="check the path")
        raise ConfigError(problem) from None
    if len(data) > MAX_BYTES:
        raise ConfigError(Problem(f"is larger than {MAX_BYTES >> 20} MB", file=str(path), remedy="split it"))
    return data


def _parse(text: str, file: str, *, large: bool = False) -> Opened:
    ending = Path(file).suffix.lower()
    if ending not in FORMATS[:-1]:
        problem = Problem(
            "is not a suite file", file=file, value=ending, remedy=f"use one of {', '.join(FORMATS)}"
        )
        raise ConfigError(problem)
    if ending == ".jsonl":
        return _parse_jsonl(text, file)
    if ending == ".csv":
        head = Suite(Path(file).stem, ())
        return _read_rows(head, file, lambda report, lines: csv_rows(text, report, lines))
    return _parse_json(text, file) if ending == ".json" else _parse_yaml(text, file, large=large)


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


def _parse_jsonl(text: str, file: str) -> Opened:
    """A case a line; the first line may describe the suite instead."""
    first = text[: text.find("\n")] if "\n" in text else text
    report = Report(file, lambda _: Place(1), lambda _: Place(1))
    head, skip = Suite(Path(file).stem, ()), 0
    if describes_suite(first):
        head, skip = read_head(parse_json(first), (), head.name, report), 1
    return _read_rows(head, file, lambda report, lines: _jsonl_rows(text, report, lines, skip), report)


def describes_suite(line: str) -> bool:
    """Whether the first line of a JSONL file describes the suite; else it is a case, or what should be one."""
    try:
        value = parse_json(line)
    except ValueError:
        return False
    return (
        isinstance(value, dict) and "schema" in value and not {"input", "cases"} & cast("Json", value).keys()
    )


def _jsonl_rows(text: str, report: Report, lines: list[int], skip: int) -> Iterator[tuple[int, JsonValue]]:
    for number, line in enumerate(text.split("\n"), 1):
        if number <= skip or not line.strip():
            continue
        try:
            value = parse_json(line)
        except ValueError as error:
            report.errors.append(_json_problem(error, report.file or "", number))
            continue
        lines.append(number)
        yield len(lines) - 1, value


def _parse_parquet(data: bytes, file: str) -> Opened:
    from loom.evaluation.suites.parquet import parquet_head, parquet_rows

    report = Report(file, lambda _: Place(), lambda _: Place())
    head = parquet_head(data, Path(file).stem, report)
    return _read_rows(head, file, lambda report, lines: parquet_rows(data, report, lines), report)
