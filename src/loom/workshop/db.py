"""The documented face of the store for scripts: plain dictionaries, without waiting. Keeps nothing of its own.

Versions, runs, results and baselines are those of Loom's one store. What a script hands in becomes a recorded run,
which every page and command shows and compares as any other once it is completed.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, TypeVar, cast
from weakref import finalize

from loom.access.models import LOCAL
from loom.catalog.texts import Texts
from loom.core.clock import SystemClock
from loom.core.errors import InputError, NotFoundError, Problem, UsageError
from loom.core.ids import RunId, parse, text
from loom.core.jsonvalue import Json, JsonValue
from loom.core.settings import load_settings
from loom.engine.models import JobKind, JobState
from loom.engine.store import load_job
from loom.evaluation.comparing.baselines import Baseline, Baselines
from loom.evaluation.models import ABSENT
from loom.evaluation.reading.runs_store import RunFilter, job_heads, listed, runs_named
from loom.evaluation.records.figures_store import averages
from loom.evaluation.records.models import RecordedResult, RecordedRun
from loom.evaluation.records.service import Records
from loom.evaluation.results.report import Reports
from loom.evaluation.store import RunRow
from loom.evaluation.suites.store import SuiteStore
from loom.storage.database import open_database
from loom.storage.duckdb_files import refuse_duckdb
from loom.workshop import db_rows as rows
from loom.workshop.portal import Portal

__all__ = ["MEMORY", "WorkshopDB"]

T = TypeVar("T")

MEMORY = ":memory:"
_SQLITE = "sqlite:///"
_AVERAGED = ("latency_ms", "prompt_tokens", "completion_tokens")
_FIGURES = ("passed_cases", "failed_cases", *(f"avg_{name}" for name in _AVERAGED))
_UPDATABLE = frozenset((*_FIGURES, "status", "completed_at", "total_cases", "tier", "metadata"))
_STATES = {"completed": JobState.COMPLETED, "failed": JobState.FAILED}


class _Open:
    """The store, opened."""

    def __init__(self, url: str) -> None:
        self.database, clock, suites = open_database(url), SystemClock(), SuiteStore()
        self.portal = Portal("loom-workshop-db")
        self.texts = Texts(self.database, clock)
        self.records = Records(self.database, clock, suites)
        self.reports = Reports(self.database, suites)
        self.baselines = Baselines(self.database, clock)

    def close(self) -> None:
        self.portal.call(self.database.aclose())
        self.portal.close()


class WorkshopDB:
    """What Loom has stored, for a script. Ids are texts; times are UTC; JSON columns of results are JSON text.

    Opened when it is first used.
    """

    def __init__(self, db_path: str | Path | None = None, *, url: str | None = None) -> None:
        """`db_path` names an SQLite file, or is `:memory:`; `url` any database. By default the store of the settings.

        Raises:
            UsageError: when it is the DuckDB file of Loom 0.9.
            ConfigError: when the settings are needed and wrong.
        """
        self._forget: Callable[[], object] | None = None
        if str(db_path) == MEMORY:
            folder = mkdtemp(prefix="loom-")
            self._forget = finalize(self, rmtree, folder, ignore_errors=True)
            db_path = Path(folder) / "loom.db"
        if db_path is not None:
            url = f"sqlite:///{Path(db_path).expanduser()}"
        self.url = url or load_settings().database_url
        if self.url.startswith(_SQLITE):
            refuse_duckdb(Path(self.url.removeprefix(_SQLITE)))

    @cached_property
    def _open(self) -> _Open:
        return _Open(self.url)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._open.portal.call(work)

    def close(self) -> None:
        """Release everything; what `:memory:` held is gone. Idempotent."""
        if "_open" in vars(self):
            self._open.close()
            del self._open
        if self._forget:
            self._forget()

    def save_worker_version(self, worker_name: str, config_yaml: str, description: str | None = None) -> str:
        """Keep a text of a worker; its id, the same one for the same text."""
        return self._wait(self._open.texts.keep(worker_name, config_yaml, description, LOCAL)).hex()

    def get_worker_versions(self, worker_name: str) -> list[Json]:
        """Every text that a worker has had, newest first."""
        return [
            {
                "id": one.hash.hex(),
                "worker_name": worker_name,
                "config_hash": one.hash.hex()[:16],
                "config_yaml": one.text,
                "created_at": rows.moment(one.at_us),
                "description": one.note,
            }
            for one in self._wait(self._open.texts.of(worker_name))
        ]

    def save_eval_run(
        self,
        worker_name: str,
        tier: str,
        total_cases: int,
        worker_version_id: str | None = None,
        metadata: Json | None = None,
    ) -> str:
        """Begin a run that was, or is being, measured elsewhere; its id. `metadata` may name its `scoring_method`.

        Raises:
            UsageError: when `worker_version_id` is not what `save_worker_version` gave.
        """
        metadata = metadata or {}
        version = _hash(worker_version_id) if worker_version_id else None
        method = str(metadata.get("scoring_method") or "")
        new = RecordedRun(worker_name, worker_name, total_cases, tier, "", version, method, metadata)
        return text(self._wait(self._open.records.open(new, LOCAL)))

    def update_eval_run(self, run_id: str, updates: Mapping[str, JsonValue]) -> None:
        """Say more of a recorded run; `status` `completed` or `failed` ends it, at `completed_at` or now.

        Its figures are what its results add up to; figures that are told count where it has none.

        Raises:
            UsageError: for a column that there is not, or that cannot be told.
            NotFoundError: when it is no recorded run.
        """
        _require_known(updates)
        run = RunId(parse(run_id))
        told = {key: value for key, value in updates.items() if key not in ("status", "completed_at")}
        if told:
            self._wait(self._open.records.tell(run, told))
        state = _STATES.get(updates.get("status", ""))
        if state and not JobState(self._run(run_id).state).final:
            ended = cast("datetime | None", updates.get("completed_at"))
            at_us = round(ended.timestamp() * 1e6) if ended else None
            self._wait(self._open.records.close(run, state, at_us=at_us))

    def get_eval_runs(self, worker_name: str | None = None, limit: int = 50) -> list[Json]:
        """The newest runs first, of one worker or of all."""
        wanted = RunFilter(worker=worker_name)
        found = self._open.database.read_now(
            lambda connection: listed(connection, wanted, "-created", None, limit)
        )
        return [self._run_row(one.run) for one in found]

    def save_eval_result(  # noqa: PLR0913, PLR0917 - the signature that guides show
        self,
        run_id: str,
        case_name: str,
        input_payload: Json,
        passed: bool,  # noqa: FBT001
        expected_output: JsonValue | None = None,
        actual_output: JsonValue | None = None,
        raw_response: str | None = None,
        validation_errors: list[str] | None = None,
        score: float | None = None,
        score_details: Json | None = None,
        latency_ms: int | None = None,
        prompt_tokens: int | None = None,
        completion_tokens: int | None = None,
        model_used: str | None = None,
        error: str | None = None,
    ) -> str:
        """Add a result to a recorded run that is not completed; its id.

        Raises:
            NotFoundError: when it is no recorded run.
            ConflictError: when it is completed.
        """
        result = RecordedResult(
            name=case_name,
            input=input_payload,
            passed=passed,
            expected=ABSENT if expected_output is None else expected_output,
            output=actual_output,
            raw=raw_response,
            problems=tuple(validation_errors or ()),
            score=score,
            details=score_details,
            latency_ms=latency_ms,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            model=model_used,
            error=error,
        )
        [added] = self._wait(self._open.records.add(RunId(parse(run_id)), result))
        return text(added)

    def get_eval_results(self, run_id: str) -> list[Json]:
        """The results of a run by the names of their cases; none when there is no such run."""
        try:
            run = self._run(run_id)
        except (NotFoundError, InputError):
            return []
        return sorted(self._results(run), key=lambda row: row["case_name"])

    def compare_eval_runs(self, run_id_a: str, run_id_b: str) -> Json:
        """Two runs beside each other: `run_a`, `run_b`, and `cases` with `case_name`, `a` and `b` (None: not there).

        Raises:
            NotFoundError: when one of them does not exist.
        """
        a, b = (
            {row["case_name"]: row for row in self._results(self._run(name))} for name in (run_id_a, run_id_b)
        )
        return {
            "run_a": self._run_row(self._run(run_id_a)),
            "run_b": self._run_row(self._run(run_id_b)),
            "cases": [{"case_name": name, "a": a.get(name), "b": b.get(name)} for name in sorted({**a, **b})],
        }

    def promote_baseline(self, worker_name: str, run_id: str, description: str | None = None) -> str:
        """Make a run the one that later runs of its worker are compared with; the id of the baseline.

        A recorded run whose results are all there is completed by it.

        Raises:
            UsageError: when it is a run of another worker, or not completed.
            NotFoundError: when there is no such run.
        """
        run = self._completed(self._run(run_id))
        if run.target != worker_name:
            remedy = f"name '{run.target}', or another run"
            raise UsageError(Problem("is a run of another worker", run_id, value=worker_name, remedy=remedy))
        made = self._wait(self._open.baselines.set(run, description, LOCAL))
        self._clear(one for one in self._baselines_of(worker_name) if one.suite != made.suite)
        return rows.baseline_row(made)["id"]

    def get_baseline(self, worker_name: str) -> Json | None:
        """The baseline that was set last for a worker; None when there is none."""
        found = self._baselines_of(worker_name)
        return rows.baseline_row(max(found, key=lambda one: one.set_us)) if found else None

    def remove_baseline(self, worker_name: str) -> bool:
        """Take the baselines of a worker away, on every suite; whether there was one."""
        found = self._baselines_of(worker_name)
        self._clear(found)
        return bool(found)

    def compare_against_baseline(self, worker_name: str, run_id: str) -> Json | None:
        """A run beside the baseline of its worker, which is `a`; None when there is none."""
        baseline = self.get_baseline(worker_name)
        return self.compare_eval_runs(baseline["run_id"], run_id) if baseline else None

    def _clear(self, baselines: Iterable[Baseline]) -> None:
        for one in baselines:
            self._wait(self._open.baselines.clear(one.worker, one.suite, LOCAL))

    def _baselines_of(self, worker_name: str) -> list[Baseline]:
        return [one for one in self._wait(self._open.baselines.all()) if one.worker == worker_name]

    def _run(self, run_id: str) -> RunRow:
        name = RunId(parse(run_id))
        found = self._open.database.read_now(lambda connection: runs_named(connection, (name,)))
        if not found:
            raise NotFoundError(f"there is no run {run_id}")
        return found[0]

    def _completed(self, run: RunRow) -> RunRow:
        """`run`, completed if all of its results are there."""
        if run.kind != JobKind.RECORD or JobState(run.state).final:
            return run
        if len(self._recorded(run)) < run.planned:
            return run
        self._wait(self._open.records.close(run.id, JobState.COMPLETED))
        return self._run(text(run.id))

    def _recorded(self, run: RunRow) -> list[Json]:
        found = self._wait(self._open.records.results(run.id))
        return [rows.recorded_result(run, name, result) for name, result in found]

    def _results(self, run: RunRow) -> list[Json]:
        if run.kind == JobKind.RECORD:
            return self._recorded(run)
        results = self._wait(self._open.reports.results(run))
        return self._open.database.read_now(lambda connection: rows.loom_results(connection, run, results))

    def _run_row(self, run: RunRow) -> Json:
        head, spec, figures = self._open.database.read_now(
            lambda connection: (
                job_heads(connection, (run.job,))[run.job],
                load_job(connection, run.job).spec,
                averages(connection, run.id),
            )
        )
        row = rows.run_row(run, spec.get("version"), head.finished_us, figures)
        if run.kind == JobKind.RECORD:
            return row | self._as_told(run)
        passed = self._wait(self._open.reports.report(run)).pass_rate.passed
        method = {"scoring_method": ", ".join(map(_scorer, spec["scorers"]))}
        return row | {
            "passed_cases": passed,
            "failed_cases": run.done - passed,
            "metadata": rows.spelled(method),
        }

    def _as_told(self, run: RunRow) -> Json:
        """What was handed in of a run, its figures added up."""
        about, results = self._wait(self._open.records.about(run.id)), self._recorded(run)
        passed = sum(row["passed"] for row in results)
        counted: Json = {"passed_cases": 0, "failed_cases": 0, **dict.fromkeys(_FIGURES[2:]), **_among(about)}
        if results:
            counted = {
                "passed_cases": passed,
                "failed_cases": len(results) - passed,
                **{f"avg_{name}": _mean([row[name] for row in results]) for name in _AVERAGED},
            }
        return {
            **counted,
            "tier": about["tier"],
            "total_cases": about.get("total_cases", about["planned"]),
            "metadata": rows.spelled(about["metadata"]),
        }


def _hash(version_id: str) -> bytes:
    try:
        return bytes.fromhex(version_id)
    except ValueError:
        remedy = "give what save_worker_version returned, or leave it out"
        raise UsageError(
            Problem("is no version", "worker_version_id", value=version_id, remedy=remedy)
        ) from None


def _require_known(updates: Mapping[str, JsonValue]) -> None:
    unknown = sorted(set(updates) - _UPDATABLE)
    if unknown:
        remedy = f"use {', '.join(sorted(_UPDATABLE))}"
        raise UsageError(Problem("cannot be changed", name, remedy=remedy) for name in unknown)
    status = updates.get("status", "running")
    if status not in (*_STATES, "running"):
        remedy = "use running, completed or failed"
        raise UsageError(Problem("is no status", "status", value=status, remedy=remedy))


def _among(about: Json) -> Json:
    return {name: about[name] for name in _FIGURES if name in about}


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _scorer(spec: JsonValue) -> str:
    return str(cast("Json", spec)["scorer"]) if isinstance(spec, dict) else str(spec)
