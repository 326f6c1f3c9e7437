"""A case as someone wrote it into a form: read field by field, with everything that is wrong told at its field."""

from dataclasses import dataclass
from typing import cast

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.sound_json import refuse_unsound
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import ABSENT, Case, Split
from loom.evaluation.suites.tags import tags_in, tags_line

__all__ = ["CaseSent", "shown_tags"]


@dataclass(frozen=True, slots=True)
class CaseSent:
    """A case as someone wrote it into a form."""

    number: str
    """Which to change, from 0; empty: a new one."""

    name: str
    input: str
    expected: str
    tags: str
    split: str
    cluster: str
    weight: str

    def place(self) -> int | None:
        """Which number it has; None for a new one.

        Raises:
            UsageError: when it can be none.
        """
        if not self.number:
            return None
        if not self.number.isdecimal() or len(self.number) > 9:
            remedy = "reload the page"
            raise UsageError(Problem("is no number of a case", "number", value=self.number, remedy=remedy))
        return int(self.number)

    def case(self, before: Case | None, otherwise: str) -> Case:
        """The case; what a form does not show stays as it was `before`; `otherwise` is its name if none is given.

        Raises:
            UsageError: naming every field that is wrong.
        """
        problems: list[Problem] = []
        value = _json(self.input, "input", problems)
        if not isinstance(value, dict) and not problems:
            problems.append(Problem("is no JSON object", "input", remedy="write { … }"))
        expected = _json(self.expected, "expected", problems) if self.expected.strip() else ABSENT
        if self.split and self.split not in list(Split):
            remedy = f"one of {', '.join(Split)}"
            problems.append(Problem("is not known", "split", value=self.split, remedy=remedy))
        weight = _weight(self.weight, problems)
        if problems:
            raise UsageError(problems)
        return Case(
            self.name.strip() or otherwise,
            cast("Json", value),
            expected,
            _tags(self.tags, before),
            self.cluster.strip() or None,
            weight,
            Split(self.split or Split.TRAIN),
            before.scorers if before else (),
        )


def _tags(line: str, before: Case | None) -> tuple[str, ...]:
    """What `line` says; where nobody changed it, the tags that were there, however they are spelled."""
    if before and line == shown_tags(before):
        return before.tags
    return tuple(dict.fromkeys(tags_in(line)))


def shown_tags(case: Case) -> str:
    """The tags of `case` as its form has them."""
    return (tags_line(case.tags) or ";".join(case.tags)).replace(";", "; ").strip()


def _weight(given: str, problems: list[Problem]) -> float:
    try:
        weight = float(given or 1)
    except ValueError:
        weight = 0.0
    if not 0 < weight < 1e9:
        problems.append(Problem("is no number above 0", "weight", value=given, remedy="leave it at 1"))
    return weight


def _json(text: str, field: str, problems: list[Problem]) -> JsonValue:
    value: JsonValue = None
    try:
        value = parse_json(text)
        refuse_unsound(value, field)
    except ValueError as error:
        problems.append(
            Problem(f"is no JSON: {error}", field, remedy="write JSON; text goes in double quotes")
        )
    except UsageError as error:
        problems += error.problems
    return value
