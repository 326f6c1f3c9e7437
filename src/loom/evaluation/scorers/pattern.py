"""The scorer for text that must match a regular expression.

The engine is Rust's `regex` (through jsonschema-rs), whose time is linear in the text whatever the pattern,
so a hostile or careless pattern cannot hang a run. In return it has no look-around and no backreferences.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import text_of

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["Regex"]


@dataclass(frozen=True, slots=True)
class Regex:
    """1 when the pattern matches somewhere in the text, else 0; with `negate` the other way round."""

    name: ClassVar[str] = "regex"
    version: ClassVar[int] = 1
    pattern: str
    matcher: "Draft202012Validator"
    field: str | None = None
    """Dotted path to a text in the output; None takes the answer as it came."""

    full: bool = False
    ignore_case: bool = False
    negate: bool = False

    @staticmethod
    def of(
        pattern: str,
        field: str | None = None,
        *,
        full: bool = False,
        ignore_case: bool = False,
        negate: bool = False,
    ) -> "Regex":
        """A compiled scorer. `full` asks the pattern to match the whole text.

        Raises:
            ConfigError: when the pattern does not compile in linear time.
        """
        matcher = _compiled(pattern, full=full, ignore_case=ignore_case)
        return Regex(pattern, matcher, field, full, ignore_case, negate)

    @property
    def params(self) -> Json:
        """Pattern, field and flags."""
        return {
            "pattern": self.pattern,
            "field": self.field,
            "full": self.full,
            "ignore_case": self.ignore_case,
            "negate": self.negate,
        }

    def score(self, item: ScoreInput) -> ScoreResult:
        """Search the text; without a text the score is 0."""
        text = text_of(item, self.field)
        if text is None:
            return ScoreResult(0.0, "there is no text to match")
        matches = self.matcher.is_valid(text)
        found = "the pattern matches" if matches else "the pattern does not match"
        return ScoreResult(float(matches is not self.negate), found)


def _compiled(pattern: str, *, full: bool, ignore_case: bool) -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator, RegexOptions

    # Alone first, so that a stray parenthesis cannot close the wrapping group.
    flags = "(?i)" if ignore_case else ""
    wrapped = rf"{flags}\A(?:{pattern})\z" if full else flags + pattern
    try:
        for source in (pattern, wrapped):
            matcher = Draft202012Validator({"pattern": source}, pattern_options=RegexOptions())
    except ValueError:
        problem = Problem(
            "is not a regular expression that runs in linear time",
            field="pattern",
            value=pattern,
            remedy="mend the syntax; look-around and backreferences are not available",
        )
        raise ConfigError(problem) from None
    return matcher
