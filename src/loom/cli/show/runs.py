"""How runs look: the list, one run's figures, its cases."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loom.cli.show.console import console
from loom.cli.show.format import ago, count, show_usd
from loom.core.ids import short, text

if TYPE_CHECKING:
    from loom.core.jsonvalue import Json
    from loom.engine.runner import Ended
    from loom.evaluation.rates import Rate
    from loom.evaluation.report import CaseResult, RunReport
    from loom.evaluation.store import RunRow

__all__ = ["case_json", "report_json", "run_json", "show_cases", "show_report", "show_runs"]

_MARKS = {"passed": "[pass]✓[/pass]", "failed": "[fail]✕[/fail]", "errored": "[error]△[/error]"}
_BAR = 40


def show_runs(rows: "Sequence[RunRow]") -> None:
    """A table of runs."""
    from rich.table import Table

    if not rows:
        console().print("No runs yet. Try: loom demo, or loom eval WORKER --suite SUITE")
        return
    table = Table(box=None, pad_edge=False, header_style="muted")
    for name in ("run", "kind", "worker", "suite", "model", "state"):
        table.add_column(name)
    table.add_column("done", justify="right")
    table.add_column("begun", justify="right")
    for row in rows:
        model = f"{row.model} [warn]simulated[/warn]" if row.simulated else row.model
        done = f"{row.done}/{row.planned}"
        table.add_row(
            short(row.id), row.kind, row.target, row.suite or "–", model, row.state, done, ago(row.created_us)
        )
    console().print(table)


def show_report(report: "RunReport", ended: "Ended | None" = None) -> None:
    """The answer first: the rate with its interval; then what it took; then what to do next."""
    out, run = console(), report.run
    simulated = "  [warn]simulated[/warn]" if run.simulated else ""
    title = f"[accent]{run.target}[/accent] on {run.suite} · {run.model}{simulated}"
    out.print(f"\n{title} · run [accent]{short(run.id)}[/accent]")
    out.print(f"  pass rate  [accent]{report.pass_rate.show()}[/accent]")
    out.print(f"  score      {report.score.show()}")
    out.print(f"  {_bar(report)}")
    out.print(f"  {_took(report)}", style="muted")
    state, reason = (ended.state, ended.reason) if ended else (run.state, run.reason)
    if state != "completed":
        out.print(f"  [warn]{state}[/warn] {run.done} of {run.planned} done: ", end="")
        out.print(reason or "", markup=False, soft_wrap=True)
        out.print(f"  go on with: loom eval --resume {short(run.id)}")


def _bar(report: "RunReport") -> str:
    rate = report.pass_rate
    failed = rate.completed - rate.passed - rate.unscored
    pieces = (
        ("pass", "█", rate.passed),
        ("fail", "▓", failed),
        ("error", "▒", rate.errored),
        ("muted", "░", rate.unscored),
    )
    total = max(rate.attempted, 1)
    drawn = "".join(
        f"[{style}]{mark * round(_BAR * number / total)}[/{style}]" for style, mark, number in pieces
    )
    counts = [f"{rate.passed} passed", f"{failed} failed"]
    if report.invalid:
        counts[-1] += f" ({report.invalid} did not fit the contract)"
    counts += [f"{rate.errored} errored"] * bool(rate.errored) + [f"{rate.unscored} unscored"] * bool(
        rate.unscored
    )
    return f"{drawn}  {' · '.join(counts)}"


def _took(report: "RunReport") -> str:
    parts = [f"paid {show_usd(report.paid_nano)}" if report.worth_nano is not None else "cost unknown"]
    if report.cached:
        parts.append(f"{count(report.cached)} from the cache")
    parts.append(f"{count(report.input_tokens)} + {count(report.output_tokens)} tokens")
    if report.latency_ms:
        parts.append(f"median {report.latency_ms[0]:,.0f} ms, 95 % {report.latency_ms[1]:,.0f} ms")
    return " · ".join(parts)


def show_cases(report: "RunReport", *, only_failures: bool) -> None:
    """Every case, or those that did not pass, with why."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="muted", show_edge=False)
    for name in ("", "case", "score"):
        table.add_column(name, justify="right" if name == "score" else "left", no_wrap=name == "case")
    table.add_column("why", ratio=1)
    for result in report.results:
        if only_failures and result.outcome == "passed":
            continue
        table.add_row(
            _MARKS.get(result.outcome, "○"),
            result.case.name,
            "–" if result.score is None else f"{result.score:.2f}",
            _why(result),
            style=None,
        )
    console().print()
    console().print(table)


def _why(result: "CaseResult") -> str:
    from rich.markup import escape

    if result.error:
        return escape(result.error)
    if result.problems:
        return escape("; ".join(result.problems))
    reasons = [reason for value, reason in result.scores.values() if value != 1 and reason]
    return escape("; ".join(reasons))


def run_json(row: "RunRow") -> "Json":
    """A run for programs."""
    return {
        "id": text(row.id),
        "short": short(row.id),
        "job": text(row.job),
        "kind": row.kind,
        "state": row.state,
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
