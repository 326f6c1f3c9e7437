"""Reads the store of Loom 0.9, a DuckDB file, as values of this Loom. Writes nothing."""

import json
import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loom.core.errors import InputError, Problem, StorageError, UsageError
from loom.core.hashing import hash_bytes
from loom.core.ids import RunId, parse
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import ABSENT
from loom.evaluation.records.models import RecordedResult, RecordedRun
from loom.storage.duckdb_files import is_duckdb

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["OldBaseline", "OldRun", "OldStore", "OldText", "open_old_store"]

_NEEDED = ("worker_versions", "eval_runs", "eval_results")


@dataclass(frozen=True, slots=True)
class OldText:
    """A version of a worker."""

    id: str
    worker: str
    text: str
    at_us: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run, without its results."""

    id: str
    run: RecordedRun
    version: str | None
    """The id of the worker's version."""

    completed: bool
    ended_us: int | None


@dataclass(frozen=True, slots=True)
class OldBaseline:
    """The run that others are compared with."""

    run: RunId
    note: str | None


@contextmanager
def open_old_store(path: Path) -> "Generator[OldStore]":
    """The store in the file at `path`.

    Raises:
        UsageError: when there is none, it is something else, or the extra that reads it is missing.
        StorageError: when another process has it open.
    """
    if not is_duckdb(path):
        what = "is no DuckDB file" if path.exists() else "is not there"
        raise UsageError(Problem(what, str(path), remedy="name the workshop.duckdb of Loom 0.9"))
    try:
        import duckdb
    except ImportError:
        what, remedy = "is read by the extra 'rag'", "install it with: pip install 'loom-ai[rag]'"
        raise UsageError(Problem(what, str(path), remedy=remedy)) from None
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise StorageError(f"{path} cannot be read: {error}; is Loom 0.9 still running?") from error
    try:
        yield OldStore(connection, path)
    finally:
        connection.close()


class OldStore:
    """What is in the file, in the order of time."""

    def __init__(self, connection: "DuckDBPyConnection", path: Path) -> None:
        self._connection = connection
        query = "SELECT table_name FROM information_schema.tables"
        self._tables = {name for (name,) in connection.execute(query).fetchall()}
        missing = [name for name in _NEEDED if name not in self._tables]
        if missing:
            what = f"is no store of Loom 0.9: it has no {', '.join(missing)}"
            raise UsageError(Problem(what, str(path), remedy="name its workshop.duckdb"))

    def texts(self) -> Iterator[OldText]:
        """The versions of workers."""
        for row in self._rows("worker_versions", "created_at"):
            at_us, note = _micros(row.get("created_at")), row.get("description")
            yield OldText(row["id"], row["worker_name"], row["config_yaml"], at_us, note)

    def runs(self) -> Iterator[OldRun]:
        """The runs."""
        for row in self._rows("eval_runs", "started_at"):
            said = _value(row.get("metadata"))
            metadata: Json = cast("Json", said) if isinstance(said, dict) else {}
            run = RecordedRun(
                row["worker_name"],
                row["worker_name"],
                row.get("total_cases") or 0,
                row.get("tier") or "",
                method=str(metadata.get("scoring_method") or ""),
                metadata=metadata,
                started_us=_micros(row.get("started_at")),
                id=_run_id(row["id"]),
            )
            completed = row.get("status") == "completed"
            yield OldRun(
                row["id"], run, row.get("worker_version_id"), completed, _micros(row.get("completed_at"))
            )

    def results(self, run: OldRun) -> list[RecordedResult]:
        """The results of a run."""
        return [_result(row) for row in self._rows("eval_results", "case_name", run.id)]

    def baselines(self) -> Iterator[OldBaseline]:
        """The baselines."""
        if "eval_baselines" in self._tables:
            for row in self._rows("eval_baselines", "promoted_at"):
                yield OldBaseline(_run_id(row["run_id"]), row.get("description"))

    def _rows(self, table: str, order: str, run: str | None = None) -> Iterator[Json]:
        """The rows of one of our own tables, of one run or all."""
        where, values = ("WHERE run_id = ?", [run]) if run else ("", [])
        cursor = self._connection.execute(f"SELECT * FROM {table} {where} ORDER BY {order}", values)  # noqa: S608
        names = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            yield dict(zip(names, row, strict=True))


def _result(row: Json) -> RecordedResult:
    given, expected = _value(row["input_payload"]), row.get("expected_output")
    problems = _value(row.get("validation_errors"))
    score = row.get("score")
    return RecordedResult(
        name=row["case_name"],
        input=cast("Json", given) if isinstance(given, dict) else {"input": given},
        passed=bool(row.get("passed")),
        expected=ABSENT if expected is None else _value(expected),
        output=_value(row.get("actual_output")),
        raw=row.get("raw_response"),
        problems=tuple(map(str, cast("list[JsonValue]", problems))) if isinstance(problems, list) else (),
        score=score if score is not None and math.isfinite(score) else None,
        details=_value(row.get("score_details")),
        latency_ms=row.get("latency_ms"),
        prompt_tokens=row.get("prompt_tokens"),
        completion_tokens=row.get("completion_tokens"),
        model=row.get("model_used"),
        error=row.get("error"),
    )


def _value(text: str | None) -> JsonValue:
    return None if text is None else json.loads(text)


def _run_id(name: str) -> RunId:
    """The id itself, as Loom 0.9 made it; for any other name one that is always the same."""
    try:
        return RunId(parse(name))
    except InputError:
        return RunId(hash_bytes(name.encode())[:16])


def _micros(at: datetime | None) -> int | None:
    """Loom 0.9 kept times without a zone, in UTC."""
    return None if at is None else round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1e6)
