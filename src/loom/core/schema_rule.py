"""The rule for a value of a configuration that is itself a JSON Schema."""

from typing import Any

from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json
from loom.core.rule import described
from loom.core.schema import VALID_SCHEMA_TYPES, schema_faults

__all__ = ["CONTRACT_SCHEMA", "a_schema"]

_A_TYPE: Json = {"enum": [*sorted(VALID_SCHEMA_TYPES), "null"]}
_INSIDE: Json = {"$ref": "#/$defs/contract"}
CONTRACT_SCHEMA: Json = {
    "type": ["object", "boolean"],
    "properties": {
        "type": {"anyOf": [_A_TYPE, {"type": "array", "items": _A_TYPE}]},
        "required": {"type": "array", "items": {"type": "string"}},
        "properties": {"type": "object", "additionalProperties": _INSIDE},
        "items": _INSIDE,
        "additionalProperties": _INSIDE,
        "enum": {"type": "array"},
        "description": {"type": "string"},
    },
}
"""The most used words of JSON Schema, as `$defs/contract` of a file's schema. Other words are allowed."""


@described({"type": "object", **_INSIDE})
def a_schema(report: Report, steps: Steps, value: Any) -> None:
    """A valid JSON Schema."""
    for fault in schema_faults(value):
        report.error((*steps, *fault.steps), fault.what, fault.value, fault.remedy)
