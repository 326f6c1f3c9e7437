"""`env:NAME`: how a file or a form names the variable that holds a secret, in place of the secret itself."""

import re
from typing import Any, Final

from loom.core.errors import Problem
from loom.core.findings import Report, Steps
from loom.core.rule import described

__all__ = ["REFERENCE", "a_key", "reference_problem"]

REFERENCE: Final = "env:"
_REFERENCE = re.compile(r"env:(\w+)")
_KEY_VARIABLE = re.compile(r"\w+_API_KEY|LLM_\w+", re.ASCII)


@described({"type": "string", "pattern": r"^env:(\w+_API_KEY|LLM_\w+)$"})
def a_key(report: Report, steps: Steps, value: Any) -> None:
    """`env:NAME`, where the name says that the variable holds a key."""
    problem = reference_problem(value)
    if problem is not None:
        report.error(steps, problem.what, problem.value, problem.remedy)


def reference_problem(value: object) -> Problem | None:
    """What keeps `value` from being a reference to a key; None when nothing does."""
    reference = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if reference is None:
        remedy = "put the key in an environment variable and write env:NAME"
        return Problem("must name an environment variable, and not be a key itself", remedy=remedy)
    if not _KEY_VARIABLE.fullmatch(reference[1]):
        remedy = "name it ..._API_KEY or LLM_..."
        shown = reference[1] if reference[1].isupper() else None  # else it may be a key
        return Problem("names a variable that is not for keys", value=shown, remedy=remedy)
    return None
