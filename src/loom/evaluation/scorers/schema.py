"""The scorer for outputs that must fit a JSON Schema of the suite's own, beyond the worker's contract."""

from dataclasses import dataclass
from typing import ClassVar

from loom.core.contracts import Contract
from loom.core.errors import ConfigError, InputError
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import parse_json
from loom.evaluation.models import ABSENT
from loom.evaluation.scorers.base import ScoreInput, ScoreResult
from loom.evaluation.scorers.fields import pick

__all__ = ["JsonSchema"]

_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """1 when the output fits `schema`, else 0."""

    name: ClassVar[str] = "json_schema"
    version: ClassVar[int] = 1
    schema: Json
    contract: Contract
    field: str | None = None

    @staticmethod
    def of(schema: Json, field: str | None = None) -> "JsonSchema":
        """A compiled scorer. Remote `$ref`s are never fetched.

        Raises:
            ConfigError: when `schema` is not a JSON Schema.
        """
        try:
            return JsonSchema(schema, Contract(schema, "output"), field)
        except InputError as error:
            raise ConfigError(error.problems) from None

    @property
    def params(self) -> Json:
        """Schema and field."""
        return {"schema": self.schema, "field": self.field}

    def score(self, item: ScoreInput) -> ScoreResult:
        """Check the value at the field, the whole output without one, and text as the JSON it holds."""
        value = pick(item.output, self.field)
        if value is ABSENT:
            return ScoreResult(0.0, f"'{self.field}' is missing")
        if value is None and self.field is None and item.raw_text is not None:
            try:
                value = parse_json(item.raw_text)
            except ValueError as error:
                return ScoreResult(0.0, f"the answer is not JSON: {error}")
        problems = self.contract.problems(value)
        if not problems:
            return ScoreResult(1.0, "fits the schema")
        more = len(problems) - _MOST_SHOWN
        shown = "; ".join(problems[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        found: list[JsonValue] = list(problems)
        return ScoreResult(0.0, shown, {"problems": found})
