"""Turns the values of a suite file into cases, collecting every problem; knows no file format."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import cast

from loom.core.errors import ConfigError, Problem
from loom.core.findings import Report, Steps
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.core.keys import Rule, check_keys, schema_version
from loom.core.spelling import suggestion
from loom.evaluation.json_text import is_number, parse_json
from loom.evaluation.models import ABSENT, Case, Split, Suite

__all__ = ["CASE_KEYS", "LONGEST_NAME", "MOST_WEIGHT", "SUITE_KEYS", "read_cases", "read_head", "read_suite"]

CASE_KEYS = ("name", "input", "expected_output", "tags", "cluster", "weight", "split", "scorers")
LONGEST_NAME = 200
SUITE_KEYS = ("schema", "name", "description", "scorers", "cases")
_PLAIN = frozenset(("name", "input", "expected_output"))
"""All that most cases have: their other fields need no look."""

_SIMPLE = frozenset((int, bool, type(None)))

_MAX_DEPTH = 50
_HALF = re.compile(r"[\ud800-\udfff]")
_MOST_AFTER = 10_000
"""So many cases after the first that is wrong are looked at: who mends it shall not wait for all of a large file."""

_MOST_NAMES = 250_000
"""Of so many cases it is known, while they are only checked, which name came before."""

_NUL = "has a NUL character, which not every database holds"
MOST_WEIGHT = 1_000_000


def _read_below(report: Report, steps: Steps, value: JsonValue) -> None:
    """The value is checked where it is read."""


def _misnamed(report: Report, steps: Steps, value: JsonValue) -> None:
    report.error(steps, "is not a known key", value, "did you mean 'expected_output'?")


_SUITE_RULES: dict[str, Rule] = {
    "schema": schema_version,
    **dict.fromkeys(SUITE_KEYS[1:], _read_below),
}
_CASE_RULES: dict[str, Rule] = {**dict.fromkeys(CASE_KEYS, _read_below), "expected": _misnamed}


def read_suite(value: JsonValue, default_name: str, report: Report) -> Suite:
    """The suite in `value`, a mapping with `cases` or a list of cases, which is used up.

    Good only if `report` has no error.
    """
    if isinstance(value, list):
        return Suite(default_name, read_cases(_taken(cast("list[JsonValue]", value)), (), report))
    if not isinstance(value, dict):
        remedy = "give a mapping with `name` and `cases`, or a list of cases"
        report.error((), "is not a suite", value, remedy)
        return Suite(default_name, ())
    suite = cast("Json", value)
    head = read_head(suite, (), default_name, report)
    listed = suite.get("cases", [])
    if not isinstance(listed, list):
        report.error(("cases",), "is not a list", listed, "give a list of cases")
        listed = []
    return replace(head, cases=read_cases(_taken(cast("list[JsonValue]", listed)), ("cases",), report))


def _taken(values: list[JsonValue]) -> Iterator[tuple[int, JsonValue]]:
    """`values`, numbered; each leaves the list, so that a large suite is not in memory twice."""
    for number, value in enumerate(values):
        values[number] = None
        yield number, value


def read_head(suite: Json, steps: Steps, default_name: str, report: Report) -> Suite:
    """The suite that `suite` describes, without its cases."""
    check_keys(report, steps, suite, _SUITE_RULES)
    return Suite(
        name=_text(suite, "name", steps, report) or default_name,
        cases=(),
        description=_text(suite, "description", steps, report) or "",
        scorers=_scorers(suite.get("scorers"), steps, report),
    )


def read_cases(
    values: Iterable[tuple[int, JsonValue]], steps: Steps, report: Report, *, keep: bool = True
) -> tuple[Case, ...]:
    """The cases in numbered `values`, with names that are unique; unless `keep`, they are only checked, and let go."""
    cases: list[Case] = []
    names: dict[str, int] = {}
    last = None
    for number, value in values:
        if report.errors:
            last = number + _MOST_AFTER if last is None else last
            if report.is_full or number > last:
                count = len(report.errors)
                what = f"is not checked: {count} {'error comes' if count == 1 else 'errors come'} before it"
                report.error((*steps, number), what, None, "mend what comes before it")
                break
        case = _read_case(value, number, steps, report)
        if case is None:
            continue
        before = names.get(case.name)
        if before is not None:
            whole = "".join(map(str, steps))
            remedy = f"rename it; '{whole}[{before}]' has this name too"
            report.error((*steps, number, "name"), "is used twice", case.name, remedy)
        elif keep or len(names) < _MOST_NAMES:
            names[case.name] = number
        if keep and not report.errors:
            cases.append(case)
    if not names and not report.errors:
        report.error(steps, "has no cases", None, "add at least one case with `input`")
    return tuple(cases)


def _read_case(value: JsonValue, number: int, cases_at: Steps, report: Report) -> Case | None:
    """The case in `value`, the one of that number in the list; None when something in it is wrong."""
    if type(value) is dict:  # most cases by far are plain and right, and there may be a million
        case = cast("Json", value)
        name, given = case.get("name"), case.get("input")
        name = f"case-{number + 1}" if name is None else name
        if case.keys() <= _PLAIN and type(given) is dict and type(name) is str and _is_name(name):
            made = Case(name, cast("Json", given), case.get("expected_output", ABSENT))
            plain = name.isascii() and _is_plain(given) and _is_plain(case.get("expected_output", {}))
            return made if plain or _is_json(case, (*cases_at, number), report) else None
    return _read_any_case(value, number, cases_at, report)


def _read_any_case(value: JsonValue, number: int, cases_at: Steps, report: Report) -> Case | None:
    steps = (*cases_at, number)
    if not isinstance(value, dict):
        report.error(steps, "is not a case", value, "give a mapping with `input` and `expected_output`")
        return None
    case, before = cast("Json", value), len(report.errors)
    check_keys(report, steps, case, _CASE_RULES)
    made = Case(
        name=_text(case, "name", steps, report) or f"case-{number + 1}",
        input=_input(case, steps, report),
        expected_output=case.get("expected_output", ABSENT),
        tags=_tags(case.get("tags"), steps, report),
        cluster=_text(case, "cluster", steps, report),
        weight=_weight(case.get("weight", 1.0), steps, report),
        split=_split(case.get("split", Split.TRAIN), steps, report),
        scorers=_scorers(case.get("scorers"), steps, report),
    )
    return made if len(report.errors) == before and _is_json(made.to_json(), steps, report) else None


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and not name.isspace() and "\0" not in name


def _is_plain(value: JsonValue) -> bool:
    """Whether it can be told at a glance that `value` is JSON: an object of ASCII texts, whole numbers and the like."""
    if value.__class__ is not dict:
        return False
    for name, one in cast("Json", value).items():
        if not (name.__class__ is str and name.isascii()):
            return False
        if not (one.isascii() if one.__class__ is str else one.__class__ in _SIMPLE):
            return False
    return True


def _input(case: Json, steps: Steps, report: Report) -> Json:
    value = case.get("input")
    if isinstance(value, dict):
        return cast("Json", value)
    if "input" in case:
        report.error((*steps, "input"), "is not a mapping", value, "give the worker's input fields")
    else:
        others = ", ".join(f'"{key}": …' for key in islice((key for key in case if key not in CASE_KEYS), 3))
        remedy = (
            f'put the fields of the worker into it: "input": {{{others}}}'
            if others
            else "give the worker's input fields"
        )
        report.error((*steps, "input"), "is missing", None, remedy)
    return {}


def _text(holder: Json, key: str, steps: Steps, report: Report) -> str | None:
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        report.error((*steps, key), "is not text", value, "put it in quotes")
    elif key != "description" and not 0 < len(value.strip()) <= LONGEST_NAME:
        what = f"is empty or longer than {LONGEST_NAME} characters"
        report.error((*steps, key), what, value, "shorten or fill it")
    elif "\0" in value:
        report.error((*steps, key), _NUL, value, "take it out")
    else:
        return value
    return None


def _tags(value: JsonValue, steps: Steps, report: Report) -> tuple[str, ...]:
    if value is None:
        return ()
    tags = cast("list[JsonValue]", value) if isinstance(value, list) else [None]
    if all(isinstance(tag, str) and tag for tag in tags):
        texts = tuple(cast("list[str]", tags))
        if any("\0" in tag for tag in texts):
            report.error((*steps, "tags"), _NUL, cast("JsonValue", value), "take it out")
        return texts
    what, remedy = "is not a list of texts", "write it as [first, second]"
    report.error((*steps, "tags"), what, cast("JsonValue", value), remedy)
    return ()


def _weight(value: JsonValue, steps: Steps, report: Report) -> float:
    if is_number(value) and 1 / MOST_WEIGHT <= value <= MOST_WEIGHT:
        return value
    report.error(
        (*steps, "weight"), f"is not a number above 0 and up to {MOST_WEIGHT:,}", value, "leave it out for 1"
    )
    return 1.0


def _split(value: JsonValue, steps: Steps, report: Report) -> Split:
    try:
        return Split(value)
    except ValueError:
        remedy = suggestion(str(value), Split, f"use one of {', '.join(Split)}")
        report.error((*steps, "split"), "is not a split", value, remedy)
        return Split.TRAIN


def _scorers(value: JsonValue, steps: Steps, report: Report) -> tuple[JsonValue, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        report.error((*steps, "scorers"), "is not a list", value, "write it as [field_match]")
        return ()
    folder = Path(report.file or "").parent
    specs: list[JsonValue] = []
    for number, spec in enumerate(cast("list[JsonValue]", value)):
        if report.is_full:
            break
        try:
            specs.append(_spec(spec, folder))
        except ConfigError as error:
            for problem in error.problems:
                inside = (problem.field,) if problem.field else ()
                report.error(
                    (*steps, "scorers", number, *inside), problem.what, problem.value, problem.remedy
                )
    return tuple(specs)


def _spec(given: JsonValue, folder: Path) -> JsonValue:
    """`given` with the files it names, relative to `folder`, read into it: a suite is whole without them."""
    from loom.evaluation.scorers.registry import inlined

    spec = inlined(given, folder)
    try:
        spelled = canonical(spec).decode("utf-8", "surrogatepass")
    except (ValueError, TypeError, RecursionError) as error:
        remedy = "use text, finite numbers, lists and mappings"
        raise ConfigError(Problem(f"is not JSON: {error}", remedy=remedy)) from None
    _require_scorer(spelled)
    return spec


@lru_cache(maxsize=1024)
def _require_scorer(spec: str) -> None:
    """Many cases of a suite have the same few scorers: each that is right is made once."""
    from loom.evaluation.scorers.registry import make_scorer

    make_scorer(parse_json(spec))


def _is_json(value: Json, steps: Steps, report: Report) -> bool:
    """Whether the case has a canonical spelling, and so an identity, that others can read too."""
    remedy = "use text, finite numbers, true, false, null, lists and mappings"
    try:
        spelled = canonical(value)
    except (ValueError, TypeError, RecursionError) as error:
        report.error(steps, f"is not JSON: {error}", None, remedy)
        return False
    # Counting brackets first spares the walk for all but unusual cases.
    if spelled.count(b"[") + spelled.count(b"{") > _MAX_DEPTH and _depth(value) > _MAX_DEPTH:
        deepest = max(("input", "expected_output"), key=lambda part: _depth(value.get(part)))
        report.error((*steps, deepest), f"is nested more than {_MAX_DEPTH} deep", None, "make it flatter")
        return False
    if spelled.isascii():
        return True
    try:
        spelled.decode()
    except UnicodeDecodeError:
        half, way = next(_halves(value, ()))
        remedy = r"write both halves, as in \ud83d\ude00, or leave it out"
        report.error((*steps, *way), "holds half of a character", half, remedy)
        return False
    return True


def _halves(value: JsonValue, way: Steps) -> Iterator[tuple[str, Steps]]:
    """Each half of a character in `value`, and the way to the text that it is in."""
    if isinstance(value, dict):
        for key, inner in cast("Json", value).items():
            yield from ((half, way) for half, _ in _halves(key, way))
            yield from _halves(inner, (*way, key))
    elif isinstance(value, list):
        for number, inner in enumerate(cast("list[JsonValue]", value)):
            yield from _halves(inner, (*way, number))
    elif isinstance(value, str):
        yield from ((half[0], way) for half in _HALF.finditer(value))


def _depth(value: JsonValue) -> int:
    depth, level = 0, [value]
    while level:
        depth, level = depth + 1, [inner for item in level for inner in _inside(item)]
    return depth


def _inside(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return cast("Json", value).values()
    return cast("list[JsonValue]", value) if isinstance(value, list) else ()
