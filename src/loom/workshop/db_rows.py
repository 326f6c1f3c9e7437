"""Runs and results as the dictionaries that `loom.workshop.db` gives: one key for each column that Loom 0.9 had."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from loom.core.ids import ExecutionId, text
from loom.core.jsonvalue import Json, JsonValue
from loom.engine.models import JobState
from loom.evaluation import store
from loom.evaluation.comparing.baselines import Baseline
from loom.evaluation.models import ABSENT
from loom.evaluation.records.figures_store import Averages, details_of
from loom.evaluation.records.models import RecordedResult
from loom.evaluation.results.case_results import CaseResult, Results
from loom.evaluation.store import ExecutionRow, RunRow, StoredOutput

__all__ = [
    "OWN",
    "baseline_row",
    "loom_results",
    "moment",
    "recorded_result",
    "run_row",
    "spelled",
    "tier_of",
]

OWN = "python:"
"""Begins the endpoint of a run on the backends of a script; its tier follows."""

_PAGE = 400
_RUNNING = (JobState.PENDING, JobState.RUNNING, JobState.PAUSED)


def moment(at_us: int | None) -> datetime | None:
    """The time, in UTC."""
    return None if at_us is None else datetime.fromtimestamp(at_us / 1e6, UTC)


def tier_of(run: RunRow) -> str:
    """The tier of a run on a script's backends; of any other run its endpoint."""
    return run.endpoint.removeprefix(OWN)


def run_row(run: RunRow, version: str | None, finished_us: int | None, figures: Averages) -> Json:
    """A run, without what its results add up to."""
    return {
        "id": text(run.id),
        "worker_name": run.target,
        "worker_version_id": version,
        "tier": tier_of(run),
        "started_at": moment(run.created_us),
        "completed_at": moment(finished_us),
        "status": JobState.RUNNING.value if run.state in _RUNNING else run.state,
        "total_cases": run.planned,
        "avg_latency_ms": figures.latency_ms,
        "avg_prompt_tokens": figures.prompt_tokens,
        "avg_completion_tokens": figures.completion_tokens,
    }


def recorded_result(run: RunRow, name: ExecutionId, result: RecordedResult) -> Json:
    """A result that was handed in, as it came."""
    return {
        "id": text(name),
        "run_id": text(run.id),
        "case_name": result.name,
        "input_payload": json.dumps(result.input),
        "expected_output": None if result.expected is ABSENT else json.dumps(result.expected),
        "actual_output": spelled(result.output),
        "raw_response": result.raw,
        "validation_errors": spelled(list(result.problems) or None),
        "score": result.score,
        "score_details": spelled(result.details),
        "latency_ms": result.latency_ms,
        "prompt_tokens": result.prompt_tokens,
        "completion_tokens": result.completion_tokens,
        "model_used": result.model,
        "passed": result.passed,
        "error": result.error,
    }


def loom_results(connection: Connection, run: RunRow, results: Results) -> list[Json]:
    """The results of a run that Loom measured."""
    rows = store.execution_rows(connection, run.id)
    found: list[Json] = []
    for start in range(0, len(rows), _PAGE):
        found += _page(connection, run, results, rows[start : start + _PAGE])
    return found


def _page(connection: Connection, run: RunRow, results: Results, rows: Sequence[int]) -> Iterator[Json]:
    executions = store.executions(connection, rows)
    outputs = store.outputs(connection, rows, raw=True)
    details = details_of(connection, [one.id for one in executions])
    for row, one in zip(rows, executions, strict=True):
        yield _result(run, results.judged(one), one, outputs[row], details.get(one.id, {}))


def _result(run: RunRow, judged: CaseResult, row: ExecutionRow, output: StoredOutput, details: Json) -> Json:
    asked = output.received is not None
    case = judged.case
    return {
        "id": text(judged.execution),
        "run_id": text(run.id),
        "case_name": case.name,
        "input_payload": json.dumps(case.input),
        "expected_output": json.dumps(case.expected_output) if case.has_expected else None,
        "actual_output": spelled(judged.output),
        "raw_response": _raw(run, output),
        "validation_errors": spelled(list(judged.problems) or None),
        "score": judged.score,
        "score_details": json.dumps(_said(judged) | details),
        "latency_ms": round(judged.latency_ms),
        "prompt_tokens": row.input_tokens if asked else None,
        "completion_tokens": row.output_tokens if asked else None,
        "model_used": run.model,
        "passed": judged.outcome == "passed",
        "error": judged.error,
    }


def _said(judged: CaseResult) -> Json:
    """What each scorer said, in the words of the first where there is one."""
    reasons = {name: reason for name, (_, reason) in judged.scores.items()}
    return {"method": ", ".join(reasons), "reasoning": "; ".join(filter(None, reasons.values()))}


def _raw(run: RunRow, output: StoredOutput) -> str | None:
    """The model's last words; of an endpoint's answer all that came, as it came."""
    if output.received is None:
        return None
    body = output.received.body.decode("utf-8", "replace")
    return json.loads(body).get("content") if run.endpoint.startswith(OWN) else body


def baseline_row(baseline: Baseline) -> Json:
    """A baseline; its id is that of its run."""
    return {
        "id": text(baseline.run),
        "worker_name": baseline.worker,
        "run_id": text(baseline.run),
        "promoted_at": moment(baseline.set_us),
        "description": baseline.note,
    }


def spelled(value: JsonValue | None) -> str | None:
    """JSON text; None for None."""
    return None if value is None else json.dumps(value)
