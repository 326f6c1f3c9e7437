"""How single cases look: what was expected and what came instead, in a line or whole."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from loom.cli.show.console import console, put, styled
from loom.core.jsonvalue import Json, JsonValue, canonical, pretty
from loom.evaluation.scorers.base import ScoreInput
from loom.evaluation.scorers.match import FieldMatch

if TYPE_CHECKING:
    from loom.evaluation.reading.transcripts import Told
    from loom.evaluation.report import CaseResult

__all__ = ["case_whole_json", "show_case", "why"]

_MATCHERS = ("differs in ", "not equal")
"""How the reasons begin of scorers that compare with the expected output."""

_MOST_FIELDS = 4
_LONGEST = 40
_HANG = 13


def why(result: "CaseResult") -> str:
    """Why a case did not pass."""
    if result.error:
        return result.error
    if result.problems:
        return "; ".join(result.problems)
    said = [reason for value, reason in result.scores.values() if value != 1 and reason]
    compared = "; ".join(_differences(result)) if any(map(_compares, said)) else ""
    others = [reason for reason in said if not (compared and _compares(reason))]
    return "; ".join(filter(None, (compared, *others)))


def _compares(reason: str) -> bool:
    return reason.startswith(_MATCHERS)


def _differences(result: "CaseResult") -> Iterator[str]:
    """The expected fields that are not as expected, each with what came instead."""
    expected, output = result.case.expected_output, result.output
    if not isinstance(expected, dict) or not isinstance(output, dict):
        yield f"expected {_brief(expected)}, got {_brief(output)}"
        return
    wanted, found = cast("Json", expected), cast("Json", output)
    fields: Json = FieldMatch().score(ScoreInput({}, found, wanted)).details.get("fields", {})
    wrong = [key for key, value in fields.items() if value < 1]
    for key in wrong[:_MOST_FIELDS]:
        got = _brief(found[key]) if key in found else "nothing"
        yield f"{key}: expected {_brief(wanted[key])}, got {got}"
    if len(wrong) > _MOST_FIELDS:
        yield f"and {len(wrong) - _MOST_FIELDS} more"
    if not wrong:
        yield "not equal to what is expected"


def _brief(value: JsonValue) -> str:
    text = f"'{value}'" if isinstance(value, str) else canonical(value).decode("utf-8", "replace")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


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
    put((result.case.name, "accent"), f" #{result.repetition + 1} · {result.outcome}")
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
