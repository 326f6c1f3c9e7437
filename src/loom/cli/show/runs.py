"""How runs look: the list, one run's figures, its cases."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put
from loom.cli.show.format import ago, count, show_usd
from loom.cli.show.table import show_table
from loom.core.ids import short, text

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json
    from loom.evaluation.rates import Rate
    from loom.evaluation.report import CaseResult, RunReport
    from loom.evaluation.store import RunRow

__all__ = ["case_json", "named", "report_json", "run_json", "show_cases", "show_report", "show_runs"]

_MARKS: dict[str, Part] = {"passed": ("✓", "pass"), "failed": ("✗", "fail"), "errored": ("!", "error")}
_BAR = 24
_HANG = 13
_MOST_ERRORS = 3


def named(run: "RunRow") -> list[Part]:
    """A run in one line: who, on what, by which model, under which id."""
    suite = f" on {run.suite}" if run.suite else ""
    parts: list[Part] = [(run.target, "accent"), f"{suite} · {run.model} "]
    if run.simulated:
        parts.append(("simulated ", "warn"))
    return [*parts, "· run ", (short(run.id), "accent")]


def show_runs(rows: "Sequence[RunRow]") -> None:
    """A table of runs."""
    if not rows:
        put("No runs yet. Begin with: loom demo, or loom eval WORKER --suite SUITE")
        return
    head = ("run", "age", "worker", "suite", "model", "done")
    show_table([_row(row) for row in rows], head, right=(1,))
    if any(row.simulated for row in rows):
        put(("~ simulated: answered by the embedded family, which is no real model", "warn"))


def _row(row: "RunRow") -> tuple[Part, ...]:
    model: Part = (f"{row.model} ~", "warn") if row.simulated else row.model
    done: Part = f"{row.done}/{row.planned}"
    if row.state != "completed":
        done = (f"{done} {row.standing(_now_us())}", "warn")
    suite: Part = row.suite or ("one test", "muted")
    return (short(row.id), "accent"), ago(row.created_us), row.target, suite, model, done


def show_report(report: "RunReport", *, hint: str = "") -> None:
    """The answer first: the rate with its interval; then what it took; then `hint`, what to do next."""
    run = report.run
    console().print()
    put(*named(run))
    _line("pass rate", (report.pass_rate.show(), "accent"))
    _line("score", report.score.show())
    _line("cases", *_bar(report), _counts(report))
    for error, times in _errors(report):
        _line("error", f"{times} × {error}" if times > 1 else error)
    _line("took", (_took(report), "muted"))
    if run.state != "completed":
        _line(
            run.standing(_now_us()),
            (f"{run.done} of {run.planned} done: {run.reason or 'nobody works on it'}", "warn"),
        )
    if hint:
        _line("next", (hint, "muted"))


def _errors(report: "RunReport") -> list[tuple[str, int]]:
    if not report.pass_rate.errored:
        return []
    return Counter(one.error for one in report.results if one.error).most_common(_MOST_ERRORS)


def _line(label: str, *body: Part) -> None:
    put(*body, label=(f"  {label}", "muted"), hang=_HANG)


def _bar(report: "RunReport") -> list[Part]:
    rate = report.pass_rate
    pieces = (
        ("pass", "█", rate.passed),
        ("fail", "▓", _failed(report)),
        ("error", "▒", rate.errored),
        ("muted", "░", rate.unscored),
    )
    total, drawn, seen = rate.attempted, 0, 0
    parts: list[Part] = []
    for style, mark, number in pieces:
        seen += number
        until = round(_BAR * seen / total) if total else 0
        parts.append((mark * (until - drawn), style))
        drawn = until
    return [*parts, "  " * bool(drawn)]


def _failed(report: "RunReport") -> int:
    rate = report.pass_rate
    return rate.completed - rate.passed - rate.unscored


def _counts(report: "RunReport") -> str:
    rate = report.pass_rate
    failed = f"{count(_failed(report))} failed"
    if report.invalid:
        failed += f" ({count(report.invalid)} off contract)"
    others = (("errored", rate.errored), ("unscored", rate.unscored), ("aborted", rate.aborted))
    return " · ".join(
        [
            f"{count(rate.passed)} passed",
            failed,
            *(f"{count(number)} {name}" for name, number in others if number),
        ]
    )


def _took(report: "RunReport") -> str:
    parts = [f"{show_usd(report.paid_nano)} paid" if report.worth_nano is not None else "cost unknown"]
    if report.cached:
        parts.append(f"{count(report.cached)} from the cache")
    parts.append(f"{count(report.input_tokens)} + {count(report.output_tokens)} tokens")
    if report.latency_ms:
        parts.append(f"median {report.latency_ms[0]:,.0f} ms, 95 % {report.latency_ms[1]:,.0f} ms")
    return " · ".join(parts)


def show_cases(report: "RunReport", *, only_failures: bool) -> None:
    """Every case, or those that did not pass, with why."""
    repeated = report.pass_rate.cases < report.pass_rate.n
    rows = [
        (
            _MARKS.get(result.outcome, "○"),
            f"{result.case.name} #{result.repetition + 1}" if repeated else result.case.name,
            "–" if result.score is None else f"{result.score:.2f}",
            _why(result),
        )
        for result in report.results
        if not (only_failures and result.outcome == "passed")
    ]
    console().print()
    if rows:
        show_table(rows, ("", "case", "score", "why"), right=(2,))
    elif len(report.results):
        put("Every case passed.")


def _why(result: "CaseResult") -> str:
    if result.error:
        return result.error
    if result.problems:
        return "; ".join(result.problems)
    return "; ".join(reason for value, reason in result.scores.values() if value != 1 and reason)


def run_json(row: "RunRow") -> "Json":
    """A run for programs."""
    return {
        "id": text(row.id),
        "short": short(row.id),
        "job": text(row.job),
        "kind": row.kind,
        "state": row.standing(_now_us()),
        "reason": row.reason,
        "worker": row.target,
        "suite": row.suite,
        "model": row.model,
        "endpoint": row.endpoint,
        "simulated": row.simulated,
        "planned": row.planned,
        "done": row.done,
        "config_hash": row.config_hash.hex(),
        "created_us": row.created_us,
    }


def _rate_json(rate: "Rate") -> "Json":
    return {
        "value": rate.value,
        "low": rate.interval.low,
        "high": rate.interval.high,
        "n": rate.n,
        **rate.counts,
    }


def report_json(report: "RunReport") -> "Json":
    """A report for programs, without its cases."""
    return {
        **run_json(report.run),
        "pass_rate": _rate_json(report.pass_rate),
        "score": _rate_json(report.score),
        "cached": report.cached,
        "invalid": report.invalid,
        "paid_usd": report.paid_nano / 1e9 if report.worth_nano is not None else None,
        "input_tokens": report.input_tokens,
        "output_tokens": report.output_tokens,
        "latency_ms": report.latency_ms,
    }


def case_json(result: "CaseResult") -> "Json":
    """One case of a report for programs."""
    return {
        "name": result.case.name,
        "repetition": result.repetition,
        "outcome": result.outcome,
        "score": result.score,
        "scores": {name: {"value": value, "reason": why} for name, (value, why) in result.scores.items()},
        "output": result.output,
        "problems": list(result.problems),
        "error": result.error,
        "cached": result.cached,
        "latency_ms": result.latency_ms,
    }


def _now_us() -> int:
    return time.time_ns() // 1000
