"""Rules for the keys of a configuration: each says whether one value may stand there, and how to mend it.

A rule is a function of the report, the place and the value. It knows no particular kind of file.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json
from loom.core.rule import Described, Rule, described, nullable, object_schema, schema_of
from loom.core.spelling import nearest

__all__ = [
    "SCHEMA_VERSION",
    "Rule",
    "a_dict",
    "a_number",
    "a_path_to_a_class",
    "check_keys",
    "dict_of",
    "list_of",
    "may_be_null",
    "one_of",
    "schema_version",
    "text",
    "text_or_empty",
    "whole_number",
]

SCHEMA_VERSION = "loom/v1"
_NEAR = 0.8
_LARGEST = 1e15
_MAX_UNKNOWN = 50
_LONGEST_KEY = 100
_IGNORED_PREFIX = "x-"


def check_keys(
    report: Report, steps: Steps, config: Json, rules: Mapping[str, Rule], required: Sequence[str] = ()
) -> None:
    """Apply to each key its rule. A missing required key is an error, so is one nearly known."""
    for key in required:
        if key not in config:
            what = f"{'is ' if steps else ''}missing required key '{key}'"
            report.error(steps, what, remedy=f"add '{key}: ...'")
    for key, rule in rules.items():
        if key in config:
            rule(report, (*steps, key), config[key])
    for key in islice((key for key in config if key not in rules), _MAX_UNKNOWN):
        _unknown(report, (*steps, key), key, rules)


def _unknown(report: Report, steps: Steps, key: object, known: Mapping[str, Rule]) -> None:
    if not isinstance(key, str):
        report.error(steps[:-1], "has a key that is not text", key, "put it in quotes")
        return
    if key.startswith(_IGNORED_PREFIX):
        return
    near = _nearest(key.lower(), tuple(known)) if len(key) <= _LONGEST_KEY else None
    if near:
        report.key_error(steps, "is not a known key", f"did you mean '{near}'?")
    else:
        report.warn(
            steps, "is not a key Loom knows, and is ignored", remedy="check its spelling, or name it x-..."
        )


@lru_cache(maxsize=256)
def _nearest(key: str, known: tuple[str, ...]) -> str | None:
    """Which of the `known` keys was meant: each of a million cases may have the same one that is unknown."""
    return nearest(key, known, _NEAR)


@described({"type": "string", "pattern": r"\S"})
def text(report: Report, steps: Steps, value: Any) -> None:
    """Text with something in it."""
    if not isinstance(value, str):
        report.error(
            steps,
            f"is {_kind(value)}, expected str",
            value,
            "put it in quotes" if _is_scalar(value) else "write text",
        )
    elif not value.strip():
        report.error(steps, "is empty", remedy="write some text")


@described({"type": "string", "pattern": r"^$|\S"})
def text_or_empty(report: Report, steps: Steps, value: Any) -> None:
    """Text, be it empty."""
    if value != "":
        text(report, steps, value)


@described({"type": "object"})
def a_dict(report: Report, steps: Steps, value: Any) -> None:
    """A mapping, whatever is in it."""
    if not isinstance(value, dict):
        report.error(steps, "must be a dict", value, "write 'key: value' lines under it")


def dict_of(rules: Mapping[str, Rule], required: Sequence[str] = (), *, wrong: str) -> Described:
    """A mapping whose keys obey `rules`; `wrong` is said of everything else."""

    @described(object_schema(rules, required))
    def check(report: Report, steps: Steps, value: Any) -> None:
        if isinstance(value, dict):
            check_keys(report, steps, cast("Json", value), rules, required)
        else:
            report.error(steps, wrong, value, "write 'key: value' lines under it")

    return check


def list_of(rule: Rule, *, wrong: str = "must be a list") -> Described:
    """A list whose items all obey `rule`."""

    @described({"type": "array", "items": schema_of(rule)})
    def check(report: Report, steps: Steps, value: Any) -> None:
        if not isinstance(value, list):
            report.error(steps, wrong, value, "write '- item' lines under it")
            return
        for index, item in enumerate(cast("list[Any]", value)):
            rule(report, (*steps, index), item)

    return check


def one_of(choices: Sequence[str], what: str) -> Described:
    """One of `choices`; `what` says what the value is not."""
    listed = f"{', '.join(choices[:-1])} or {choices[-1]}"

    @described({"enum": list(choices)})
    def check(report: Report, steps: Steps, value: Any) -> None:
        if not isinstance(value, str) or value not in choices:
            report.error(steps, what, value, f"use {listed}")

    return check


def a_number(
    least: float = 0,
    most: float = _LARGEST,
    *,
    what: str,
    above: bool = False,
    whole: bool = False,
) -> Described:
    """A number from `least` (not included when `above`) to `most`; `what` is said of all else, booleans included."""
    schema: Json = {
        "type": "integer" if whole else "number",
        "exclusiveMinimum" if above else "minimum": least,
    }
    if most != _LARGEST:
        schema["maximum"] = most

    @described(schema)
    def check(report: Report, steps: Steps, value: Any) -> None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and value > most:
            report.error(steps, what, value, f"use at most {int(most) if most == int(most) else most:,}")
        elif not is_number or not least <= value or (above and value == least) or (whole and value % 1):
            report.error(
                steps, what, value, "write a whole number" if whole else "write a number, without quotes"
            )

    return check


def whole_number(least: int = 1, what: str = "must be a positive whole number") -> Described:
    """A whole number of at least `least`."""
    return a_number(least, whole=True, what=what)


def may_be_null(rule: Rule) -> Described:
    """`rule`, or nothing at all."""

    @described(nullable(schema_of(rule)))
    def check(report: Report, steps: Steps, value: Any) -> None:
        if value is not None:
            rule(report, steps, value)

    return check


@described({"type": "string", "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"})
def a_path_to_a_class(report: Report, steps: Steps, value: Any) -> None:
    """A dotted import path, as in `package.module.Class`."""
    remedy = "write package.module.Class"
    if not isinstance(value, str):
        report.error(steps, f"is {_kind(value)}, expected str: a fully qualified class path", value, remedy)
        return
    parts = value.split(".")
    if len(parts) < 2:
        report.error(steps, "is not fully qualified: it needs at least two segments", value, remedy)
    wrong = next((part for part in parts if not part.isidentifier()), None)
    if wrong is not None:
        report.error(steps, f"has a segment {wrong!r} that is not a valid Python identifier", value, remedy)


@described({"description": "The file's format.", "const": SCHEMA_VERSION})
def schema_version(report: Report, steps: Steps, value: Any) -> None:
    """The version of the file format, for files that name it."""
    if value != SCHEMA_VERSION:
        report.error(
            steps, "is not a format this Loom reads", value, f"write {SCHEMA_VERSION}, or leave it out"
        )


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    return _KINDS.get(type(value), type(value).__name__)


_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}
