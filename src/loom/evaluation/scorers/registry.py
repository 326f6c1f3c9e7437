"""The one registry: a scorer's specification becomes a scorer; third parties join through entry points."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.core.spelling import suggestion
from loom.evaluation.scorers.base import (
    DEFAULT_THRESHOLD,
    DEFAULT_TIMEOUT_S,
    AnyScorer,
    ConfiguredScorer,
    JudgeChoice,
)
from loom.evaluation.scorers.catalogue import BUILT_IN, REPORTED, Entry
from loom.evaluation.scorers.params import ABOVE_0, SHARE, Param, named, problems_of
from loom.evaluation.scorers.threads import in_thread

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "ENTRY_POINTS",
    "RUN_PARAMS",
    "ScorerFactory",
    "entries",
    "inlined",
    "make_scorer",
    "scorer_names",
]

ENTRY_POINTS = "loom.scorers"
"""The entry point group. Each entry is a `ScorerFactory`."""

ScorerFactory: TypeAlias = Callable[[Json], AnyScorer]
"""Takes the parameters of a specification; raises ConfigError for those it cannot use."""

RUN_PARAMS = (
    Param("threshold", SHARE, "from this value on it is satisfied", default=DEFAULT_THRESHOLD),
    Param("weight", ABOVE_0, "how much it counts among several scorers", default=1.0),
    Param(
        "timeout_s",
        ABOVE_0,
        "how long it may take, and each try of a model call that it makes",
        default=DEFAULT_TIMEOUT_S,
    ),
)
"""What every specification may say besides its scorer's own parameters."""

_RUN_KEYS = tuple(param.name for param in RUN_PARAMS)


def scorer_names() -> tuple[str, ...]:
    """Every name `make_scorer` accepts, sorted."""
    return tuple(sorted({*BUILT_IN, *_third_parties()}))


def entries() -> tuple[Entry, ...]:
    """Every scorer with its parameters, sorted by name; those of third parties with what their factory says of itself.

    One that cannot be loaded is described by the reason.
    """
    others = (_described(name) for name in _third_parties() if name not in BUILT_IN)
    return tuple(sorted((*BUILT_IN.values(), *others), key=lambda entry: entry.name))


def make_scorer(spec: JsonValue, judge: JudgeChoice | None = None) -> ConfiguredScorer:
    """The scorer that `spec` describes: a name, or `{scorer: name, threshold?, weight?, ...its parameters}`.

    `judge` fills in what one that asks a judge leaves out.

    Raises:
        ConfigError: with every problem of the specification.
    """
    if isinstance(spec, str):
        return ConfiguredScorer(_build(spec, {}, judge))
    if not isinstance(spec, dict):
        remedy = "give a name, or a mapping with `scorer`"
        raise ConfigError(Problem("is not a scorer", value=spec, remedy=remedy))
    given = dict(cast("Json", spec))
    name = given.pop("scorer", None)
    if not isinstance(name, str):
        remedy = f"name one of {', '.join(scorer_names())}"
        raise ConfigError(Problem("is missing or not a text", field="scorer", value=name, remedy=remedy))
    run = {key: given.pop(key) for key in _RUN_KEYS if key in given}
    problems = problems_of(run, RUN_PARAMS)
    scorer = None
    try:
        scorer = _build(name, given, judge)
    except ConfigError as error:
        problems = [*problems, *error.problems]
    if scorer is None or problems:
        raise ConfigError(problems)
    return replace(ConfiguredScorer(scorer), **run)


def inlined(spec: JsonValue, folder: Path) -> JsonValue:
    """`spec` with the content of the files that it names, relative to `folder`, so that it can be stored.

    Raises:
        ConfigError: when a file cannot be read.
    """
    if not isinstance(spec, dict):
        return spec
    given = cast("Json", spec)
    entry = BUILT_IN.get(str(given.get("scorer")))
    return given if entry is None or entry.inline is None else entry.inline()(given, folder)


def _build(name: str, given: Json, judge: JudgeChoice | None) -> AnyScorer:
    entry = REPORTED if name == REPORTED.name else BUILT_IN.get(name)
    if entry is None:
        return in_thread(_third_party(name)(given))
    problems = problems_of(given, entry.params, _RUN_KEYS)
    if problems:
        raise ConfigError(problems)
    params = named(given, entry.params)
    if entry.judges and judge is not None:
        if params.get("model") is None and params.get("endpoint") is None:
            params |= {"model": judge.model, "endpoint": judge.endpoint}
        params.setdefault("prompt", judge.prompt)
    return entry.make(**params)


def _third_parties() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _third_party(name: str) -> ScorerFactory:
    entry = _third_parties().get(name)
    if entry is not None:
        try:
            return cast("ScorerFactory", entry.load())
        except Exception as error:
            what, remedy = f"cannot be loaded: {error}", "mend its package"
            problem = Problem(what, field="scorer", value=name, remedy=remedy)
            raise ConfigError(problem) from error
    remedy = suggestion(name, scorer_names(), f"use one of {', '.join(scorer_names())}")
    raise ConfigError(Problem("is not a known scorer", field="scorer", value=name, remedy=remedy))


def _described(name: str) -> Entry:
    try:
        factory = _third_party(name)
    except ConfigError as error:
        return Entry(name, error.problems[0].what, lambda: in_thread)
    said = (factory.__doc__ or "from another package").strip().partition("\n")[0]
    return Entry(name, said, lambda: factory)
