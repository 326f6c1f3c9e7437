"""A report as JSON, and its cases as CSV for a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from loom.evaluation.reports.document import ReportDocument, cut
from loom.evaluation.reports.reasons import why
from loom.evaluation.reports.values import case_json, judged_json, report_json

__all__ = ["as_csv", "as_json", "csv_line"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(document: ReportDocument) -> Iterator[str]:
    """The document as one JSON object, a case a line."""
    report = document.report
    head = report_json(report, document.written_us)
    head.update(judged_json(report.run, document.against, document.comparison, document.gate))
    encode = json.JSONEncoder(ensure_ascii=False, default=bytes.hex).encode
    yield f'{encode(head)[:-1]}, "cases": ['
    for number, result in enumerate(report.results):
        yield (",\n" if number else "\n") + encode(case_json(result))
    yield "\n]}\n"


def as_csv(document: ReportDocument) -> Iterator[str]:
    """A line per execution. Cells that a spreadsheet would compute begin with an apostrophe."""
    scorers = document.report.scorers
    yield csv_line(("case", "repetition", "outcome", "score", *scorers, "why", "input", "expected", "output"))
    for result in document.report.results:
        case = result.case
        expected = json.dumps(case.expected_output, ensure_ascii=False) if case.has_expected else ""
        values = [result.scores.get(name, (None, ""))[0] for name in scorers]
        yield csv_line(
            (
                case.name,
                result.number,
                result.outcome,
                result.score,
                *values,
                cut(why(result)),
                json.dumps(case.input, ensure_ascii=False),
                expected,
                json.dumps(result.output, ensure_ascii=False),
            )
        )


def csv_line(cells: Iterable[object]) -> str:
    """A line of CSV that no spreadsheet computes anything of."""
    text = io.StringIO()
    csv.writer(text).writerow([_defused(cell) for cell in cells])
    return text.getvalue()


def _defused(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
