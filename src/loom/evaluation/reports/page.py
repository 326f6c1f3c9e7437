"""One self-contained HTML page: what was measured and what came of it, then the cases. No script, nothing fetched."""

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from loom.core import hashing
from loom.core.ids import short
from loom.core.money import lost_words, show_paid
from loom.evaluation.comparing.comparison import Comparison
from loom.evaluation.reports.document import ReportDocument, moment
from loom.evaluation.reports.markup import badge, facts, safe, table
from loom.evaluation.reports.page_cases import cases
from loom.evaluation.reports.page_comparison import comparison
from loom.evaluation.reports.pictures import distribution, interval_plot, reliability_plot, shares_bar
from loom.evaluation.reports.words import JOINED, interval, judge_words, percent, points
from loom.evaluation.results.run_scores import unfinished
from loom.evaluation.statistics.rates import Rate
from loom.evaluation.store import RunRow

__all__ = ["as_html"]

_BINS = 20
_DIGITS = 9
"""Of the hash of a version, as the Workshop shows it."""

_TONES = {"better": "good", "worse": "bad", "held": "good", "regressed": "bad", "below the minimum": "bad"}
_MARKS = {"good": "✓", "bad": "✕", "": "="}
_ENDED = ("passed", "failed", "errored", "unscored", "aborted")


def as_html(document: ReportDocument) -> Iterator[str]:
    """The document as a page. What a model or a suite says is text, never markup."""
    yield from _head(document)
    yield from _verdict(document)
    yield from _answer(document)
    yield facts(_about(document))
    if document.comparison is not None and document.comparison.main is not None:
        yield from comparison(document.comparison, document.comparison.main)
    yield from cases(document)
    yield from _scores(document)
    yield from _reliability(document)
    yield f"<footer>Written {_day(document.written_us)} by Loom.</footer>\n</main>\n</body>\n</html>\n"


def _head(document: ReportDocument) -> Iterator[str]:
    run = document.report.run
    style = files("loom.evaluation.reports").joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    title = safe(document.title)
    simulated = badge("simulated: no real model", "odd") if run.simulated else ""
    state = badge(run.state, "" if run.state == "completed" else "odd")
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title} {state} {simulated}</h1>\n"
        f'<p class="meta">Run {short(run.id)} of {_day(run.created_us)}</p>\n'
    )
    if part := unfinished(run):
        yield _claim(run.state, "Not all of it", part)


def _verdict(document: ReportDocument) -> Iterator[str]:
    gate, compared = document.gate, document.comparison
    if gate is not None:
        yield _claim(gate.standing, f"Gate: {gate.standing}", gate.reason)
    if compared is not None and document.against is not None:
        said = "nothing to compare with"
        if compared.main:
            said = f"{compared.verdict} {JOINED[compared.verdict]}"
        yield _claim(
            compared.verdict, f"{said.capitalize()} run {short(document.against.id)}", _told(compared)
        )


def _told(compared: Comparison) -> str:
    """The difference with its interval, and why the verdict is what it is: p and n."""
    main = compared.main
    if main is None:
        return compared.reason
    low, high = main.change.interval.low, main.change.interval.high
    change = (
        f"{compared.measure} {points(main.change.mean)} points, 95 % interval {points(low)} to {points(high)}"
    )
    return f"{change}; {compared.reason}"


def _claim(verdict: str, title: str, reason: str) -> str:
    tone = _TONES.get(verdict, "")
    return f'<div class="verdict {tone}"><strong><i>{_MARKS[tone]}</i> {safe(title)}</strong>{safe(reason)}</div>\n'


def _answer(document: ReportDocument) -> Iterator[str]:
    rate = document.report.pass_rate
    parts = [(name, count) for name, count in _counts(rate) if count]
    yield f'<section class="answer">\n{_figure("pass rate", rate)}<div class="mix">{shares_bar(parts, "executions")}'
    legend = "".join(f'<span><i class="{name}"></i>{count:,} {name}</span>' for name, count in parts)
    yield f'<p class="legend">{legend}<span>{rate.attempted:,} in all</span></p></div>\n'
    yield f'<dl class="strip">{"".join(_strip(document))}</dl>\n</section>\n'


def _counts(rate: Rate) -> Iterator[tuple[str, int]]:
    counts = {**rate.counts, "failed": rate.completed - rate.passed - rate.unscored}
    return ((name, counts[name]) for name in _ENDED)


def _figure(name: str, rate: Rate) -> str:
    if rate.value is None:
        return f'<div class="figure"><b>–</b> {name}<span>nothing was scored</span></div>\n'
    units = f" ({', '.join(rate.units)})" if rate.units else ""
    return (
        f'<div class="figure"><b>{percent(rate.value)}</b> {name}<span>95 % interval {interval(rate.interval)}, '
        f"n = {rate.n:,}{units}</span>{interval_plot(rate.value, rate.interval, name.capitalize())}</div>\n"
    )


def _strip(document: ReportDocument) -> Iterator[str]:
    """The other figures, each with what it is made of."""
    report = document.report
    score, counted = report.score, report.pass_rate.attempted
    mean = "–" if score.value is None else f"{score.value:.3f}"
    spread = "" if score.value is None else f"{score.interval.low:.3f} to {score.interval.high:.3f}"
    yield _small("Mean score", mean, spread)
    paid = show_paid(report.paid_nano, report.unpriced) + lost_words(*report.lost)
    yield _small(
        "Cost", paid, f"{report.cached:,} of {counted:,} from the cache" if report.cached else "paid"
    )
    tokens = report.input_tokens + report.output_tokens
    yield _small("Tokens", f"{tokens:,}", f"{report.input_tokens:,} in, {report.output_tokens:,} out")
    if report.latency_ms is not None:
        yield _small(
            "Latency", f"{report.latency_ms[0]:,.0f} ms", f"95 % within {report.latency_ms[1]:,.0f} ms"
        )


def _small(name: str, value: str, beneath: str) -> str:
    return f"<div><dt>{safe(name)}</dt><dd><b>{safe(value)}</b> {safe(beneath)}</dd></div>"


def _about(document: ReportDocument) -> Iterator[tuple[str, str]]:
    """What was measured, by what, and beside what."""
    report, run = document.report, document.report.run
    yield "Worker", _versioned(run.target, document.version)
    version = f", version {hashing.short(run.suite_hash)}" if run.suite_hash else ""
    yield "Suite", f"{run.suite or ''}{version}{_sealed(report.sealed_looks)}"
    yield "Model", _model(run)
    by = {one.name: f"{one.name} from {one.threshold:g}" for one in report.results.scorers}
    yield "Passes by", ", ".join(by.values())
    yield "Judged by", ", ".join(map(judge_words, report.judges))
    yield "Unscored", "; ".join(f"{count:,} × {reason}" for reason, count in report.unscored)
    yield "Errors", "; ".join(f"{count:,} × {error}" for error, count in report.errors)
    rated = (f"{one.rater}: {one.outputs:,} outputs, mean {percent(one.mean)}" for one in report.rated)
    yield "Rated by people", "; ".join(rated)
    yield "Compared with", _against(document)


def _versioned(name: str, version: bytes | None) -> str:
    return f"{name}, version {version.hex()[:_DIGITS]}" if version else name


def _sealed(looks: int | None) -> str:
    if looks is None:
        return ""
    return "; sealed cases, looked at " + ("once" if looks == 1 else f"{looks:,} times")


def _model(run: RunRow) -> str:
    if not run.model:
        return "none: a processor"
    return f"{run.model} at {run.endpoint}" if run.endpoint else run.model


def _against(document: ReportDocument) -> str:
    other = document.against
    if other is None:
        return "no other run"
    who = _versioned(other.target, document.against_version)
    return f"run {short(other.id)} of {_day(other.created_us)}: {who}, on {_model(other)}"


def _scores(document: ReportDocument) -> Iterator[str]:
    means = [mean for case in document.report.cases if (mean := case.mean_score) is not None]
    if not means:
        return
    bins = [0] * _BINS
    for mean in means:
        bins[min(_BINS - 1, int(mean * _BINS))] += 1
    yield "<h2>How the scores spread</h2>\n"
    yield f"<figure>{distribution(bins, 'cases by mean score')}"
    yield f"<figcaption>Cases by mean score, from 0 to 1; n = {len(means):,} cases.</figcaption></figure>\n"


def _reliability(document: ReportDocument) -> Iterator[str]:
    found = document.report.reliability
    if found is None:
        return
    yield "<h2>When a case runs k times</h2>\n"
    yield f"<figure>{reliability_plot(found.all_pass, 'pass^k')}"
    yield "<figcaption>pass^k: how often k runs of a case all pass, in percent.</figcaption></figure>\n"
    rows = [
        (
            f"k = {both.k}",
            f"{percent(both.value)} {interval(both.interval)}",
            f"{percent(one.value)} {interval(one.interval)}",
        )
        for both, one in zip(found.all_pass, found.any_passes, strict=True)
    ]
    yield table(("", "all pass: pass^k", "any passes: pass@k"), rows)
    yield f"<p>Of {found.cases:,} cases {found.always:,} passed always, {found.never:,} never.</p>\n"


def _day(at_us: int) -> str:
    """`2026-11-21 14:03 UTC`."""
    return f"{moment(at_us)[:16].replace('T', ' ')} UTC"
