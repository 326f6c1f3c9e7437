"""Assertions of promptfoo as specifications of scorers; what Loom cannot say is not said differently, but refused."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from loom.core.errors import ConfigError
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number, parse_json
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers import make_scorer
from loom.evaluation.suites.promptfoo.reading import mapping

__all__ = ["ANSWER", "Judged", "NotTakenError", "is_assertion", "take", "wants_json"]

ANSWER = "answer"
"""The one field of the output of a worker that was a prompt for plain text."""

_CODE = "it is code, which an import does not run; write a `custom` scorer, or say it with other scorers"
_RETRIEVAL = "Loom has no scorer for retrieved context; say it in words to `llm_judge`"
_SIMILARITY = "Loom has no such measure of likeness; use `embedding_similarity` or `llm_judge`"
_REASONS = {
    **dict.fromkeys(("javascript", "python", "ruby"), _CODE),
    "cost": "each report tells the cost, and --budget-usd bounds it",
    "latency": "each report tells how long cases took",
    "webhook": "an import connects to nothing; Loom's `webhook` scorer has a form of its own",
    **dict.fromkeys(
        ("answer-relevance", "context-recall", "context-relevance", "context-faithfulness"), _RETRIEVAL
    ),
    **dict.fromkeys(("levenshtein", "rouge-n", "bleu", "gleu", "meteor", "rouge-l", "rouge-s"), _SIMILARITY),
    **dict.fromkeys(("select-best", "max-score"), "Loom compares whole runs: loom compare RUN_A RUN_B"),
}
_UNTAKEN = (
    "perplexity",
    "perplexity-score",
    "classifier",
    "moderation",
    "is-sql",
    "contains-sql",
    "is-xml",
    "contains-xml",
)
_UNKNOWN = "Loom has no scorer for it"
_JSON_TYPES = ("is-json", "contains-json", "is-valid-openai-tools-call", "is-valid-function-call")
_NOT_ALL = (
    "Loom has no scorer for `not all of these`; list the words that must not come under `none` of `keyword`"
)
_TOLD_CLOSEDQA = "The answer meets this criterion: "
_TOLD_FACTS = "The answer agrees with the facts in this reference, and contradicts none of them: "


class NotTakenError(Exception):
    """An assertion has no counterpart; the message says why, and what to do instead."""


@dataclass(slots=True)
class Judged:
    """How one case is judged, while its assertions are taken over."""

    as_json: bool
    """The worker answers in JSON of the prompt's own; else with a text in the field `answer`."""

    expected: JsonValue = ABSENT
    scorers: list[JsonValue] = field(default_factory=list[Any])

    @property
    def place(self) -> Json:
        """Where scorers look for the text."""
        return {} if self.as_json else {"field": ANSWER}


@dataclass(frozen=True, slots=True)
class _Asked:
    """The value of an assertion, and whether it is not to hold."""

    value: JsonValue
    negated: bool


def wants_json(asserts: Sequence[JsonValue]) -> bool:
    """Whether a test asks for an answer in JSON."""
    given = [mapping(one) for one in asserts]
    return any(
        one.get("type") in _JSON_TYPES or (one.get("type") == "equals" and isinstance(one.get("value"), dict))
        for one in given
    )


def take(assertion: Json, judged: Judged) -> None:
    """Add what `assertion` asks for to `judged`.

    Raises:
        NotTakenError: when it cannot be taken over.
    """
    kind, value = str(assertion.get("type")), assertion.get("value")
    asked = _Asked(value, kind.startswith("not-"))
    name = kind.removeprefix("not-")
    if assertion.get("transform"):
        raise NotTakenError(_CODE)
    make = _MAKERS.get(name)
    if make is None:
        raise NotTakenError(_REASONS.get(name, _UNKNOWN))
    spec = make(asked, judged)
    _weigh(spec, assertion)
    try:
        make_scorer(spec)
    except ConfigError as error:
        raise NotTakenError(str(error.problems[0])) from None
    short: JsonValue = spec["scorer"] if len(spec) == 1 else spec
    if short not in judged.scorers:
        judged.scorers.append(short)


def _weigh(spec: Json, assertion: Json) -> None:
    weight, threshold = assertion.get("weight", 1), assertion.get("threshold")
    if weight == 0:
        raise NotTakenError("its weight is 0: it only reports a value")
    if not is_number(weight) or weight < 0:
        raise NotTakenError(f"its weight is no positive number: {weight!r}")
    if weight != 1:
        spec["weight"] = weight
    if is_number(threshold) and spec["scorer"] in ("embedding_similarity", "llm_judge"):
        spec["threshold"] = threshold


def _equals(asked: _Asked, judged: Judged) -> Json:
    wanted = _wanted(asked.value, judged)
    if asked.negated:
        schema: Json = {"not": {"const": wanted}}
        return {"scorer": "json_schema", "schema": schema}
    if judged.expected not in (ABSENT, wanted):
        raise NotTakenError("the case has another `equals` already")
    judged.expected = wanted
    return {"scorer": "exact_match"}


def _wanted(value: JsonValue, judged: Judged) -> JsonValue:
    if not judged.as_json:
        return {ANSWER: value if isinstance(value, str) else str(value)}
    try:
        wanted = parse_json(value) if isinstance(value, str) else value
    except ValueError:
        wanted = None
    if not isinstance(wanted, dict):
        raise NotTakenError("the worker answers with a JSON object, and this is none")
    return cast("Json", wanted)


def _words(key: str, *, ignore_case: bool = False) -> "_Maker":
    """A `keyword` scorer for one text or several."""

    def make(asked: _Asked, judged: Judged) -> Json:
        words = [str(word) for word in (_list(asked.value) if key != "one" else [asked.value])]
        if asked.negated and key == "all" and len(words) > 1:
            raise NotTakenError(_NOT_ALL)
        role = "none" if asked.negated else "any" if key == "any" else "all"
        spec: Json = {"scorer": "keyword", role: words, **judged.place}
        return {**spec, "ignore_case": True} if ignore_case else spec

    return make


def _list(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return cast("list[JsonValue]", value) if isinstance(value, list) else [value]


def _regex(asked: _Asked, judged: Judged) -> Json:
    spec: Json = {"scorer": "regex", "pattern": str(asked.value), **judged.place}
    return {**spec, "negate": True} if asked.negated else spec


def _starts_with(asked: _Asked, judged: Judged) -> Json:
    return _regex(_Asked("^" + re.escape(str(asked.value)), asked.negated), judged)


def _json(asked: _Asked, judged: Judged) -> Json:
    if asked.negated:
        raise NotTakenError("Loom has no scorer for text that is not JSON")
    if not judged.as_json:
        if asked.value is not None:
            raise NotTakenError("other tests of this prompt want text; make a worker with that output_schema")
        return {"scorer": "format", "format": "json", **judged.place}
    try:
        schema = parse_json(asked.value) if isinstance(asked.value, str) else asked.value
    except ValueError:
        raise NotTakenError("its schema is not JSON") from None
    return {"scorer": "json_schema", "schema": {"type": "object"} if schema is None else schema}


def _similar(asked: _Asked, judged: Judged) -> Json:
    if asked.negated or not isinstance(asked.value, str):
        raise NotTakenError("Loom compares with one text, for likeness only")
    return {"scorer": "embedding_similarity", "reference": asked.value, "threshold": 0.75, **judged.place}


def _judge(told: str = "") -> "_Maker":
    def make(asked: _Asked, judged: Judged) -> Json:
        if asked.negated or not isinstance(asked.value, str):
            raise NotTakenError("Loom's judge takes one text that says what is good")
        return {"scorer": "llm_judge", "rubric": told + asked.value, **judged.place}

    return make


def _word_count(asked: _Asked, judged: Judged) -> Json:
    value = asked.value
    bounds: Json = mapping(value) or {"min": value, "max": value}
    given = {f"{side}_words": bounds[side] for side in ("min", "max") if bounds.get(side) is not None}
    if asked.negated:
        raise NotTakenError("Loom has no scorer for `not so many words`")
    return {"scorer": "length", **given, **judged.place}


_Maker = Callable[[_Asked, Judged], Json]
_MAKERS: dict[str, _Maker] = {
    "equals": _equals,
    "contains": _words("one"),
    "icontains": _words("one", ignore_case=True),
    "contains-all": _words("all"),
    "icontains-all": _words("all", ignore_case=True),
    "contains-any": _words("any"),
    "icontains-any": _words("any", ignore_case=True),
    "regex": _regex,
    "starts-with": _starts_with,
    "is-json": _json,
    "contains-json": _json,
    "similar": _similar,
    "llm-rubric": _judge(),
    "g-eval": _judge(),
    "model-graded-closedqa": _judge(_TOLD_CLOSEDQA),
    "closedqa": _judge(_TOLD_CLOSEDQA),
    "factuality": _judge(_TOLD_FACTS),
    "model-graded-factuality": _judge(_TOLD_FACTS),
    "word-count": _word_count,
}


def is_assertion(kind: str) -> bool:
    """Whether promptfoo knows this type of assertion, taken over or not."""
    name = kind.removeprefix("not-")
    return name in _MAKERS or name in _REASONS or name in _UNTAKEN
