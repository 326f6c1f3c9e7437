"""Runs, reports and comparisons as JSON: the one spelling for the command line, files and the web."""

from dataclasses import asdict

from loom.core.ids import short, text
from loom.core.jsonvalue import Json
from loom.evaluation.comparing.baselines import Baseline
from loom.evaluation.comparing.comparison import Comparison
from loom.evaluation.comparing.gates import GateResult
from loom.evaluation.comparing.leaderboard import Leaderboard
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.results.report import RunReport
from loom.evaluation.results.run_scores import unfinished
from loom.evaluation.scoring.case_scorers import passes_by
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.statistics.repeated import Reliability, Repeated
from loom.evaluation.store import RunRow

__all__ = [
    "baseline_json",
    "case_json",
    "comparison_json",
    "gate_json",
    "judged_json",
    "leaderboard_json",
    "rate_json",
    "report_json",
    "run_json",
]


def run_json(row: RunRow, now_us: int) -> Json:
    """A run."""
    return {
        "id": text(row.id),
        "short": short(row.id),
        "job": text(row.job),
        "kind": row.kind,
        "state": row.standing(now_us),
        "reason": row.reason,
        "worker": row.target,
        "suite": row.suite,
        "model": row.model,
        "endpoint": row.endpoint or None,
        "simulated": row.simulated,
        "planned": row.planned,
        "done": row.done,
        "config_hash": row.config_hash.hex(),
        "created_us": row.created_us,
    }


def report_json(report: RunReport, now_us: int, version: bytes | None = None) -> Json:
    """A report, without its cases. `version` is the hash of the worker's text, where the catalog has it."""
    return {
        **run_json(report.run, now_us),
        "unfinished": unfinished(report.run) or None,
        "pass_rate": rate_json(report.pass_rate),
        "score": rate_json(report.score),
        "reliability": None if report.reliability is None else _reliability(report.reliability),
        "passes_by": list(passes_by(report.results.scorers)),
        "cached": report.cached,
        "invalid": report.invalid,
        "judges": [asdict(one) for one in report.judges],
        "errors": [{"error": error, "count": count} for error, count in report.errors],
        "unscored": [{"reason": reason, "count": count} for reason, count in report.unscored],
        "paid_usd": None if report.unpriced else report.paid_nano / 1e9,
        "unpriced_attempts": report.unpriced,
        "lost": {"attempts": report.lost.attempts, "usd": report.lost.cost_nano / 1e9},
        "input_tokens": report.input_tokens,
        "output_tokens": report.output_tokens,
        "latency_ms": report.latency_ms,
        "sealed_looks": report.sealed_looks,
        "ratings": [asdict(one) for one in report.rated],
        "version": version.hex() if version else None,
    }


def rate_json(rate: Rate) -> Json:
    """A rate with its interval and its denominator."""
    interval = {"low": rate.interval.low, "high": rate.interval.high}
    return {
        "value": rate.value,
        **interval,
        "n": rate.n,
        "cases": rate.cases,
        "weighted": rate.weighted,
        **rate.counts,
    }


def _reliability(found: Reliability) -> Json:
    return {
        "all_pass": [_repeated(one) for one in found.all_pass],
        "any_passes": [_repeated(one) for one in found.any_passes],
        "cases": found.cases,
        "left_out": list(found.left_out),
        "always": found.always,
        "never": found.never,
    }


def _repeated(one: Repeated) -> Json:
    return {"k": one.k, "value": one.value, "low": one.interval.low, "high": one.interval.high}


def case_json(result: CaseResult) -> Json:
    """One execution of a case."""
    return {
        "name": result.case.name,
        "execution": text(result.execution),
        "repetition": result.number,
        "outcome": result.outcome,
        "score": result.score,
        "scores": {name: {"value": value, "reason": why} for name, (value, why) in result.scores.items()},
        "output": result.output,
        "problems": list(result.problems),
        "error": result.error,
        "cached": result.cached,
        "latency_ms": result.latency_ms,
    }


def comparison_json(result: Comparison, a: RunRow, b: RunRow) -> Json:
    """A comparison of the runs `a` and `b`."""
    return {**asdict(result), "simulated": a.simulated or b.simulated}


def gate_json(result: GateResult) -> Json:
    """What a gate said."""
    return {**asdict(result), "failed": result.failed}


def leaderboard_json(board: Leaderboard) -> Json:
    """A leaderboard, best first."""
    places = [
        {**asdict(place), "run_id": place.run_id.hex() if place.run_id else None} for place in board.places
    ]
    return {
        "measure": board.measure,
        "cases": board.cases,
        "sealed": board.sealed,
        "best": board.best,
        "tied": list(board.tied),
        "cases_needed": board.cases_needed,
        "left_out": dict(board.left_out),
        "places": places,
    }


def baseline_json(found: Baseline) -> Json:
    """A baseline."""
    return {**asdict(found), "run": text(found.run), "short": short(found.run)}


def judged_json(
    run: RunRow, against: RunRow | None, comparison: Comparison | None, gate: GateResult | None
) -> Json:
    """What else is said of `run`: the comparison with `against`, and the gate; nothing that was not asked for."""
    said: Json = {}
    if against is not None and comparison is not None:
        said["against"] = text(against.id)
        said["comparison"] = comparison_json(comparison, against, run)
    if gate is not None:
        said["gate"] = gate_json(gate)
    return said
