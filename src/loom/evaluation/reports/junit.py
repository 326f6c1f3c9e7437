"""JUnit XML, as CI systems read it: cases that failed are failures, those that errored errors, the gate is a case."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from loom.evaluation.reports.document import ReportDocument, cut, dumped, moment, seen
from loom.evaluation.reports.reasons import why
from loom.evaluation.reports.words import judge_words
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.statistics.case_totals import Outcome

__all__ = ["as_junit"]

_SKIPPED = {Outcome.UNSCORED: "unscored: no scorer could judge it", Outcome.ABORTED: "stopped from outside"}


def as_junit(document: ReportDocument) -> Iterator[str]:
    """The document as JUnit XML; unscored and aborted cases are skipped tests."""
    report, run = document.report, document.report.run
    rate = report.pass_rate
    gate = document.gate
    failed = rate.completed - rate.passed - rate.unscored + (gate is not None and gate.failed)
    counts = _attributes(
        tests=rate.attempted + (gate is not None),
        failures=failed,
        errors=rate.errored,
        skipped=rate.unscored + rate.aborted,
    )
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites name={_quoted('loom')}{counts}>\n"
    named = _attributes(name=document.title, timestamp=moment(run.created_us))
    yield f"  <testsuite{named}{counts}>\n    <properties>\n"
    for name, value in _properties(document):
        yield f"      <property{_attributes(name=name, value=value)}/>\n"
    yield "    </properties>\n"
    yield from _gate(document)
    for result in report.results:
        yield _case(document, result)
    yield "  </testsuite>\n</testsuites>\n"


def _properties(document: ReportDocument) -> Iterator[tuple[str, str]]:
    report, run = document.report, document.report.run
    yield "run", run.id.hex()
    yield "model", run.model
    yield "simulated", str(run.simulated).lower()
    for judge in report.judges:
        yield "judge", judge_words(judge)
    yield "state", run.state
    yield "pass_rate", report.pass_rate.show()
    yield "score", report.score.show()
    if document.comparison is not None:
        yield "comparison", document.comparison.show()
    if report.sealed_looks is not None:
        yield "sealed_looks", str(report.sealed_looks)


def _gate(document: ReportDocument) -> Iterator[str]:
    gate = document.gate
    if gate is None:
        return
    opening = f"    <testcase{_attributes(classname=_class(document), name='gate')}>"
    said = f"{gate.standing}: {gate.reason}"
    if gate.failed:
        yield f"{opening}<failure{_attributes(message=said, type='gate')}/></testcase>\n"
    else:
        yield f"{opening}<system-out>{_text(said)}</system-out></testcase>\n"


def _case(document: ReportDocument, result: CaseResult) -> str:
    head = _attributes(
        classname=_class(document), name=document.name(result), time=f"{result.latency_ms / 1000:.3f}"
    )
    opening = f"    <testcase{head}"
    if result.outcome is Outcome.PASSED:
        return f"{opening}/>\n"
    if result.outcome in _SKIPPED:
        skipped = _attributes(message=why(result) or _SKIPPED[result.outcome])
        return f"{opening}><skipped{skipped}/></testcase>\n"
    kind = "error" if result.outcome is Outcome.ERRORED else "failure"
    told = _attributes(message=cut(why(result), 500) or "not passed", type=kind)
    return f"{opening}><{kind}{told}>{_text(_details(result))}</{kind}></testcase>\n"


def _class(document: ReportDocument) -> str:
    run = document.report.run
    return f"{run.target}.{run.suite}"


def _details(result: CaseResult) -> str:
    lines = [f"input: {dumped(result.case.input)}"]
    if result.case.has_expected:
        lines.append(f"expected: {dumped(result.case.expected_output)}")
    lines.append(f"output: {dumped(result.output)}")
    lines += [f"{name}: {value} {reason}".rstrip() for name, (value, reason) in result.scores.items()]
    return "\n".join(lines)


def _attributes(**values: object) -> str:
    return "".join(f" {name}={_quoted(str(value))}" for name, value in values.items())


def _quoted(value: str) -> str:
    # Line ends in an attribute would be read as spaces; named, they stay.
    return quoteattr(seen(value), {"\n": "&#10;", "\t": "&#9;"})


def _text(value: str) -> str:
    return escape(seen(value))
