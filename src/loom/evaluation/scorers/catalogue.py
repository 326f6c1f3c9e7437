"""The scorers that come with Loom: their parameters in words, and where what makes each is found. Loads none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

from loom.core.jsonvalue import Json
from loom.evaluation.scorers.formats import FORMATS
from loom.evaluation.scorers.params import (
    ABOVE_0,
    AT_LEAST_0,
    COUNT,
    FLAG,
    OBJECT,
    TEXT,
    TEXTS,
    Kind,
    Param,
    one_of,
    whole,
)
from loom.evaluation.scorers.rating import Scale

__all__ = ["BUILT_IN", "REPORTED", "Entry"]


def _own(module: str, name: str) -> Callable[[], Callable[..., Any]]:
    """Gives something of a module of this folder when called: a run loads one or two scorers, not all."""
    return lambda: attrgetter(name)(import_module(f"loom.evaluation.scorers.{module}"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A scorer as the registry knows it."""

    name: str
    summary: str
    """What it gives, in a line."""

    load: Callable[[], Callable[..., Any]]
    """Gives `make`."""

    params: tuple[Param, ...] = ()
    example: Json = field(default_factory=dict[str, Any])
    """Parameters that make sense together."""

    judges: bool = False
    """It asks the judge's model, through the parameters `model` and `endpoint`."""

    inline: Callable[[], Callable[[Json, Path], Json]] | None = None
    """Gives what puts the content of files that a specification names into it."""

    @property
    def make(self) -> Callable[..., Any]:
        """Takes the parameters by name; may raise ConfigError. Gives an `AnyScorer`."""
        return self.load()


_CRITERIA = Kind(
    "text, mapping",
    "a text, or a mapping of names to their meaning",
    lambda value: TEXT.fits(value) or OBJECT.fits(value),
    {"anyOf": [TEXT.schema, OBJECT.schema]},
)
_FIELD = Param("field", TEXT, "dotted path to a text in the output; without it the answer as it came")
_BOUNDS = tuple(
    Param(f"{side}_{unit}", COUNT, f"{word} {unit}{note}")
    for unit, note in (("chars", ""), ("words", ""), ("tokens", ", estimated"))
    for side, word in (("min", "at least so many"), ("max", "at most so many"))
)
_MODEL = Param("model", TEXT, "the model that judges", aliases=("judge_model",))
_ENDPOINT = Param("endpoint", TEXT, "the endpoint that serves it", aliases=("judge_endpoint",))

_ENTRIES = (
    Entry("exact_match", "1 when the output is the expected JSON value", _own("match", "ExactMatch")),
    Entry("field_match", "the mean over the expected fields", _own("match", "FieldMatch")),
    Entry(
        "numeric",
        "1 when a number is near enough to the expected one",
        _own("numeric", "Numeric"),
        (
            Param("field", TEXT, "dotted path in output and expected output; without it the whole"),
            Param("tolerance", AT_LEAST_0, "allowed difference", default=0.0),
            Param(
                "relative",
                AT_LEAST_0,
                "allowed difference as a share of the expected number; the larger counts",
                default=0.0,
            ),
            Param(
                "parse",
                FLAG,
                "also read text that holds exactly one number, as `EUR 1,234.50`",
                default=False,
            ),
        ),
        {"field": "total", "tolerance": 0.01},
    ),
    Entry(
        "regex",
        "1 when a pattern matches",
        _own("pattern", "Regex.of"),
        (
            Param(
                "pattern", TEXT, "a regular expression without look-around and backreferences", required=True
            ),
            _FIELD,
            Param("full", FLAG, "the whole text must match", default=False),
            Param("ignore_case", FLAG, "capital and small letters are the same", default=False),
            Param("negate", FLAG, "1 when it does not match", default=False),
        ),
        {"pattern": "^[A-Z]"},
    ),
    Entry(
        "keyword",
        "1 when words are, or are not, in the text",
        _own("keyword", "Keyword"),
        (
            Param("all", TEXTS, "every one of these", aliases=("keywords",)),
            Param("any", TEXTS, "at least one of these"),
            Param("none", TEXTS, "not one of these"),
            _FIELD,
            Param("ignore_case", FLAG, "capital and small letters are the same", default=False),
            Param("whole_words", FLAG, "`art` is not found in `party`", default=False),
            Param("graded", FLAG, "the share of `all` that is there, instead of 0", default=False),
        ),
        {"any": ["refund", "return"], "ignore_case": True},
    ),
    Entry(
        "length",
        "1 when the text is neither too short nor too long",
        _own("length", "Length"),
        (
            *_BOUNDS,
            _FIELD,
            Param("graded", FLAG, "the share by which it misses, instead of 0", default=False),
        ),
        {"max_words": 60},
    ),
    Entry(
        "format",
        "1 when the text has a form",
        _own("layout", "Format"),
        (
            Param("format", one_of(*FORMATS), ", ".join(FORMATS), required=True),
            _FIELD,
            Param("fenced", FLAG, "a code fence around it is allowed", default=False),
            Param("min_items", COUNT, "at least so many elements, rows, bullets or sentences"),
            Param("max_items", COUNT, "at most so many"),
            Param("date_format", TEXT, "of a date, as `%d.%m.%Y`; without it ISO 8601"),
            Param("delimiter", TEXT, "between the cells of CSV", default=","),
        ),
        {"format": "sentences", "max_items": 2},
    ),
    Entry(
        "json_schema",
        "1 when the output fits a JSON Schema",
        _own("schema", "JsonSchema.of"),
        (
            Param("schema", OBJECT, "the JSON Schema", required=True),
            Param("field", TEXT, "dotted path in the output; without it the whole"),
        ),
        {"schema": {"required": ["total"]}},
    ),
    Entry(
        "embedding_similarity",
        "how near the text is in meaning to what was expected",
        _own("similarity", "make_similarity"),
        (
            Param("reference", TEXT, "compare with this text, not with the expected output", lines=True),
            Param("field", TEXT, "dotted path in output and expected output; without it the whole"),
            Param("model", TEXT, "the embedding model; without one words are hashed, offline"),
            Param("endpoint", TEXT, "the endpoint that serves it"),
        ),
        {"threshold": 0.7},
    ),
    Entry(
        "llm_judge",
        "a model's verdict on the output",
        _own("judge", "LlmJudge"),
        (
            Param(
                "prompt",
                TEXT,
                "what the judge is told, in place of Loom's own words",
                aliases=("judge_prompt",),
                lines=True,
            ),
            Param("criteria", _CRITERIA, "what to judge by: words, or a meaning for each name", lines=True),
            Param("rubric", TEXT, "what a good output is, in words", lines=True),
            Param("field", TEXT, "dotted path in output and expected output; without it the whole"),
            _MODEL,
            _ENDPOINT,
            Param("votes", whole(1, 9), "how often it is asked; the median counts", default=1),
            Param("temperature", AT_LEAST_0, "0 for one vote, 0.7 for several"),
            Param("max_tokens", whole(16, 32_000), "the longest answer", default=500),
        ),
        {"rubric": "The tone is friendly."},
        judges=True,
    ),
    Entry(
        "custom",
        "what your own Python function returns",
        _own("custom", "make"),
        (
            Param("code", TEXT, "the code that defines the function", lines=True),
            Param("file", TEXT, "the file it is in, instead"),
            Param("function", TEXT, "the name of the function", default="score"),
            Param(
                "engine",
                one_of("monty", "python"),
                "a safe subset, or full Python in a jail",
                default="monty",
            ),
            Param("time_s", ABOVE_0, "seconds for one case", default=2.0),
            Param("memory_mb", whole(16, 4096), "memory it may use", default=128),
        ),
        {"code": "def score(input, output, expected):\n    return output == expected"},
        inline=_own("custom", "inline"),
    ),
    Entry(
        "webhook",
        "what a server of yours answers",
        _own("webhook", "make"),
        (
            Param("url", TEXT, "the address it is asked at, by POST", required=True),
            Param("headers", OBJECT, "sent along; a key as `env:NAME`"),
            Param("time_s", ABOVE_0, "seconds for one case", default=10.0),
        ),
        {"url": "https://scores.example.org/score"},
    ),
    Entry(
        "human_rating",
        "what a person says; unscored until then",
        _own("rating", "HumanRating"),
        (
            Param(
                "scale",
                one_of(*Scale),
                "stars 1 to 5, thumbs up or down, or a share from 0 to 1",
                default="stars",
            ),
            Param("question", TEXT, "what the person is asked"),
        ),
        {"scale": "thumbs"},
    ),
)

BUILT_IN = {entry.name: entry for entry in _ENTRIES}
"""By name."""

REPORTED = Entry(
    "reported",
    "the score that a result measured elsewhere came with",
    _own("reported", "Reported"),
    (Param("method", TEXT, "what gave it"),),
)
"""Of recorded runs alone: nobody can ask for it."""
