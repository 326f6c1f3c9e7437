"""Scorers as forms send them: ticked ones with their parameters by field, and further ones as YAML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import cast

import yaml

from loom.core.errors import ConfigError, Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlfile import parse_yaml
from loom.evaluation.scorers.catalogue import BUILT_IN, Entry
from loom.evaluation.scorers.params import FLAG, Param, named
from loom.evaluation.scorers.registry import RUN_PARAMS, entries, make_scorer
from loom.workshop.views.schema_form import read_form

__all__ = ["FIELDS_ONLY", "FURTHER", "Offered", "SentScorers", "offered"]

FURTHER = "scorers"
"""The field of the YAML, and of what is wrong with it."""

FIELDS_ONLY = "fields_only"
"""Sent by the button that asks, without script, for the fields of what is ticked, and for nothing else."""

_TICKED = "scoring"
_ONE_LINE = 100
_FROM_JUDGE = ("model", "endpoint", "prompt")
"""What the form asks once, for all that judge."""

_FROM_FILE = "file"
"""No form names a file of the server."""

_UNITS = {"s": "s", "mb": "MB"}
_LINES: Json = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class Offered:
    """A scorer with a form."""

    name: str
    summary: str
    params: tuple[Param, ...]
    schema: Json
    """Of the parameters, as the form is made of it.

    Nothing in it is required but what can always be said: a field that is not seen cannot be filled in.
    """

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with."""
        return f"scorer.{self.name}"


@cache
def offered() -> Mapping[str, Offered]:
    """By name: Loom's own scorers, and those of others that can be made of their name alone."""
    others = (entry for entry in entries() if entry.name not in BUILT_IN and _is_plain(entry))
    return {entry.name: _offer(entry) for entry in (*BUILT_IN.values(), *others)}


@dataclass(frozen=True, slots=True)
class SentScorers:
    """What someone chose, as far as it can be read."""

    ticked: tuple[str, ...] = ()
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """By scorer, ticked or not, whose fields were there to be filled in: its parameters."""

    further: str = ""
    problems: tuple[Problem, ...] = ()
    """What could not be read in fields of ticked ones."""

    @staticmethod
    def of(specs: Sequence[JsonValue]) -> "SentScorers":
        """The form that would send `specs`, as far as one can; the rest is YAML."""
        values: dict[str, Json] = {}
        rest: list[JsonValue] = []
        for spec in specs:
            found = _fields_of(spec)
            if found is None or found[0] in values:
                rest.append(spec)
            else:
                values[found[0]] = found[1]
        text = str(yaml.safe_dump(rest, allow_unicode=True, sort_keys=False)) if rest else ""
        return SentScorers(tuple(values), values, text)

    @staticmethod
    def read(pairs: Sequence[tuple[str, str]]) -> "SentScorers":
        """What the fields of a form say."""
        ticked = tuple(dict.fromkeys(value for name, value in pairs if name == _TICKED and value))
        given = {name: read_form(one.schema, pairs, one.prefix) for name, one in _drawn(pairs).items()}
        problems = [
            replace(problem, field=f"{offered()[name].prefix}.{problem.field}")
            for name in ticked
            if name in given
            for problem in given[name].problems
        ]
        further = next((value for name, value in pairs if name == FURTHER), "").replace("\r\n", "\n")
        return SentScorers(ticked, {name: one.value for name, one in given.items()}, further, tuple(problems))

    @property
    def untouched(self) -> frozenset[str]:
        """Those that are ticked, of whose fields none was there to be filled in."""
        return frozenset(self.ticked) - self.values.keys()

    def beginning_as(self, specs: Sequence[JsonValue]) -> "SentScorers":
        """The same, where what is untouched is as `specs` have it."""
        usual = SentScorers.of(specs).values
        begun = {name: usual[name] for name in self.untouched & usual.keys()}
        return replace(self, values={**self.values, **begun})

    def specs(self) -> tuple[JsonValue, ...]:
        """As a suite has them.

        Raises:
            ConfigError: with every problem at its field.
        """
        found = [self._spec(name) for name in self.ticked]
        problems = list(self.problems) or [
            problem for name, spec in zip(self.ticked, found, strict=True) for problem in _wrong(name, spec)
        ]
        if problems:
            raise ConfigError(problems)
        return (*found, *_listed(self.further))

    def _spec(self, name: str) -> JsonValue:
        """A name alone, which means the scorer as the suite sets it, where its fields were not seen."""
        if name not in offered() or name not in self.values:
            return name
        usual = {param.name: param.default for param in offered()[name].params}
        said = {key: value for key, value in self.values[name].items() if value != usual[key]}
        return {"scorer": name, **said}


def _drawn(pairs: Sequence[tuple[str, str]]) -> Mapping[str, Offered]:
    """The scorers of which any field was sent: of others no flag was left out on purpose."""
    names = {name for name, _ in pairs}
    return {
        name: one
        for name, one in offered().items()
        if not names.isdisjoint(f"{one.prefix}.{param.name}" for param in one.params)
    }


def _offer(entry: Entry) -> Offered:
    left_out = (_FROM_FILE, *(_FROM_JUDGE if entry.judges else ()))
    params = (*(param for param in entry.params if param.name not in left_out), *RUN_PARAMS)
    flags: list[JsonValue] = [param.name for param in params if param.kind is FLAG]
    properties: Json = {param.name: _field_schema(param) for param in params}
    return Offered(entry.name, entry.summary, params, {"properties": properties, "required": flags})


def _field_schema(param: Param) -> Json:
    """A text of one line, or of several; a list of texts, one a line; of what may be several things, the plainest."""
    schema = param.kind.schema
    choices = cast("list[Json]", schema.get("anyOf", [schema]))
    schema = next((_LINES for one in choices if one.get("type") == "array"), choices[0])
    if schema.get("type") == "string" and not param.lines:
        schema = {**schema, "maxLength": _ONE_LINE}
    words = f"Required: {param.help}" if param.required else param.help
    made: Json = {**schema, "title": _title(param.name), "description": words}
    return made if param.default is None else {**made, "default": param.default}


def _title(name: str) -> str:
    """`time_s` becomes `Time in s`."""
    words, _, last = name.rpartition("_")
    title = f"{words} in {_UNITS[last]}" if last in _UNITS else name
    return f"{title[0].upper()}{title[1:]}".replace("_", " ")


def _fields_of(spec: JsonValue) -> tuple[str, Json] | None:
    """The name and the parameters of a scorer whose form can say all of `spec`; else None."""
    given = dict(cast("Json", spec)) if isinstance(spec, dict) else {"scorer": spec}
    name = given.pop("scorer", None)
    if not isinstance(name, str) or name not in offered():
        return None
    params = {param.name: param for param in offered()[name].params}
    try:
        value = named(given, tuple(params.values()))
    except ConfigError:
        return None
    value = {key: [one] if _is_line(params.get(key), one) else one for key, one in value.items()}
    fits = all(key in params and _fits(params[key], one) for key, one in value.items())
    return (name, value) if fits else None


def _is_line(param: Param | None, value: JsonValue) -> bool:
    """Whether `value` is one text where the form has lines of them."""
    return param is not None and isinstance(value, str) and _field_schema(param).get("type") == "array"


def _fits(param: Param, value: JsonValue) -> bool:
    """Whether the field of `param` shows `value` as it is."""
    kind = _field_schema(param).get("type")
    if kind == "string":
        return isinstance(value, str)
    if kind == "array":
        lines = cast("list[JsonValue]", value) if isinstance(value, list) else [None]
        return all(isinstance(one, str) and one.strip() == one for one in lines)
    return param.kind.fits(value)


def _is_plain(entry: Entry) -> bool:
    try:
        make_scorer(entry.name)
    except ConfigError:
        return False
    return True


def _wrong(name: str, spec: JsonValue) -> list[Problem]:
    """What is wrong with a ticked scorer, at its fields."""
    try:
        make_scorer(spec)
    except ConfigError as error:
        return [replace(one, field=_place(name, one.field or "")) for one in error.problems]
    return []


def _place(name: str, field: str) -> str:
    """The field of the form that `field` of a scorer is in; of none, the scorer itself."""
    param = field.partition(".")[0]
    params = {one.name for one in offered()[name].params} if name in offered() else set[str]()
    return f"scorer.{name}.{param}" if param in params else f"scorer.{name}"


def _listed(text: str) -> list[JsonValue]:
    if not text.strip():
        return []
    try:
        found = parse_yaml(text, FURTHER).value
    except ConfigError as error:
        raise ConfigError(Problem(one.what, FURTHER, remedy=one.remedy) for one in error.problems) from None
    if not isinstance(found, list):
        remedy = "write a list, as in `- {scorer: length, max_words: 60}`"
        raise UsageError(Problem("is not a list", FURTHER, remedy=remedy))
    return cast("list[JsonValue]", found)
