"""What is wrong with a definition, for programs and for pages. Finds nothing itself."""

from dataclasses import dataclass

from loom.catalog.definitions import Definition
from loom.core.errors import Problem
from loom.core.jsonvalue import Json
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.forms import LineProblem, line_problems

__all__ = ["CheckedPage", "checked_json", "checked_page", "problems_of"]


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """What was found in a text."""

    badge: Badge
    problems: tuple[LineProblem, ...]


def checked_json(name: str, found: Definition) -> Json:
    """`{"name", "valid", "errors": [text], "problems": [{line, column, severity, message}]}`."""
    marked = [("error", one) for one in found.errors] + [("warning", one) for one in found.warnings]
    return {
        "name": name,
        "valid": not found.errors,
        "errors": [str(one) for one in found.errors],
        "problems": [_problem(severity, one) for severity, one in marked],
    }


def checked_page(found: Definition) -> CheckedPage:
    """The same for people."""
    return CheckedPage(
        known("invalid" if found.errors else "valid"), problems_of(found.errors, found.warnings)
    )


def problems_of(errors: tuple[Problem, ...], warnings: tuple[Problem, ...] = ()) -> tuple[LineProblem, ...]:
    """As the editor shows them: errors first."""
    lesser = (LineProblem(one.line, one.text, warning=True) for one in line_problems(warnings))
    return (*line_problems(errors), *lesser)


def _problem(severity: str, problem: Problem) -> Json:
    [line] = line_problems([problem])
    return {"line": problem.line, "column": problem.column, "severity": severity, "message": line.text}
