"""A rule for one value of a configuration: what checks it, and the same said as a JSON Schema, for editors.

The two stand in one place, so that what an editor offers is what `loom validate` accepts. Where JSON Schema cannot say
what a check does (does this stage exist?), the schema allows more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json

__all__ = ["Described", "Rule", "about", "described", "nullable", "object_schema", "schema_of"]

Rule: TypeAlias = Callable[[Report, Steps, Any], None]


@dataclass(frozen=True, slots=True)
class Described:
    """A rule that knows its JSON Schema."""

    check: Rule
    schema: Json

    def __call__(self, report: Report, steps: Steps, value: Any) -> None:
        self.check(report, steps, value)


def described(schema: Json) -> Callable[[Rule], Described]:
    """Decorates a rule with the JSON Schema of the values that it lets pass."""
    return lambda check: Described(check, schema)


def about(what: str, rule: Rule) -> Described:
    """`rule` for a key of which an editor shall say `what`."""
    return Described(rule, {"description": what, **schema_of(rule)})


def schema_of(rule: Rule) -> Json:
    """The JSON Schema that `rule` carries; the one that allows everything when it carries none."""
    return rule.schema if isinstance(rule, Described) else {}


def nullable(schema: Json) -> Json:
    """`schema`, or null."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]} if schema else {}


def object_schema(rules: Mapping[str, Rule], required: Sequence[str] = ()) -> Json:
    """The schema of a mapping with these keys.

    An unknown key is only a warning to `loom validate` when no known one is near; an editor marks it in any case.
    """
    schema: Json = {
        "type": "object",
        "properties": {key: schema_of(rule) for key, rule in rules.items()},
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }
    return {**schema, "required": list(required)} if required else schema
