"""The cases in an HTML report: what failed first, field by field; what passed folded. Sealed ones stay closed."""

import json
from collections.abc import Iterator
from typing import cast

from loom.core.ids import short
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.models import Split
from loom.evaluation.reports.document import ReportDocument, cut, dumped
from loom.evaluation.reports.markup import block, safe
from loom.evaluation.reports.reasons import Field, fields, why
from loom.evaluation.results.case_results import CaseResult
from loom.evaluation.statistics.case_totals import Outcome

__all__ = ["cases"]

_MOST = {
    Outcome.FAILED: 200,
    Outcome.ERRORED: 50,
    Outcome.UNSCORED: 50,
    Outcome.ABORTED: 20,
    Outcome.PASSED: 100,
}
"""How many of each are shown, in this order: a page of a run of any size stays one to be mailed."""

_OPEN = 20
"""How many that failed are unfolded."""

_LONGEST = 1_000
_SHORT = 80
"""What of JSON still stands on one line."""

_MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✕",
    Outcome.ERRORED: "△",
    Outcome.UNSCORED: "○",
    Outcome.ABORTED: "–",
}


def cases(document: ReportDocument) -> Iterator[str]:
    """Every outcome with its cases, and how many of them are left out."""
    report = document.report
    for outcome, most in _MOST.items():
        number = sum(getattr(case, outcome.value) for case in report.cases)
        if number == 0:
            continue
        title = f"{outcome.capitalize()} <small>{number:,}</small>"
        shown = _listed(document, outcome, most)
        left = number - most
        if left > 0:
            again = f"loom runs show {short(report.run.id)} --all"
            shown = (*shown, f'<p class="soft">{left:,} more: <code>{again}</code></p>\n')
        if outcome is Outcome.PASSED:
            yield f'<details class="group"><summary><h2>{title}</h2></summary>\n'
            yield from shown
            yield "</details>\n"
        else:
            yield f"<h2>{title}</h2>\n"
            yield from shown


def _listed(document: ReportDocument, outcome: Outcome, most: int) -> Iterator[str]:
    for number, result in enumerate(document.report.some({outcome}, most)):
        if result.case.split is Split.SEALED:
            yield f'<p class="row">{_summary(document, result)}</p>\n'
        else:
            is_open = " open" if outcome is not Outcome.PASSED and number < _OPEN else ""
            yield f'<details class="case"{is_open}><summary class="row">{_summary(document, result)}</summary>\n'
            yield f'<div class="told">{"".join(_told(result))}</div></details>\n'


def _summary(document: ReportDocument, result: CaseResult) -> str:
    score = "" if result.score is None else f"{result.score:.2f}"
    sealed = result.case.split is Split.SEALED
    name = f"sealed {short(result.execution)}" if sealed else document.name(result)
    return (
        f'<i class="mark {result.outcome}">{_MARKS[result.outcome]}</i><span class="name">{safe(name)}</span>'
        f'<span class="end">{score}</span>'
    )


def _told(result: CaseResult) -> Iterator[str]:
    """What went in, what was expected, what came, and why it counts as it does."""
    beside = fields(result)
    if result.outcome is not Outcome.PASSED and (reason := why(result)):
        yield f'<p class="why {result.outcome}">{safe(cut(reason, _LONGEST))}</p>'
    yield f"<h3>Input</h3>{_value(result.case.input)}"
    if beside:
        yield "<h3>Expected and got</h3>" + _fields(beside)
        return
    if result.case.has_expected:
        yield f"<h3>Expected</h3>{_value(result.case.expected_output)}"
    if result.output is not None:
        yield f"<h3>Got</h3>{_value(result.output)}"


def _value(value: JsonValue) -> str:
    """An object by field, anything else as it is."""
    if not isinstance(value, dict):
        return block(_shown(value))
    rows = "".join(
        f"<tr><th>{safe(name)}</th><td>{block(_shown(one))}</td></tr>"
        for name, one in cast("Json", value).items()
    )
    return f'<table class="fields">{rows}</table>'


def _fields(beside: tuple[Field, ...]) -> str:
    rows = "".join(map(_field, beside))
    head = "<tr><th>Field</th><th>Expected</th><th>Got</th></tr>"
    return f'<table class="fields beside"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _field(field: Field) -> str:
    wanted = block(_shown(field.expected)) if field.is_expected else '<span class="soft">not asked</span>'
    came = _shown(field.got) if field.is_there else "nothing"
    got = block(came, "wrong" if field.is_wrong else "")
    mark = '<i class="mark failed">✕</i> ' if field.is_wrong else ""
    return f"<tr><th>{mark}{safe(field.name)}</th><td>{wanted}</td><td>{got}</td></tr>"


def _shown(value: JsonValue) -> str:
    if isinstance(value, str):
        return cut(value, _LONGEST)
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= _SHORT else dumped(value, _LONGEST)
