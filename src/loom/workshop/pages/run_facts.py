"""The figures under the pass rate of a run, and how it was made: what is said of it in a word or a number."""

from collections.abc import Iterator

from loom.core import hashing
from loom.core.money import lost_words, unknown_words
from loom.evaluation.reading.head import RunHead
from loom.evaluation.results.report import RunReport
from loom.workshop.pages.format import count, exact, interval, money, percent, score, seconds
from loom.workshop.views.figures import Figure

__all__ = ["run_facts", "run_figures"]


def run_figures(report: RunReport) -> tuple[Figure, ...]:
    """What belongs to the pass rate: score, time, money."""
    rate, mean = report.pass_rate, report.score
    low, high = mean.interval.low, mean.interval.high
    done = rate.completed + rate.errored
    median, most = report.latency_ms or (None, None)
    known = interval(low, high) if mean.value is not None else "no case scored"
    scored = Figure("Mean score", score(mean.value), known)
    if report.run.kind == "rescore":
        return scored, Figure(
            "Cost",
            _paid(report),
            _unknown(report) or f"of judges; no worker was asked{lost_words(*report.lost)}",
        )
    return (
        scored,
        Figure("Latency", seconds(median), f"p95 {seconds(most)}"),
        *(() if report.run.kind == "record" else _spent(report, done)),
    )


def _spent(report: RunReport, done: int) -> tuple[Figure, ...]:
    """What a run took that was measured here."""
    tokens = report.input_tokens + report.output_tokens
    return (
        Figure(
            "Cost",
            _paid(report),
            (_unknown(report) or _cost_note(report, done)) + lost_words(*report.lost),
            "What was paid now; a case that came from the cache cost nothing",
        ),
        Figure(
            "Tokens", count(tokens), f"{count(report.input_tokens)} in, {count(report.output_tokens)} out"
        ),
        Figure(
            "Cache",
            percent(report.cached / done if done else None),
            f"{exact(report.cached)} of {exact(done)} answers",
        ),
    )


def _paid(report: RunReport) -> str:
    return money(report.paid_nano if report.paid_nano or not report.unpriced else None)


def _unknown(report: RunReport) -> str:
    """What nobody knows of what it cost."""
    if not report.unpriced:
        return ""
    return f"{'besides, ' * bool(report.paid_nano)}{unknown_words(report.unpriced)}"


def _cost_note(report: RunReport, done: int) -> str:
    if not report.pass_rate.completed:
        return "no answer came"
    if report.judges_nano is not None:
        return f"worker {money(report.paid_nano - report.judges_nano)}, judge {money(report.judges_nano)}"
    if report.worth_nano is None:
        return "all from the cache, at no known price"
    saved = f", {exact(report.cached)} saved" if report.cached else ""
    return f"{money(report.worth_nano // done)} per case{saved}" if done else ""


def run_facts(head: RunHead) -> Iterator[tuple[str, str]]:
    """How the run was made, each with its label."""
    run, about = head.report.run, head.about
    yield "Run", run.id.hex()
    yield "Configuration", run.config_hash.hex()[:16]
    yield "Suite version", hashing.short(run.suite_hash) if run.suite_hash else "–"
    yield "Passes by", ", ".join(about.passes)
    yield "Split", about.split or "train and validation"
    if about.tags:
        yield "Only tags", ", ".join(about.tags)
    if about.judge is not None:
        yield "Judge", about.judge.model or "by tier"
    yield "Budget", money(about.budget_nano) if about.budget_nano is not None else "none"
