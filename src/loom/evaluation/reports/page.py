"""One self-contained HTML page: the verdict, the figures with pictures, the cases. No script, nothing fetched."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from loom.core.money import show_usd
from loom.evaluation.case_totals import Outcome
from loom.evaluation.comparison import Comparison, Difference
from loom.evaluation.rates import Rate
from loom.evaluation.reports.document import ReportDocument, dumped, moment, seen, why
from loom.evaluation.reports.pictures import (
    difference_plot,
    distribution,
    interval_plot,
    reliability_plot,
    shares_bar,
)
from loom.evaluation.reports.words import interval, judge_words, percent, points
from loom.evaluation.results import CaseResult

__all__ = ["as_html"]

_MOST_CASES = 500
_BINS = 20
_TONES = {"better": "good", "worse": "bad", "held": "good", "regressed": "bad", "below the minimum": "bad"}


def as_html(document: ReportDocument) -> Iterator[str]:
    """The document as a page. What a model or a suite says is text, never markup."""
    yield from _head(document)
    yield from _verdict(document)
    yield from _figures(document)
    if document.comparison is not None:
        yield from _comparison(document.comparison)
    yield from _scores(document)
    yield from _reliability(document)
    yield from _cases(document)
    yield f"<footer>Written {moment(document.written_us)} by Loom.</footer>\n</body>\n</html>\n"


def _head(document: ReportDocument) -> Iterator[str]:
    run = document.report.run
    style = files("loom.evaluation.reports").joinpath("report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    title = _text(document.title)
    simulated = ' <span class="badge">simulated: no real model</span>' if run.simulated else ""
    unfinished = f' <span class="badge">{_text(run.state)}</span>' if run.state != "completed" else ""
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="meta">{_text(run.model)} · run {run.id.hex()[-8:]} · {moment(run.created_us)}'
        f"{simulated}{unfinished}</p>\n"
    )


def _verdict(document: ReportDocument) -> Iterator[str]:
    gate, comparison = document.gate, document.comparison
    if gate is not None:
        yield _claim(gate.standing, f"Gate: {gate.standing}", gate.reason)
    elif comparison is not None:
        title = f"{comparison.verdict.capitalize()} than the run it is compared with"
        if comparison.verdict == "not separable":
            title = "Not separable from the run it is compared with"
        yield _claim(comparison.verdict, title, comparison.reason)


def _claim(tone: str, title: str, reason: str) -> str:
    kind = _TONES.get(tone, "")
    return f'<div class="verdict {kind}"><strong>{_text(title)}</strong>{_text(reason)}</div>\n'


def _figures(document: ReportDocument) -> Iterator[str]:
    report = document.report
    rate = report.pass_rate
    parts = [
        ("passed", rate.passed),
        ("failed", rate.completed - rate.passed - rate.unscored),
        ("errored", rate.errored),
        ("unscored", rate.unscored),
        ("aborted", rate.aborted),
    ]
    yield '<div class="figures">\n'
    yield _figure("Pass rate", report.pass_rate)
    yield _figure("Score", report.score)
    yield "</div>\n"
    yield f"<figure>{shares_bar(parts, 'executions')}</figure>\n"
    legend = "".join(f'<span><i class="{name}"></i>{count:,} {name}</span>' for name, count in parts if count)
    yield f'<p class="legend soft">{legend}</p>\n'
    paid = f"{show_usd(report.paid_nano)} paid" if report.worth_nano is not None else "cost unknown"
    took = [paid, f"{report.input_tokens:,} + {report.output_tokens:,} tokens"]
    if report.latency_ms is not None:
        took.append(f"median {report.latency_ms[0]:,.0f} ms, 95 % {report.latency_ms[1]:,.0f} ms")
    if report.sealed_looks is not None:
        took.append(f"sealed cases, looked at {report.sealed_looks:,} times")
    took += [f"judged by {judge_words(one)}" for one in report.judges]
    took += [f"{count:,} unscored: {reason}" for reason, count in report.unscored]
    took += [f"{one.rater} rated {one.outputs:,} outputs, mean {percent(one.mean)}" for one in report.rated]
    yield f'<p class="meta">{_text(" · ".join(took))}</p>\n'


def _figure(name: str, rate: Rate) -> str:
    if rate.value is None:
        return f"<div><b>–</b><span>{name}: nothing was scored</span></div>\n"
    cases = f" ({rate.cases:,} cases)" if rate.cases != rate.n else ""
    return (
        f"<div><b>{percent(rate.value)}</b><span>{name}, 95 % interval {interval(rate.interval)}, "
        f"n = {rate.n:,}{cases}</span><figure>{interval_plot(rate.value, rate.interval, name)}</figure></div>\n"
    )


def _comparison(result: Comparison) -> Iterator[str]:
    yield "<h2>Compared case by case</h2>\n"
    main = result.pass_rate
    if main is None:
        yield f"<p>{_text(result.reason)}</p>\n"
        return
    change = main.change
    yield f"<figure>{difference_plot(change.mean, change.interval, 'difference in pass rate')}"
    yield "<figcaption>Difference in pass rate, in points: worse to the left, better to the right.</figcaption>"
    yield "</figure>\n"
    rows = [
        _compared(label, one)
        for label, one in (("pass rate", result.pass_rate), ("score", result.score))
        if one is not None
    ]
    yield _table(("", "before", "this run", "difference", "95 % interval"), rows)
    for label, names in (
        ("fixed", result.fixed),
        ("broken", result.broken),
        ("only in this run", result.only_b),
        ("only in the other", result.only_a),
    ):
        yield _names(label, names)


def _compared(label: str, one: Difference) -> tuple[str, ...]:
    low, high = one.change.interval.low, one.change.interval.high
    return label, percent(one.a), percent(one.b), points(one.change.mean), f"[{points(low)}, {points(high)}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column holds words and the others numbers."""

    def cells(kind: str, row: Sequence[str]) -> str:
        first, *rest = (_text(cell) for cell in row)
        return f"<{kind}>{first}</{kind}>" + "".join(
            f'<{kind} class="number">{cell}</{kind}>' for cell in rest
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table><thead><tr>{cells("th", head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def _names(label: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    listed = "".join(f"<li>{_text(name)}</li>" for name in names[:_MOST_CASES])
    more = f"<li>and {len(names) - _MOST_CASES:,} more</li>" if len(names) > _MOST_CASES else ""
    return f'<p><strong>{len(names):,}</strong> {label}</p><ul class="names">{listed}{more}</ul>\n'


def _scores(document: ReportDocument) -> Iterator[str]:
    means = [mean for case in document.report.cases if (mean := case.mean_score) is not None]
    if not means:
        return
    bins = [0] * _BINS
    for mean in means:
        bins[min(_BINS - 1, int(mean * _BINS))] += 1
    yield "<h2>Scores of the cases</h2>\n"
    yield f"<figure>{distribution(bins, 'cases by mean score')}"
    yield "<figcaption>Cases by mean score, from 0 to 1.</figcaption></figure>\n"


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
    yield _table(("", "all pass: pass^k", "any passes: pass@k"), rows)
    yield f"<p>Of {found.cases:,} cases {found.always:,} passed always, {found.never:,} never.</p>\n"


def _cases(document: ReportDocument) -> Iterator[str]:
    report = document.report
    many = report.pass_rate.attempted > _MOST_CASES
    yield "<h2>Cases</h2>\n"
    if many:
        left = report.pass_rate.attempted - _MOST_CASES
        yield f"<p>The first that did not pass; at least {left:,} executions are not shown.</p>\n"
    for result in report.failures(_MOST_CASES) if many else report.results:
        yield _case(document, result)


def _case(document: ReportDocument, result: CaseResult) -> str:
    case = result.case
    score = "" if result.score is None else f" {result.score:.2f}"
    parts = [("input", dumped(case.input))]
    if case.has_expected:
        parts.append(("expected", dumped(case.expected_output)))
    if result.output is not None:
        parts.append(("output", dumped(result.output)))
    if result.outcome is not Outcome.PASSED:
        parts.append(("why", why(result)))
    told = "".join(f"<dt>{name}</dt><dd><pre>{_text(text)}</pre></dd>" for name, text in parts if text)
    return (
        f'<details><summary><span class="{result.outcome}-word">{result.outcome}</span>'
        f'<span class="case">{_text(document.name(result))}</span><span class="end">{score}</span></summary>'
        f"<dl>{told}</dl></details>\n"
    )


def _text(words: str) -> str:
    return escape(seen(words))
