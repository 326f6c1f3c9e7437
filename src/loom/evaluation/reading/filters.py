"""The filter language of cases: `tag:refund score<0.5 "late parcel" -outcome:passed`. Reads no store.

Terms stand side by side and all must hold; a `-` before one turns it round. A word of its own, or a phrase in quotes,
looks in the name, the input and the expectation of a case.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from loom.core.errors import Problem, UsageError
from loom.core.spelling import suggestion
from loom.evaluation.models import Case, Split
from loom.evaluation.statistics.case_totals import Outcome

__all__ = ["CaseFilter", "Field", "Sign", "Term", "parse_filter"]

_MOST_TERMS = 20
_MOST_CHARS = 500


class Field(StrEnum):
    """What a term looks at."""

    WORD = "word"
    NAME = "name"
    TAG = "tag"
    SPLIT = "split"
    CLUSTER = "cluster"
    OUTCOME = "outcome"
    SCORER = "scorer"
    ERROR = "error"
    SCORE = "score"
    LATENCY = "latency"
    COST = "cost"
    REPETITION = "repetition"
    CACHED = "cached"

    @property
    def of_case(self) -> bool:
        """Whether the case alone decides, and not how it went."""
        return self in (Field.WORD, Field.NAME, Field.TAG, Field.SPLIT, Field.CLUSTER)


class Sign(StrEnum):
    """How a value is compared."""

    HAS = ":"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "="


@dataclass(frozen=True, slots=True)
class Term:
    """One condition."""

    field: Field
    sign: Sign
    text: str
    """In lower case where case does not matter; of a scorer: its name."""

    number: float = 0.0
    """What a measured value is compared with: a score in [0, 1], microseconds, 1e-9 USD, a number from 1."""

    digits: float = 0.0
    """Half of the last digit that was written: what `=` leaves open."""

    negated: bool = False


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Conditions that must all hold."""

    terms: tuple[Term, ...] = ()

    @property
    def measured(self) -> tuple[Term, ...]:
        """Those that need to know how an execution went."""
        return tuple(term for term in self.terms if not term.field.of_case)

    @property
    def plain(self) -> bool:
        """Whether cases alone decide nothing."""
        return all(not term.field.of_case for term in self.terms)

    def admits(self, case: Case) -> bool:
        """Whether `case` fulfils all that does not need to know how it went."""
        return all(_holds(term, case) is not term.negated for term in self.terms if term.field.of_case)


def _holds(term: Term, case: Case) -> bool:
    match term.field:
        case Field.TAG:
            return term.text in (tag.casefold() for tag in case.tags)
        case Field.SPLIT:
            return case.split == term.text
        case Field.CLUSTER:
            return (case.cluster or "").casefold() == term.text
        case Field.NAME:
            return term.text in case.name.casefold()
        case _:
            return term.text in _searched(case)


def _searched(case: Case) -> str:
    expected = case.expected_output if case.has_expected else ""
    return "\n".join(
        (case.name, json.dumps(case.input, ensure_ascii=False), json.dumps(expected, ensure_ascii=False))
    ).casefold()


_TERM = re.compile(r'(-?)(?:([a-zA-Z]+)(:|<=|>=|<|>|=))?(?:"([^"]*)("?)|(\S*))')
_SCORER = re.compile(r"([^<>=:]+)(?:(<=|>=|<|>|=)(.*))?")
_NUMBER = re.compile(r"(-?\d+(?:\.(\d+))?)\s*([a-z%$]*)", re.IGNORECASE)
_ALIASES = {"is": Field.OUTCOME, "outcome": Field.OUTCOME, "result": Field.OUTCOME, "rep": Field.REPETITION}
_FIELDS = {field.value: field for field in Field if field is not Field.WORD} | _ALIASES
_OUTCOMES = {outcome.value: outcome for outcome in Outcome} | {
    "pass": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "error": Outcome.ERRORED,
}
_UNITS: dict[Field, dict[str, float]] = {
    Field.SCORE: {"": 1.0, "%": 0.01},
    Field.LATENCY: {"": 1e3, "ms": 1e3, "s": 1e6},
    Field.COST: {"": 1e9, "$": 1e9, "usd": 1e9},
    Field.REPETITION: {"": 1.0},
}
"""What one of a unit is in what the store counts."""


def parse_filter(text: str) -> CaseFilter:
    """The filter in `text`; empty text lets everything through.

    Raises:
        UsageError: a problem for each term that cannot be understood, with the column it begins in, from 1.
    """
    if len(text) > _MOST_CHARS:
        raise UsageError(Problem(f"is longer than {_MOST_CHARS} characters", "filter", remedy="shorten it"))
    terms: list[Term] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TERM.match(text, at)
        assert found is not None  # every part of the pattern may be empty
        end = max(found.end(), at + 1)
        try:
            terms.append(_term(found))
        except _WrongTermError as wrong:
            problems.append(
                Problem(wrong.what, "filter", column=at + 1, value=text[at:end], remedy=wrong.remedy)
            )
        at = end
    if len(terms) > _MOST_TERMS:
        problems.append(Problem(f"has more than {_MOST_TERMS} terms", "filter", remedy="remove some"))
    if problems:
        raise UsageError(problems)
    return CaseFilter(tuple(terms))


class _WrongTermError(Exception):
    """A term that cannot be understood."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def _term(found: re.Match[str]) -> Term:
    minus, name, sign, phrase, closed, word = found.groups()
    if phrase is not None and not closed:
        raise _WrongTermError("has a quote that does not end", 'close it with "')
    value = phrase if phrase is not None else word
    negated = bool(minus)
    if name is None:
        if not value:
            raise _WrongTermError("has nothing after its -", "write a word, or tag:NAME")
        return Term(Field.WORD, Sign.HAS, value.casefold(), negated=negated)
    field = _FIELDS.get(name.lower())
    if field is None:
        otherwise = f'use one of {", ".join(sorted(_FIELDS))}, or put it in quotes: "{found[0]}"'
        raise _WrongTermError("is no field", suggestion(name.lower(), _FIELDS, otherwise))
    if not value:
        raise _WrongTermError("has no value", f"write for example {_EXAMPLES[field]}")
    return _with_value(field, Sign(sign), value, negated=negated)


_EXAMPLES = {
    Field.NAME: "name:refund",
    Field.TAG: "tag:refund",
    Field.SPLIT: "split:train",
    Field.CLUSTER: "cluster:customer-7",
    Field.OUTCOME: "outcome:failed",
    Field.SCORER: "scorer:llm_judge<0.5",
    Field.ERROR: "error:timeout",
    Field.SCORE: "score<0.5",
    Field.LATENCY: "latency>2s",
    Field.COST: "cost>0.001",
    Field.REPETITION: "repetition:2",
    Field.CACHED: "cached:yes",
}


def _with_value(field: Field, sign: Sign, value: str, *, negated: bool) -> Term:
    if field in _UNITS:
        number, digits = _number(field, value)
        return Term(field, Sign.EQUAL if sign is Sign.HAS else sign, value, number, digits, negated)
    if sign not in (Sign.HAS, Sign.EQUAL):
        raise _WrongTermError(f"cannot be compared by {sign}", f"write {_EXAMPLES[field]}")
    if field is Field.SCORER:
        return _of_scorer(value, negated=negated)
    return Term(field, Sign.HAS, _one_of(field, value.casefold()), negated=negated)


def _of_scorer(value: str, *, negated: bool) -> Term:
    found = _SCORER.fullmatch(value)
    if found is None:
        raise _WrongTermError("names no scorer", f"write {_EXAMPLES[Field.SCORER]}")
    name, sign, limit = found.groups()
    if sign is None:
        return Term(Field.SCORER, Sign.HAS, name, negated=negated)
    number, digits = _number(Field.SCORE, limit)
    return Term(Field.SCORER, Sign(sign), name, number, digits, negated)


def _one_of(field: Field, value: str) -> str:
    """`value` where a field takes only some."""
    choices: Sequence[str]
    match field:
        case Field.OUTCOME:
            choices, value = list(_OUTCOMES), _OUTCOMES.get(value, value)
        case Field.SPLIT:
            choices = [split.value for split in Split]
        case Field.CACHED:
            choices = ("yes", "no")
        case _:
            return value
    if value not in choices:
        raise _WrongTermError(f"is no {field}", f"use one of {', '.join(choices)}")
    return value


def _number(field: Field, value: str) -> tuple[float, float]:
    found = _NUMBER.fullmatch(value.removeprefix("$"))
    unit = _UNITS[field].get(found[3].lower()) if found else None
    if found is None or unit is None:
        raise _WrongTermError("has no number that can be read", f"write for example {_EXAMPLES[field]}")
    return float(found[1]) * unit, 0.5 * unit / 10 ** len(found[2] or "")
