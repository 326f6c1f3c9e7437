"""Markdown for a comment on a pull request: the verdict, the figures, the first cases that did not pass."""

import re
from collections.abc import Iterator, Sequence

from loom.core.money import lost_words, show_paid
from loom.evaluation.comparing.comparison import Comparison, Difference
from loom.evaluation.reports.document import ReportDocument, cut, dumped, seen
from loom.evaluation.reports.reasons import why
from loom.evaluation.reports.words import JOINED, NO_REAL_MODEL, interval, judge_words, percent, points
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.results.run_scores import unfinished

__all__ = ["as_markdown"]

_MOST_CASES = 20
_MOST_NAMES = 30
_SHORT = 200
_MARKUP = re.compile(r"[^\w\s,%+=()'\"–….-]|_|(?<=www)\.")
_BREAKS = re.compile(r"\s*[\r\n\u0085\u2028\u2029]+\s*")


def as_markdown(document: ReportDocument) -> Iterator[str]:
    """The document as GitHub and GitLab render it. What a model or a suite says is text, never markup."""
    report, run = document.report, document.report.run
    yield f"### {_plain(document.title)}\n\n"
    if document.gate is not None:
        mark = "❌" if document.gate.failed else "✅"
        yield f"{mark} **Gate: {document.gate.standing}**. {document.gate.reason}\n\n"
    told = _plain(run.model) + (NO_REAL_MODEL if run.simulated else "")
    yield f"Run `{run.id.hex()[-8:]}`, model {told}, {run.state}\n\n"
    if part := unfinished(run):
        yield f"**Not all of it**: {part}\n\n"
    yield from _figures(document)
    if document.comparison is not None:
        yield from _comparison(document.comparison)
    yield from _cases(document, list(report.failures(_MOST_CASES)))


def _figures(document: ReportDocument) -> Iterator[str]:
    report = document.report
    rate = report.pass_rate
    rows = [("pass rate", report.pass_rate.show()), ("score", report.score.show())]
    if report.reliability is not None:
        last = report.reliability.all_pass[-1]
        rows.append((f"pass^{last.k}", f"{percent(last.value)} {interval(last.interval)}"))
    counts = {**rate.counts, "failed": rate.completed - rate.passed - rate.unscored}
    shown = ("passed", "failed", "errored", "unscored", "aborted")
    rows.append(("cases", ", ".join(f"{counts[name]:,} {name}" for name in shown if counts[name])))
    paid = show_paid(report.paid_nano, report.unpriced) + lost_words(*report.lost)
    rows.append(("paid", paid))
    if report.judges:
        rows.append(("judged by", _plain(", ".join(map(judge_words, report.judges)))))
    rows += [("unscored", f"{count:,} × {_plain(reason)}") for reason, count in report.unscored]
    if report.sealed_looks is not None:
        rows.append(("sealed split", f"looked at {report.sealed_looks:,} times"))
    if report.rated:
        rated = ", ".join(
            f"{one.rater}: {one.outputs:,} outputs, {percent(one.mean)}" for one in report.rated
        )
        rows.append(("rated by people", rated))
    yield _table(("", ""), rows)


def _comparison(result: Comparison) -> Iterator[str]:
    yield f"**{result.verdict}** {JOINED[result.verdict]} its baseline: {_plain(result.reason)}\n\n"
    rows = [
        (label, percent(one.a), percent(one.b), f"{points(one.change.mean)} {_range(one)}")
        for label, one in (("pass rate", result.pass_rate), ("score", result.score))
        if one is not None
    ]
    yield _table(("", "baseline", "this run", "difference, 95 % interval"), rows)
    for label, names in (("Fixed", result.fixed), ("Broken", result.broken)):
        if names:
            more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
            yield f"{label} ({len(names):,}): {', '.join(map(_plain, names[:_MOST_NAMES]))}{more}\n\n"


def _range(one: Difference) -> str:
    low, high = one.change.interval.low, one.change.interval.high
    return f"[{points(low)}, {points(high)}]"


def _cases(document: ReportDocument, cases: Sequence[CaseResult]) -> Iterator[str]:
    if not cases:
        return
    rate = document.report.pass_rate
    yield f"<details><summary>{len(cases):,} of {rate.attempted - rate.passed:,} that did not pass</summary>\n\n"
    rows = [
        (
            _plain(document.name(one)),
            one.outcome,
            _code(why(one)),
            _code(dumped(one.output)) if one.output is not None else "",
        )
        for one in cases
    ]
    yield _table(("case", "outcome", "why", "output"), rows)
    yield "</details>\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _code(text: str) -> str:
    """`text` as code, in which no platform looks for mentions and references."""
    return f"<code>{_plain(cut(text, _SHORT))}</code>" if text else ""


def _plain(text: str) -> str:
    """`text` on one line, with all that could be markup, HTML, a mention or a link as character references."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", _BREAKS.sub(" ", seen(text)))
