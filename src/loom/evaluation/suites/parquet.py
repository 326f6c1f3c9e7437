"""Cases in Parquet: input, expected output and scorers as JSON texts; columns of other tools are read too.

pyarrow comes with the extra `parquet`, and is loaded only here.
"""

import json
from collections.abc import Iterator, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import date, time
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, cast

from loom.core.errors import ConfigError, Problem, UsageError
from loom.core.findings import Report
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_all, parse_json
from loom.evaluation.models import ABSENT, Case, Split, Suite
from loom.evaluation.suites.cases import CASE_KEYS, read_head
from loom.evaluation.suites.columns import Way, put, refuse_clashes, way_of

__all__ = ["parquet_bytes", "parquet_head", "parquet_rows"]

_MOST_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024
_HEAD = b"loom.suite"
_JSON_COLUMNS = ("input", "expected_output", "scorers")
_as_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A cell that is no value of JSON, and why."""

    cell: object
    why: str


def _pyarrow() -> Any:
    try:
        import_module("pyarrow.parquet")
        arrow: Any = import_module("pyarrow")
    except ImportError:
        remedy = "install it with: pip install 'loom-ai[parquet]'"
        raise UsageError(Problem("Parquet needs the extra 'parquet'", remedy=remedy)) from None
    arrow.set_memory_pool(arrow.system_memory_pool())  # its own pool keeps 25 MB that nobody needs any more
    return arrow


def parquet_bytes(suite: Suite) -> bytes:
    """The suite as Parquet; its name, description and scorers are in the file's metadata.

    Raises:
        UsageError: when pyarrow is not installed.
    """
    arrow, cases = _pyarrow(), suite.cases
    is_split = any(case.split is not Split.TRAIN for case in cases)
    columns: dict[str, tuple[Sequence[object], Any]] = {
        "name": ([case.name for case in cases], arrow.string()),
        "input": ([_as_json(case.input) for case in cases], arrow.large_string()),
        "expected_output": ([_expected(case) for case in cases], arrow.large_string()),
        "tags": ([list(case.tags) for case in cases], arrow.list_(arrow.string())),
        "cluster": ([case.cluster for case in cases], arrow.string()),
        "weight": ([float(case.weight) for case in cases], arrow.float64()),
        "split": ([case.split.value if is_split else None for case in cases], arrow.string()),
        "scorers": (
            [_as_json(list(case.scorers)) if case.scorers else None for case in cases],
            arrow.string(),
        ),
    }
    table = arrow.table({name: arrow.array(values, kind) for name, (values, kind) in columns.items()})
    head = _as_json({key: value for key, value in suite.to_json().items() if key != "cases"})
    stream = BytesIO()
    arrow.parquet.write_table(table.replace_schema_metadata({_HEAD: head.encode()}), stream)
    return stream.getvalue()


def _expected(case: Case) -> str | None:
    return None if case.expected_output is ABSENT else _as_json(case.expected_output)


def parquet_head(path: Path, default_name: str, report: Report) -> Suite:
    """The suite that the metadata of the file describes, without its cases.

    Raises:
        ConfigError: when the file is not Parquet.
        UsageError: when pyarrow is not installed.
    """
    metadata = cast("dict[bytes, bytes]", _opened(path, report.file).schema_arrow.metadata or {})
    try:
        head = parse_json(metadata.get(_HEAD, b"{}").decode())
    except ValueError:
        head = None
    return read_head(cast("Json", head) if isinstance(head, dict) else {}, (), default_name, report)


def parquet_rows(path: Path, report: Report, lines: MutableSequence[int]) -> Iterator[tuple[int, JsonValue]]:
    """Numbered cases as values; the number of each row, from 1, is appended to `lines` before it is handed out."""
    opened = _opened(path, report.file)
    before = len(report.errors)
    names = _columns(cast("list[str]", opened.schema_arrow.names), report)
    if len(report.errors) > before:
        return
    arrow = _pyarrow()
    row = 0
    try:
        for batch in opened.iter_batches(batch_size=1024, columns=list(names), use_threads=False):
            cells = [_read(name, batch.column(name).to_pylist()) for name in names]
            for values in zip(*cells, strict=True):
                row += 1
                value = _case(values, names, row, report)
                if value is not None:
                    lines.append(row)
                    yield len(lines) - 1, value
                elif report.is_full:
                    return
    except (arrow.ArrowException, ValueError, OSError) as error:
        what = f"cannot be read after row {row}: {error}"
        report.errors.append(Problem(what, file=report.file, remedy="write the file again"))


def _opened(path: Path, file: str | None) -> Any:
    arrow = _pyarrow()
    try:
        opened = arrow.parquet.ParquetFile(path)
        meta = opened.metadata
        size = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    except (arrow.ArrowException, ValueError, OSError) as error:
        problem = Problem(f"is not Parquet: {error}", file=file, remedy="write the file again")
        raise ConfigError(problem) from None
    if size > _MOST_UNPACKED_BYTES:
        what = f"unpacks to more than {_MOST_UNPACKED_BYTES >> 30} GB"
        raise ConfigError(Problem(what, file=file, remedy="split it"))
    return opened


def _columns(names: list[str], report: Report) -> dict[str, Way]:
    """The way into a case of each column that has one."""
    columns = [(name, way_of(name)) for name in names]
    for name, way in columns:
        if not way:
            remedy = f"known are {', '.join(CASE_KEYS)}, input.FIELD, expected.FIELD"
            what = "is not a column of a suite and is ignored"
            report.warnings.append(Problem(what, name, report.file, remedy=remedy))
    refuse_clashes(columns, report)
    return {name: way for name, way in columns if way}


def _read(column: str, cells: list[object]) -> list[JsonValue | _Unreadable]:
    """What the cells say: JSON where they are text in a column of JSON, `ABSENT` where nothing is."""
    is_json = column in _JSON_COLUMNS
    parsed = parse_all([cell for cell in cells if isinstance(cell, str)]) if is_json else None
    if parsed is None:
        return [_value(column, cell) for cell in cells]
    values = iter(parsed)
    return [next(values) if isinstance(cell, str) else _value(column, cell) for cell in cells]


def _value(column: str, cell: object) -> JsonValue | _Unreadable:
    if cell is None:
        return ABSENT
    try:
        return parse_json(cell) if column in _JSON_COLUMNS and isinstance(cell, str) else _plain(cell)
    except ValueError as error:
        return _Unreadable(cell, str(error))


def _case(
    values: Sequence[JsonValue | _Unreadable], ways: dict[str, Way], row: int, report: Report
) -> Json | None:
    case: Json = {}
    good = True
    for (column, way), value in zip(ways.items(), values, strict=True):
        if isinstance(value, _Unreadable):
            good, what, remedy = False, f"cannot be read: {value.why}", "write it as JSON text"
            report.errors.append(Problem(what, column, report.file, row, value=value.cell, remedy=remedy))
        elif value is not ABSENT:
            put(case, way, value)
    return case if good else None


def _plain(value: object) -> JsonValue:
    """A value of the file as JSON: dates and times become text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in cast("dict[object, object]", value).items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in cast("list[object]", value)]
    if isinstance(value, date | time):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError(f"JSON has no {type(value).__name__}")
