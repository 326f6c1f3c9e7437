"""Reads suite files: YAML, JSON, JSONL, CSV and Parquet become one `Suite`, or a list of everything that is wrong."""

from array import array
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import chain
from pathlib import Path
from typing import cast

from loom.core.bounded import open_file, require_file
from loom.core.errors import ConfigError, InputError, Problem
from loom.core.findings import Findings, Place, Report, Steps
from loom.core.json_faults import fault_of
from loom.core.json_stream import crowded, too_crowded
from loom.core.jsonvalue import Json, JsonValue
from loom.core.kinds import Kind, detect_kind
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import Suite
from loom.evaluation.suites.cases import read_cases, read_head, read_suite
from loom.evaluation.suites.csv_files import csv_rows
from loom.evaluation.suites.json_files import json_limit, placed, read_json
from loom.evaluation.suites.opened import Opened
from loom.evaluation.suites.texts import MOST_BLANK, lines_of, refuse_binary, text_of, too_blank

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
"""The largest suite; JSON and YAML have lower limits."""

_CHECKED_FIRST = 4 * 1024 * 1024
"""From this size on, a file with a fault at its end shall not fill the memory before that is found."""

_YAML = (".yaml", ".yml")
_BY_LINE = (".jsonl", ".csv")
FORMATS = (*_YAML, ".json", *_BY_LINE, ".parquet")


def open_suite(path: str | Path, *, large: bool = False) -> Opened:
    """The suite file at `path`, right or wrong; its ending says the format.

    With `large`, YAML may have 32 MB instead of 256 kB, and JSON 512 MB instead of 8.

    Raises:
        ConfigError: when it cannot be read at all.
        UsageError: for Parquet without pyarrow.
    """
    path = require_file(path, MAX_BYTES)
    if path.suffix.lower() not in _YAML and path.stat().st_size > _CHECKED_FIRST:
        checked = _open(path, large=large, keep=False)
        if checked.report.errors:
            return checked
    return _open(path, large=large, keep=True)


def _open(path: Path, *, large: bool, keep: bool) -> Opened:
    """The suite file at `path`; unless `keep`, it is only checked: its cases are not kept, but for those of YAML."""
    file, ending = str(path), _format_of(str(path))
    if ending == ".parquet":
        return _parse_parquet(path, keep=keep)
    if ending in _YAML:
        return _parse_yaml(read_text(path, large=large), file, large=large)
    most, remedy = (MAX_BYTES, "split it") if large or ending != ".json" else json_limit(file)
    with open_file(path, most, remedy) as stream:
        if ending == ".json":
            refuse_binary(stream, file)
            return read_json(stream, file, keep=keep)
        return _parse_lines(lines_of(stream, file), file, keep=keep)


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
        return _open(require_file(path, MAX_BYTES), large=False, keep=False).report.findings()
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
    """What is in the text file at `path`, line ends as they are. `large` is as for `open_suite`.

    Raises:
        ConfigError: when it cannot be read, is too large or not UTF-8.
    """
    file, most, remedy = str(path), MAX_BYTES, "split it"
    if path.suffix.lower() == ".json" and not large:
        most, remedy = json_limit(file)
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


def _parse(text: str, file: str) -> Opened:
    ending = _format_of(file)
    if ending in _BY_LINE:
        return _parse_lines(StringIO(text, newline="\n"), file)
    if ending == ".json":
        return read_json(BytesIO(text.encode("utf-8", "surrogatepass")), file)
    return _parse_yaml(text, file, large=False)


def _parse_lines(texts: Iterator[str], file: str, *, keep: bool = True) -> Opened:
    rows = _Rows(file)
    if Path(file).suffix.lower() == ".jsonl":
        return _parse_jsonl(texts, rows, keep=keep)
    return rows.opened(Suite(Path(file).stem, ()), csv_rows(texts, rows.report, rows.lines), keep=keep)


def _parse_yaml(text: str, file: str, *, large: bool) -> Opened:
    from loom.evaluation.suites.yaml_files import parse_suite_yaml

    document = parse_suite_yaml(text, file, large=large)
    return _read_value(document.value, file, document.report())


def _read_value(value: JsonValue, file: str, report: Report) -> Opened:
    kind = detect_kind(value)
    if kind not in (Kind.SUITE, Kind.UNKNOWN):
        problem = Problem(f"is a {kind}, not a suite", file=file, remedy="give the file of a suite")
        raise ConfigError(problem)
    return Opened(
        read_suite(value, Path(file).stem, report), report, () if isinstance(value, list) else ("cases",)
    )


class _Rows:
    """The cases of a file that is read in one linear pass: problems are placed by the line their case begins on."""

    def __init__(self, file: str) -> None:
        self.lines = array("L")
        """On which each case begins."""

        self.text: str | None = None
        """Of the last line, where it is JSON, so that there are columns too."""

        self.report = Report(
            file,
            lambda steps: self._place(steps, of_key=False),
            lambda steps: self._place(steps, of_key=True),
        )

    def opened(self, head: Suite, rows: Iterator[tuple[int, JsonValue]], *, keep: bool) -> Opened:
        """The suite of `head` with the cases in `rows`."""
        return Opened(replace(head, cases=read_cases(rows, (), self.report, keep=keep)), self.report)

    def _place(self, steps: Steps, *, of_key: bool) -> Place:
        number = steps[0] if steps else None
        if not isinstance(number, int) or number >= len(self.lines):
            return Place(1)
        line = self.lines[number]
        if self.text is None or not steps[1:] or number + 1 < len(self.lines):
            return Place(line)
        return placed(self.text, line)(steps[1:], of_key=of_key)


def _parse_jsonl(texts: Iterator[str], rows: _Rows, *, keep: bool) -> Opened:
    """A case a line; the first line may describe the suite instead."""
    name = Path(rows.report.file or "").stem
    head, first = Suite(name, ()), next(texts, "")
    if describes_suite(first):
        head, first = read_head(parse_json(first), (), name, rows.report), ""
    numbered = chain([(1, first)], enumerate(texts, 2))
    return rows.opened(head, _jsonl_rows(numbered, rows), keep=keep)


def describes_suite(line: str) -> bool:
    """Whether the first line of a JSONL file describes the suite; else it is a case, or what should be one."""
    if crowded(line):
        return False
    try:
        value = parse_json(line)
    except ValueError:
        return False
    return (
        isinstance(value, dict) and "schema" in value and not {"input", "cases"} & cast("Json", value).keys()
    )


def _jsonl_rows(
    numbered: Iterable[tuple[int, str]], rows: _Rows
) -> Generator[tuple[int, JsonValue], None, None]:
    errors, blank = rows.report.errors, 0
    for number, line in numbered:
        if not line or line.isspace():
            blank += 1
            if blank > MOST_BLANK:
                return errors.append(too_blank(rows.report.file, number))
            continue
        blank, rows.text = 0, line
        try:
            value = parse_json(_bounded(line, rows.report.file, number))
        except ConfigError as error:
            return errors.extend(error.problems)
        except ValueError as error:
            fault = fault_of(line.rstrip(), error)
            errors.append(fault.problem(rows.report.file, number, fault.at + 1))
            if rows.report.is_full:
                return None
            continue
        rows.lines.append(number)
        yield len(rows.lines) - 1, value
    return None


def _bounded(line: str, file: str | None, number: int) -> str:
    if crowded(line):
        raise ConfigError(too_crowded(file, Place(number, 1)))
    return line.removesuffix("\n")


def _parse_parquet(path: Path, *, keep: bool) -> Opened:
    from loom.evaluation.suites.parquet import parquet_head, parquet_rows

    rows = _Rows(str(path))
    head = parquet_head(path, path.stem, rows.report)
    return rows.opened(head, parquet_rows(path, rows.report, rows.lines), keep=keep)
