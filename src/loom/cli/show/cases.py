"""How a single case looks, whole: what went in, what was expected, what came, and what was said."""

from typing import TYPE_CHECKING

from loom.cli.show.console import console, put, styled
from loom.core.jsonvalue import Json, JsonValue, pretty

if TYPE_CHECKING:
    from loom.evaluation.reading.transcripts import Told
    from loom.evaluation.results.report import CaseResult

__all__ = ["case_whole_json", "show_case"]

_HANG = 13


def case_whole_json(result: "CaseResult", told: "Told") -> Json:
    """One execution with its prompt, for programs."""
    from loom.evaluation.reports.values import case_json

    said = told.transcript.messages if told.transcript else ()
    case = result.case
    given: Json = {
        "input": case.input,
        **({"expected_output": case.expected_output} if case.has_expected else {}),
    }
    return {**case_json(result), **given, "prompt": [{"role": one.role, "content": one.text} for one in said]}


def show_case(result: "CaseResult", told: "Told") -> None:
    """One execution, whole."""
    console().print()
    put((result.case.name, "accent"), f" #{result.number} · {result.outcome}")
    _value("input", result.case.input)
    if result.case.has_expected:
        _value("expected", result.case.expected_output)
    if result.output is not None:
        _value("output", result.output)
    for name, (value, reason) in result.scores.items():
        shown = "unscored" if value is None else f"{value:.2f}"
        put(f"{name} {shown}" + f": {reason}" * bool(reason), label=("  score", "muted"), hang=_HANG)
    for problem in (*result.problems, *([result.error] if result.error else [])):
        put((problem, "fail"), label=("  problem", "muted"), hang=_HANG)
    for message in told.transcript.messages if told.transcript else ():
        _text(message.role, message.text)
    if told.why:
        put((told.why, "muted"), label=("  said", "muted"), hang=_HANG)


def _value(label: str, value: JsonValue) -> None:
    _text(label, pretty(value))


def _text(label: str, text: str) -> None:
    put((f"  {label}", "muted"))
    console().print(styled(f"    {text}".replace("\n", "\n    ")), soft_wrap=True)
