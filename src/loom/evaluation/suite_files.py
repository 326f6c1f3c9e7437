"""Reads suite files: YAML, JSON, JSONL and CSV become one `Suite`, or a list of everything that is wrong."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from loom.core.errors import ConfigError, Problem
from loom.core.findings import Findings, Place, Report, Steps
from loom.core.jsonvalue import JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Suite
from loom.evaluation.suite_cases import read_cases, read_suite
from loom.evaluation.suite_csv import csv_rows

__all__ = ["FORMATS", "MAX_BYTES", "check_suite", "load_suite", "parse_suite"]

MAX_BYTES = 512 * 1024 * 1024
"""The largest JSON, JSONL or CSV suite; YAML has the limit of all YAML files."""

FORMATS = (".yaml", ".yml", ".json", ".jsonl", ".csv")


def load_suite(path: str | Path) -> Suite:
    """The suite in the file at `path`; its ending says the format.

    Raises:
        ConfigError: with every problem of the file, whatever is in it.
    """
    suite, report = _load(Path(path))
    report.findings().require_valid()
    return suite


def check_suite(path: str | Path) -> Findings:
    """What is wrong or odd in the suite file at `path`; never raises."""
    try:
        return _load(Path(path))[1].findings()
    except ConfigError as error:
        return Findings(error.problems)


def parse_suite(text: str, file: str = "suite.yaml") -> Suite:
    """The suite in `text`, read as a file of that name would be.

    Raises:
        ConfigError: as `load_suite`.
    """
    suite, report = _parse(text, file)
    report.findings().require_valid()
    return suite


def _load(path: Path) -> tuple[Suite, Report]:
    return _parse(_read(path), str(path))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(
                Problem(f"is larger than {MAX_BYTES >> 20} MB", file=str(path), remedy="split it")
            )
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = Problem("is not UTF-8 text", file=str(path), line=line, remedy="save the file as UTF-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        problem = Problem(f"cannot be read: {reason}", file=str(path), remedy="check the path")
    raise ConfigError(problem)


def _parse(text: str, file: str) -> tuple[Suite, Report]:
    ending = Path(file).suffix.lower()
    if ending not in FORMATS:
        problem = Problem(
            "is not a suite file", file=file, value=ending, remedy=f"use one of {', '.join(FORMATS)}"
        )
        raise ConfigError(problem)
    if ending == ".jsonl":
        return _parse_rows(text, file, _jsonl_rows)
    if ending == ".csv":
        return _parse_rows(text, file, csv_rows)
    return _parse_json(text, file) if ending == ".json" else _parse_yaml(text, file)


def _parse_yaml(text: str, file: str) -> tuple[Suite, Report]:
    from loom.core.yamlfile import parse_yaml

    document = parse_yaml(text, file)
    report = document.report()
    return read_suite(document.value, Path(file).stem, report), report


def _parse_json(text: str, file: str) -> tuple[Suite, Report]:
    try:
        value = parse_json(text)
    except ValueError as error:
        raise ConfigError(_json_problem(error, file)) from None
    report = Report(file, _nowhere, _nowhere)
    suite = read_suite(value, Path(file).stem, report)
    if report.errors or report.warnings:
        report = _placed(report, text, value)
    return suite, report


def _placed(report: Report, text: str, value: JsonValue) -> Report:
    """The same report with places: JSON is read once more as YAML, which knows them, where that works."""
    from loom.core.yamlfile import parse_yaml

    file = report.file or ""
    try:
        placed = parse_yaml(text, file).report()
    except ConfigError:
        return report
    read_suite(value, Path(file).stem, placed)
    return placed


def _nowhere(_: Steps) -> Place:
    return Place()


def _json_problem(error: ValueError, file: str, line: int | None = None) -> Problem:
    if isinstance(error, json.JSONDecodeError):
        what = f"is not JSON: {error.msg}"
        return Problem(
            what, file=file, line=line or error.lineno, column=error.colno, remedy="mend the syntax"
        )
    return Problem(f"cannot be read: {error}", file=file, line=line, remedy="write plain JSON")


_Rows = Callable[[str, Report, list[int]], Iterator[tuple[int, JsonValue]]]


def _parse_rows(text: str, file: str, rows: _Rows) -> tuple[Suite, Report]:
    """One linear pass; problems are placed by the line their case begins on."""
    lines: list[int] = []

    def place(steps: Steps) -> Place:
        number = steps[0] if steps else None
        return Place(lines[number]) if isinstance(number, int) else Place()

    report = Report(file, place, place)
    return Suite(Path(file).stem, read_cases(rows(text, report, lines), (), report)), report


def _jsonl_rows(text: str, report: Report, lines: list[int]) -> Iterator[tuple[int, JsonValue]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = parse_json(line)
        except ValueError as error:
            report.errors.append(_json_problem(error, report.file or "", number))
            continue
        lines.append(number)
        yield len(lines) - 1, value
