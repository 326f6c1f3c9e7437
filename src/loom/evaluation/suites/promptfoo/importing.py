"""Turns a promptfoo configuration into workers, a suite and a list of what was left out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from msgspec import structs

from loom.core.jsonvalue import Json, JsonValue
from loom.core.yamlfile import load_yaml
from loom.evaluation.models import Case, Suite
from loom.evaluation.suites.promptfoo.assertions import Judged, NotTakenError, take, wants_json
from loom.evaluation.suites.promptfoo.models import Imported, Prompt, Source, Test
from loom.evaluation.suites.promptfoo.prompts import read_prompts
from loom.evaluation.suites.promptfoo.providers import Provider, read_providers
from loom.evaluation.suites.promptfoo.reading import Reading, is_code, is_file, listed, mapping
from loom.evaluation.suites.promptfoo.templates import beyond_simple, fill, variables
from loom.evaluation.suites.promptfoo.tests import read_tests
from loom.evaluation.suites.promptfoo.workers import make_workers, slug

__all__ = ["import_promptfoo", "is_promptfoo"]

_SIGNS = ("prompts", "providers", "targets", "tests", "defaultTest", "scenarios")
_OWN = ("cases", "system_prompt", "pipeline_stages")
_READ = (*_SIGNS, "description", "assertionTemplates", "$schema", "env", "tags")
_LONGEST_NAME = 180


def is_promptfoo(value: JsonValue) -> bool:
    """Whether a file with this value is a promptfoo configuration."""
    if not isinstance(value, dict):
        return False
    keys = cast("Json", value).keys()
    return len(keys & set(_SIGNS)) > 1 and not keys & set(_OWN)


def import_promptfoo(path: Path, name: str | None = None) -> Imported:
    """What the configuration at `path` becomes; nothing is written, run or fetched.

    Raises:
        ConfigError: with everything that is wrong with it and with the files it names.
    """
    document = load_yaml(path)
    if document.mapping is None:
        document.report().error((), "is not a promptfoo configuration")
    config = document.mapping or {}
    reading = Reading(path.parent, document.report())
    name = name or _name(path)
    prompts = read_prompts(config.get("prompts"), reading)
    providers = read_providers(config.get("providers", config.get("targets")), reading)
    tests = read_tests(config, reading)
    _leave_rest(config, reading)
    reading.report.findings().require_valid()
    return _Import(config, reading, name).made(prompts, providers, tests)


def _name(path: Path) -> str:
    folder = path.resolve().parent.name
    return slug(folder if path.stem.startswith("promptfooconfig") else path.stem) or "imported"


def _leave_rest(config: Json, reading: Reading) -> None:
    for key in config.keys() - set(_READ):
        reading.leave(Source(None, (key,)), key, "it is about how promptfoo runs, not what is tested")
    if "env" in config:
        reading.leave(
            Source(None, ("env",)), "env", "secrets and settings are not copied; see docs/settings.md"
        )


class _Import:
    """One configuration that was read, being made into Loom's own things."""

    def __init__(self, config: Json, reading: Reading, name: str) -> None:
        self._templates = mapping(config.get("assertionTemplates"))
        self._description = str(config.get("description") or "")
        self._reading = reading
        self._name = name
        self._told: set[str] = set()

    def made(self, prompts: list[Prompt], providers: list[Provider], tests: list[Test]) -> Imported:
        as_json = _is_json(providers, tests)
        known = {name for test in tests for name in test.vars}
        used = tuple(dict.fromkeys(name for one in prompts for name in variables(one.text, known)))
        cases = self._cases(tests, used, as_json=as_json)
        for prompt in prompts:
            for what in dict.fromkeys(beyond_simple(prompt.text)):
                why = "only {{name}} and {{name.field}} are understood; rewrite this part of the worker"
                self._reading.leave(Source(None, ("prompts",)), " ".join(what.split()), why)
        workers = make_workers(self._name, prompts, providers, cases, as_json=as_json)
        suite = _hoisted(Suite(self._name, cases, self._description))
        self._reading.report.findings().require_valid()
        models = tuple(dict.fromkeys(provider.model for provider in providers))
        return Imported(workers, suite, tuple(self._reading.left_out), models)

    def _cases(self, tests: list[Test], used: tuple[str, ...], *, as_json: bool) -> tuple[Case, ...]:
        cases: list[Case] = []
        taken: dict[str, int] = {}
        for number, test in enumerate(tests, 1):
            judged = self._judged(test, as_json=as_json)
            # What only assertions use is the answer, more often than not: the model must not see it.
            for hidden in sorted(test.vars.keys() - set(used)):
                self._tell_hidden(hidden, test)
            base = " ".join(test.description.split())[:_LONGEST_NAME] or f"case-{number}"
            name = _free(base, taken)
            given = {key: test.vars[key] for key in used if key in test.vars}
            tags = tuple(dict.fromkeys(test.tags))
            cases.append(Case(name, given, judged.expected, tags, scorers=tuple(judged.scorers)))
        if not cases:
            self._reading.error(Source(None, ("tests",)), "holds no test", None, "add at least one")
        return tuple(cases)

    def _tell_hidden(self, name: str, test: Test) -> None:
        if name not in self._told:
            self._told.add(name)
            why = "no prompt uses it, so it is kept from the model"
            self._reading.leave(Source(None, (*test.where, "vars"), test.file), name, why)

    def _judged(self, test: Test, *, as_json: bool) -> Judged:
        judged = Judged(as_json)
        for source in test.asserts:
            self._take(source, test, judged)
        return judged

    def _take(self, source: Source, test: Test, judged: Judged, weight: JsonValue = 1) -> None:
        assertion = self._referenced(source)
        if not isinstance(assertion, dict):
            self._reading.error(source, "is not an assertion", source.value, "write it as {type, value}")
            return
        given = cast("Json", assertion)
        if given.get("type") == "assert-set":
            if "threshold" in given:
                why = "each scorer has to be satisfied in Loom; all of the set were taken over"
                self._reading.leave(source, "assert-set threshold", why)
            for at, inner in enumerate(listed(given.get("assert"))):
                where = (*source.where, "assert", at)
                inherited = _product(weight, given.get("weight", 1))
                self._take(Source(inner, where, source.file), test, judged, inherited)
            return
        for key in sorted(given.keys() - {"type", "value", "weight", "threshold", "transform"}):
            self._leave_key(key, source)
        try:
            value = self._value(Source(given.get("value"), source.where, source.file))
            own = given.get("weight", 1)
            take({**given, "value": fill(value, test.vars), "weight": _product(weight, own)}, judged)
        except NotTakenError as reason:
            self._reading.leave(source, str(given.get("type", given.get("$ref"))), str(reason))

    def _leave_key(self, key: str, source: Source) -> None:
        why = "Loom names a scorer by its kind" if key == "metric" else "the judge is chosen in the scorer"
        if key in ("metric", "provider", "rubricPrompt"):
            self._reading.leave(source, key, why)

    def _referenced(self, source: Source) -> JsonValue:
        """The assertion itself, or the template that it refers to."""
        reference = mapping(source.value).get("$ref")
        if not isinstance(reference, str):
            return source.value
        return self._templates.get(reference.removeprefix("#/assertionTemplates/"), source.value)

    def _value(self, source: Source) -> JsonValue:
        if not is_file(source.value):
            return source.value
        if is_code(str(source.value)):
            raise NotTakenError("it is code, which an import does not run")
        (path,) = self._reading.paths(source) or (None,)
        if path is None:
            return None
        if path.suffix.lower() in (".yaml", ".yml", ".json"):
            read = self._reading.structured(source, path)
            return read.value if read else None
        return self._reading.text(source, path)


def _free(name: str, taken: dict[str, int]) -> str:
    """`name`, or with a number behind it when it is taken; `taken` counts how often each was asked for."""
    found = name
    while found in taken:
        taken[name] += 1
        found = f"{name} ({taken[name]})"
    taken[found] = 1
    return found


def _product(one: JsonValue, other: JsonValue) -> JsonValue:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one * other
    return other


def _is_json(providers: Sequence[Provider], tests: Sequence[Test]) -> bool:
    """Whether the prompts ask for JSON of their own: all tests say so, or the provider does."""
    return any(one.wants_json for one in providers) or (
        bool(tests) and all(wants_json([one.value for one in test.asserts]) for test in tests)
    )


def _hoisted(suite: Suite) -> Suite:
    """Scorers that all cases have are the suite's."""
    first = suite.cases[0].scorers if suite.cases else ()
    common = tuple(spec for spec in first if all(spec in case.scorers for case in suite.cases))
    if not common:
        return suite
    cases = (
        structs.replace(case, scorers=tuple(spec for spec in case.scorers if spec not in common))
        for case in suite.cases
    )
    return replace(suite, cases=tuple(cases), scorers=common)
