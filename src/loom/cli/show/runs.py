"""How runs look: the list, one run's figures, its cases."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loom.cli.show.console import Part, console, put
from loom.cli.show.format import ago, count, percent, show_usd
from loom.cli.show.marks import marked_model, show_legend
from loom.cli.show.table import show_table
from loom.core.clock import SystemClock
from loom.core.ids import short
from loom.core.money import lost_words, show_paid
from loom.engine.models import JobKind, JobState
from loom.evaluation.reports.reasons import why
from loom.evaluation.results.run_scores import unfinished

if TYPE_CHECKING:
    from loom.evaluation.reading.runs import RunItem
    from loom.evaluation.results.report import RunReport
    from loom.evaluation.statistics.rates import Rate
    from loom.evaluation.statistics.repeated import Reliability
    from loom.evaluation.store import RunRow

__all__ = ["elsewhere", "named", "show_cases", "show_report", "show_runs"]

_MARKS: dict[str, Part] = {"passed": ("✓", "pass"), "failed": ("✗", "fail"), "errored": ("!", "error")}
_BAR = 24
_BESIDE_BAR = 8
_HANG = 13
_MOST_CASES = 200


def named(run: "RunRow") -> list[Part]:
    """A run in one line: who, on what, by which model, under which id."""
    suite = f" on {run.suite}" if run.suite else ""
    parts: list[Part] = [(run.target, "accent"), f"{suite} · {_by(run)} "]
    if run.simulated:
        parts.append(("simulated ", "warn"))
    if run.kind == JobKind.RESCORE:
        parts.append("re-scored ")
    return [*parts, "· run ", (short(run.id), "accent"), elsewhere(run.folder)]


def elsewhere(folder: str | None) -> str:
    """` in /home/ann/other`; nothing for this folder, and for one that is not known."""
    here = str(Path.cwd()).encode(errors="backslashreplace").decode()
    return "" if folder in (None, here) else f" in {folder}"


def _by(run: "RunRow") -> str:
    """What did the work."""
    if run.kind == JobKind.RECORD:
        return f"{run.model or 'an unknown model'} elsewhere"
    return run.model if run.endpoint else f"processor {run.model}"


def show_runs(
    rows: "Sequence[tuple[RunRow, RunItem | None]]", *, others: int | None, filtered: bool = False
) -> None:
    """A table of runs, each with what it came to; `others` are in other folders, None when these are among `rows`."""
    if rows:
        head = ("run", "age", "worker", "suite", "model", "passed %", "done")
        places = () if others is not None else ("folder",)
        table = [_row(*one) + ((one[0].folder or "–",) if places else ()) for one in rows]
        show_table(table, head + places, right=(1, 5))
    elif filtered:
        put("No run is like that; leave something out.")
    else:
        put("No runs yet. Begin with: loom demo, or loom eval WORKER --suite SUITE")
    show_legend((row, _sealed(item)) for row, item in rows)
    if others:
        put((f"{others:,} {'runs' if filtered else 'more'} in other folders: --everywhere", "muted"))


def _row(row: "RunRow", item: "RunItem | None") -> tuple[Part, ...]:
    rate = item and item.rate
    done: Part = f"{row.done:,}/{row.planned:,}"
    wrong = [f"{count(rate.errored)} errored"] if rate is not None and rate.errored else []
    if row.state != "completed":
        wrong.append(row.standing(SystemClock().now_us()))
    if wrong:
        done = (f"{done} {', '.join(wrong)}", "warn")
    suite: Part = row.suite or ("pairs" if row.kind == "judging" else "one test", "muted")
    passed = "–" if rate is None or rate.value is None else _percentages(rate)
    model = marked_model(row, sealed=_sealed(item))
    return (short(row.id), "accent"), ago(row.created_us), row.target, suite, model, passed, done


def _sealed(item: "RunItem | None") -> bool:
    return item is not None and item.sealed


def _percentages(rate: "Rate") -> str:
    """`30.0 [14.5, 51.9]`."""
    return rate.show().partition(", n")[0].replace(" %", "")


def show_report(report: "RunReport", *, hint: str = "") -> None:
    """The answer first: the rate with its interval; then what it took; then `hint`, what to do next."""
    from loom.evaluation.reports.words import judge_words
    from loom.evaluation.scoring.case_scorers import passes_by

    run = report.run
    console().print()
    put(*named(run))
    _line("pass rate", (report.pass_rate.show(), "accent"))
    _line("score", report.score.show())
    if report.reliability is not None:
        _reliability(report.reliability)
    _line("cases", *_shares(report))
    for error, times in report.errors:
        _line("error", f"{times} × {error}" if times > 1 else error)
    for reason, times in report.unscored:
        _line("unscored", f"{times} × {reason}" if times > 1 else reason)
    _line("passes by", ", ".join(passes_by(report.results.scorers)))
    for judge in report.judges:
        _line("judged", f"by {judge_words(judge)}")
    _line("took", (_took(report), "muted"))
    for one in report.rated:
        _line("rated", f"{one.outputs} outputs by {one.rater}, mean {percent(one.mean)}")
    if report.sealed_looks is not None:
        _line("sealed", (f"look {report.sealed_looks} at the sealed cases of {run.suite}", "warn"))
    if run.state != "completed":
        _line(
            run.standing(SystemClock().now_us()),
            (f"{run.done} of {run.planned} done: {run.reason or 'nobody works on it'}", "warn"),
        )
    if run.state == JobState.STOPPED:
        _line("", (unfinished(run), "warn"))
    if hint:
        _line("next", (hint, "muted"))


def _reliability(found: "Reliability") -> None:
    """pass^k for the largest k and one between, where there are several."""
    steps = found.all_pass[1:]
    shown = [one for number, one in enumerate(steps) if number in (0, len(steps) - 1)]
    for one in shown:
        interval = f"[{100 * one.interval.low:.1f}, {100 * one.interval.high:.1f}]"
        left = f", {len(found.left_out)} left out" if found.left_out else ""
        _line(
            f"pass^{one.k}",
            f"{percent(one.value)} {interval}, all of {one.k} runs of a case pass, n = {found.cases:,}{left}",
        )


def _line(label: str, *body: Part) -> None:
    put(*body, label=(f"  {label}", "muted"), hang=_HANG)


def _shares(report: "RunReport") -> list[Part]:
    """The counts behind their bar, or below it where they do not fit on one line."""
    bar, counts = _bar(report), _counts(report)
    drawn = sum(len(marks) for marks, _ in bar)
    fits = console().width >= _HANG + drawn + len(counts) + 2
    return [*bar, ("  " if fits else "\n") * bool(drawn), counts]


def _bar(report: "RunReport") -> list[tuple[str, str]]:
    rate = report.pass_rate
    pieces = (
        ("pass", "█", rate.passed),
        ("fail", "▓", _failed(report)),
        ("error", "▒", rate.errored),
        ("muted", "░", rate.unscored),
    )
    total, drawn, seen = rate.attempted, 0, 0
    longest = min(_BAR, console().width - _BESIDE_BAR)
    parts: list[tuple[str, str]] = []
    for style, mark, number in pieces:
        seen += number
        until = round(longest * seen / total) if total else 0
        parts.append((mark * (until - drawn), style))
        drawn = until
    return parts


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
    if report.run.kind == JobKind.RESCORE:
        parts = [f"outputs of another run, {_paid(report)} for judging"]
    elif report.run.kind == JobKind.RECORD:
        parts = ["measured elsewhere"]
    elif not report.run.endpoint:
        parts = ["no model asked, nothing paid"]
    else:
        parts = [_paid(report)]
        if report.cached:
            parts.append(f"{count(report.cached)} from the cache")
        parts.append(f"{count(report.input_tokens)} + {count(report.output_tokens)} tokens")
    if report.latency_ms:
        parts.append(f"median {report.latency_ms[0]:,.0f} ms, 95 % {report.latency_ms[1]:,.0f} ms")
    return " · ".join(parts)


def _paid(report: "RunReport") -> str:
    lost = lost_words(*report.lost)
    if report.unpriced:
        return f"cost {show_paid(report.paid_nano, report.unpriced)}{lost}"
    return f"{show_usd(report.paid_nano)} paid{lost}"


def show_cases(report: "RunReport", *, only_failures: bool, everything: bool = False) -> None:
    """Every case, or those that did not pass, with why; of a large run the first failures, unless `everything`."""
    repeated = report.pass_rate.cases < report.pass_rate.n
    cut = report.pass_rate.attempted > _MOST_CASES and not everything
    shown = report.failures(_MOST_CASES) if cut else report.results
    rows = [
        (
            _MARKS.get(result.outcome, "○"),
            result.label(repeated=repeated),
            "–" if result.score is None else f"{result.score:.2f}",
            why(result),
        )
        for result in shown
        if not (only_failures and result.outcome == "passed")
    ]
    console().print()
    if rows:
        show_table(rows, ("", "case", "score", "why"), right=(2,))
    elif report.pass_rate.attempted:
        put("Every case passed.")
    left = (_unpassed(report) if only_failures else report.pass_rate.attempted) - len(rows)
    if cut and left > 0:
        put((f"… and {count(left)} more: --all shows them, --json gives them to programs", "muted"))


def _unpassed(report: "RunReport") -> int:
    return report.pass_rate.attempted - report.pass_rate.passed
