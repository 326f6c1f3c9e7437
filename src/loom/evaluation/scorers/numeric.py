"""The scorer for amounts: right within an absolute or relative tolerance, computed exactly."""

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import pick
from loom.evaluation.scorers.match import NOTHING_EXPECTED

__all__ = ["Numeric"]

_SPACES = "'\u00a0\u202f "
_NUMBER = re.compile(
    r"(?:(?<!\w)[-+\u2212])?(?:(?<!\d)\.)?"
    rf"\d+(?:(?:[.,]|[{_SPACES}](?=\d{{3}}(?!\d)))\d+)*(?:[eE][-+]?\d{{1,3}})?"
)
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Numeric:
    """1 when the number is within `tolerance`, or within `relative` times the expected number; else 0."""

    name: ClassVar[str] = "numeric"
    version: ClassVar[int] = 1
    field: str | None = None
    """Dotted path in both output and expected output; None compares them whole."""

    tolerance: float = 0.0
    relative: float = 0.0
    parse: bool = False
    """Also accept text that holds exactly one number, as `EUR 1,234.50` or `12 %`."""

    @property
    def params(self) -> Json:
        """All four, as they decide the score."""
        return {
            "field": self.field,
            "tolerance": self.tolerance,
            "relative": self.relative,
            "parse": self.parse,
        }

    def score(self, item: ScoreInput) -> ScoreResult:
        """Compare two numbers; unscored when the expected one is missing or no number."""
        if item.expected is ABSENT:
            return ScoreResult.unscored(NOTHING_EXPECTED)
        wanted = pick(item.expected, self.field)
        expected = self._number(wanted)
        if expected is None:
            return ScoreResult.unscored(f"the expected {self._place} is not a number: {_shown(wanted)}")
        found = pick(item.output, self.field)
        if self.field is None and found is None:
            found = item.raw_text
        actual = self._number(found)
        if actual is None:
            hint = (
                "; set `parse: true` to read numbers in text"
                if isinstance(found, str) and not self.parse
                else ""
            )
            return ScoreResult(0.0, f"{self._place} is not a number: {_shown(found)}{hint}")
        return self._compare(expected, actual)

    def _compare(self, expected: Fraction, actual: Fraction) -> ScoreResult:
        error = abs(actual - expected)
        allowed = max(_exact(self.tolerance), _exact(self.relative) * abs(expected))
        details: Json = {"expected": _plain(expected), "actual": _plain(actual), "error": _plain(error)}
        if error <= allowed:
            return ScoreResult(1.0, "within the tolerance", details)
        return ScoreResult(0.0, f"off by {_plain(error):g}, {_plain(allowed):g} allowed", details)

    @property
    def _place(self) -> str:
        return f"'{self.field}'" if self.field else "output"

    def _number(self, value: JsonValue) -> Fraction | None:
        if is_number(value):
            return _exact(value)
        return _in_text(value) if self.parse and isinstance(value, str) else None


def _exact(value: float) -> Fraction:
    """The decimal number as written: 0.01 is one hundredth, not its binary neighbour."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _plain(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(1.7976931348623157e308, value)


def _shown(value: JsonValue) -> str:
    text = "missing" if value is ABSENT else repr(value)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def _in_text(text: str) -> Fraction | None:
    """The one number in `text`, or None when there is none or more than one."""
    found = _NUMBER.findall(text) if len(text) <= _LONGEST_TEXT else []
    if len(found) != 1:
        return None
    number = re.sub(f"[{_SPACES}]", "", found[0]).replace("\u2212", "-")
    try:
        return Fraction(_with_decimal_point(number))
    except ValueError:
        return None


def _with_decimal_point(number: str) -> str:
    """Of two kinds of separator the last is the decimal one; a comma before three digits groups thousands."""
    if "," in number and "." in number:
        group = "," if number.rfind(".") > number.rfind(",") else "."
        return number.replace(group, "").replace(",", ".")
    if "," not in number:
        return number if number.count(".") <= 1 else number.replace(".", "")
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+", number):
        return number.replace(",", "")
    return number.replace(",", ".")
