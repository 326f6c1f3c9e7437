"""Tests of a promptfoo configuration: inline, in files, in scenarios; defaults merged, lists of values expanded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, cast

from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.suites.promptfoo.models import Source, Test
from loom.evaluation.suites.promptfoo.reading import Reading, is_code, is_file, listed, mapping
from loom.evaluation.suites.promptfoo.tables import table_tests
from loom.evaluation.suites.promptfoo.templates import fill

__all__ = ["MOST_TESTS", "read_tests"]

MOST_TESTS = 200_000
_WHY = {
    "threshold": "in Loom a case passes when each of its scorers is satisfied; give scorers a threshold",
    "provider": "a suite is for any model; choose it with --model",
    "providers": "a suite is for any model; choose it with --model",
    "prompts": "a suite is for any worker; split it if a case is not for all of them",
}
_SILENT_OPTIONS = ("disableVarExpansion", "disableDefaultAsserts")


def read_tests(config: Json, reading: Reading) -> list[Test]:
    """All tests under `tests` and `scenarios`, in their order."""
    tests: list[Test] = []
    for test in _all(config, reading):
        if len(tests) == MOST_TESTS:
            what = f"becomes more than {MOST_TESTS:,} cases"
            reading.error(Source(None, test.where, test.file), what, None, "use fewer values in lists")
            break
        tests.append(test)
    return tests


def _all(config: Json, reading: Reading) -> Iterator[Test]:
    default = _default(config, reading)
    alone = True
    for source in _sources(Source(config.get("tests"), ("tests",)), reading):
        alone = False
        yield from _tests(source, (default,), reading)
    for source in _sources(Source(config.get("scenarios"), ("scenarios",)), reading):
        alone = False
        yield from _scenario(source, default, reading)
    if alone and mapping(default.value):
        yield from _tests(replace(default, value={}), (default,), reading)


def _default(config: Json, reading: Reading) -> Source:
    for source in reading.followed(Source(config.get("defaultTest"), ("defaultTest",))):
        if source.value is None:
            continue
        default = reading.mapping(source, "is not a test", "give a mapping with `assert` or `vars`")
        if default is not None:
            _leave_unknown(default, source, reading)
            return source
    return Source({}, ("defaultTest",))


def _sources(start: Source, reading: Reading) -> Iterator[Source]:
    """Every test or scenario as written, files followed."""
    is_list = isinstance(start.value, list)
    for at, item in enumerate(listed(start.value)):
        source = Source(item, (*start.where, at) if is_list else start.where, start.file)
        if isinstance(item, str):
            yield from _from_files(source, reading)
        else:
            yield source


def _from_files(source: Source, reading: Reading) -> Iterator[Source]:
    name = str(source.value)
    if "://" in name and not is_file(name):
        reading.leave(source, "tests by address", "an import fetches nothing; save them as a file first")
        return
    if is_code(name):
        reading.leave(source, name, "it is code, which an import does not run")
        return
    for path in reading.paths(Source(name, source.where, source.file)):
        ending = path.suffix.lower()
        if ending in (".yaml", ".yml", ".json"):
            read = reading.structured(source, path)
            for at, item in enumerate(listed(read.value) if read else []):
                yield Source(item, (at,), reading.name(path))
        elif ending in (".csv", ".tsv", ".jsonl"):
            text = reading.text(source, path)
            if text is not None:
                yield from table_tests(text, reading.name(path), reading)
        else:
            reading.leave(source, name, "tests are read from YAML, JSON, JSONL and CSV")


def _scenario(source: Source, default: Source, reading: Reading) -> Iterator[Test]:
    """Each configuration of a scenario with each of its tests."""
    scenario = reading.mapping(source, "is not a scenario", "give a mapping with `config` and `tests`")
    if scenario is None:
        return
    bases = list(_sources(Source(scenario.get("config"), (*source.where, "config"), source.file), reading))
    inner = Source(scenario.get("tests"), (*source.where, "tests"), source.file)
    for test in _sources(inner, reading):
        for base in bases:
            yield from _tests(test, (default, base), reading)


def _tests(source: Source, defaults: Sequence[Source], reading: Reading) -> Iterator[Test]:
    """The test at `source`, once for each combination of the values in its lists."""
    test = reading.mapping(source, "is not a test", "give a mapping with `vars` and `assert`")
    if test is None:
        return
    _leave_unknown(test, source, reading)
    options = mapping(test.get("options"))
    parts = [*defaults, source]
    values: Json = {}
    for part in parts:
        values |= _vars(part, reading)
    description = str(test.get("description") or "")
    expand = not options.get("disableVarExpansion")
    asserting = [source] if options.get("disableDefaultAsserts") else parts
    asserts = tuple(one for part in asserting for one in _asserts(part))
    for combination in _combinations(values, expand=expand):
        yield Test(
            source.where,
            source.file,
            _filled(combination),
            str(fill(description, combination)),
            asserts,
            tuple(tag for part in parts for tag in _tags(mapping(part.value).get("metadata"))),
        )


def _leave_unknown(test: Json, source: Source, reading: Reading) -> None:
    for key in test.keys() - {"vars", "assert", "description", "metadata", "options"}:
        why = _WHY.get(key, "Loom has nothing like it")
        reading.leave(source, key, why)
    for key in mapping(test.get("options")).keys() - set(_SILENT_OPTIONS):
        why = "it is about how promptfoo runs and grades"
        if key in ("transform", "postprocess"):
            why = "it is code, which an import does not run; let the worker answer in the form that is wanted"
        reading.leave(source, f"options.{key}", why)


def _asserts(test: Source) -> Iterator[Source]:
    for at, one in enumerate(listed(mapping(test.value).get("assert"))):
        yield Source(one, (*test.where, "assert", at), test.file)


def _vars(test: Source, reading: Reading) -> Json:
    value = mapping(test.value).get("vars")
    if value is None:
        return {}
    found: Json = {}
    for read in reading.followed(Source(value, (*test.where, "vars"), test.file)):
        given = reading.mapping(read, "is not a mapping", "give each variable a value")
        for name, one in (given or {}).items():
            found[name] = _value(Source(one, (*read.where, name), read.file), reading)
    return found


def _value(source: Source, reading: Reading) -> JsonValue:
    """A variable's value; that of a file is its text, or what it holds, and of several files a list."""
    if not is_file(source.value):
        return source.value
    name = str(source.value)
    if is_code(name):
        reading.leave(source, name, "it is code, which an import does not run")
        return name
    found: list[JsonValue] = []
    for path in reading.paths(source):
        if path.suffix.lower() in (".yaml", ".yml", ".json"):
            read = reading.structured(source, path)
            found.append(read.value if read else None)
        else:
            found.append((reading.text(source, path) or "").strip())
    return found[0] if len(found) == 1 else found


def _combinations(values: Json, *, expand: bool) -> Iterator[Json]:
    lists = {key: cast("list[JsonValue]", value) for key, value in values.items() if isinstance(value, list)}
    if not expand or not lists:
        yield values
        return
    for chosen in product(*lists.values()):
        yield {**values, **dict(zip(lists, chosen, strict=True))}


def _filled(values: Mapping[str, Any]) -> Json:
    """Variables may use each other."""
    return {key: fill(value, dict(values)) for key, value in values.items()}


def _tags(metadata: JsonValue) -> Iterator[str]:
    for key, value in mapping(metadata).items():
        for one in listed(value):
            if isinstance(one, str | int | float) and str(one).strip():
                yield re.sub(r"\s+", " ", str(one) if key in ("tags", "tag") else f"{key}={one}")
