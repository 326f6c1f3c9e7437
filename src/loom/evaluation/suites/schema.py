"""The JSON Schema of suite files, for editors, made of what the reader and the scorers say of themselves."""

from collections.abc import Iterator

from loom.core.jsonvalue import Json
from loom.core.keys import SCHEMA_VERSION
from loom.core.rule import nullable
from loom.evaluation.models import Split
from loom.evaluation.scorers.catalogue import Entry
from loom.evaluation.scorers.params import Param
from loom.evaluation.scorers.registry import RUN_PARAMS, entries
from loom.evaluation.suites.cases import LONGEST_NAME, MOST_WEIGHT

__all__ = ["suite_schema"]

_NAME: Json = {"type": ["string", "null"], "maxLength": LONGEST_NAME, "pattern": r"\S"}


def suite_schema() -> Json:
    """A mapping with `cases`, or a list of cases. Scorers are those of this installation."""
    cases: Json = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/case"}}
    suite: Json = {
        "type": "object",
        "required": ["cases"],
        "properties": {
            "schema": {"const": SCHEMA_VERSION},
            "name": {**_NAME, "description": "Default: the file's name."},
            "description": {"type": ["string", "null"], "description": "One sentence for people."},
            "scorers": {"$ref": "#/$defs/scorers"},
            "cases": cases,
        },
        **_CLOSED,
    }
    return {"anyOf": [suite, cases], "$defs": {"case": _case(), "scorers": _scorers()}}


_CLOSED: Json = {"patternProperties": {"^x-": True}, "additionalProperties": False}


def _case() -> Json:
    weight: Json = {"type": "number", "minimum": 1 / MOST_WEIGHT, "maximum": MOST_WEIGHT}
    tags: Json = {"type": ["array", "null"], "items": {"type": "string", "minLength": 1}}
    about: dict[str, tuple[Json, str]] = {
        "name": (_NAME, "What reports call it. Default: its number."),
        "input": ({"type": "object"}, "The worker's input."),
        "expected_output": ({}, "The right answer; without one, scorers that need it do not judge the case."),
        "tags": (tags, "For --tag, and for reading reports."),
        "cluster": (_NAME, "Cases that are no independent evidence, such as questions to one text."),
        "weight": (weight, "How much it counts. Default: 1."),
        "split": (
            {"enum": list(Split)},
            "train: look at it; validation: choose by it; sealed: only at the end.",
        ),
        "scorers": ({"$ref": "#/$defs/scorers"}, "Scorers of this case, besides those of the suite."),
    }
    properties = {key: {**schema, "description": what} for key, (schema, what) in about.items()}
    return {"type": "object", "required": ["input"], "properties": properties, **_CLOSED}


def _scorers() -> Json:
    known = entries()
    named: Json = {"enum": [entry.name for entry in known]}
    return nullable(
        {
            "type": "array",
            "items": {
                "if": {"type": "string"},
                "then": named,
                "else": {
                    "type": "object",
                    "required": ["scorer"],
                    "properties": {"scorer": named},
                    "allOf": [_when_named(entry) for entry in known],
                },
            },
        }
    )


def _when_named(entry: Entry) -> Json:
    params = (*entry.params, *RUN_PARAMS)
    needed = [_required(param) for param in params if param.required]
    then: Json = {
        "description": entry.summary,
        "properties": {"scorer": True, **dict(_parameters(params))},
        "additionalProperties": False,
    }
    return {
        "if": {"properties": {"scorer": {"const": entry.name}}},
        "then": {**then, "allOf": needed} if needed else then,
    }


def _parameters(params: tuple[Param, ...]) -> Iterator[tuple[str, Json]]:
    for param in params:
        schema = {"description": f"{param.help} ({param.kind.words})", **param.kind.schema}
        for name in (param.name, *param.aliases):
            yield name, schema


def _required(param: Param) -> Json:
    return {"anyOf": [{"required": [name]} for name in (param.name, *param.aliases)]}
