"""The one registry: a scorer's specification becomes a scorer; third parties join through entry points."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from loom.core.errors import ConfigError, Problem
from loom.core.jsonvalue import Json, JsonValue
from loom.evaluation.json_text import is_number
from loom.evaluation.scorers.base import DEFAULT_THRESHOLD, ConfiguredScorer, Scorer
from loom.evaluation.scorers.match import ExactMatch, FieldMatch
from loom.evaluation.scorers.numeric import Numeric
from loom.evaluation.scorers.pattern import Regex

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["ENTRY_POINTS", "ScorerFactory", "make_scorer", "nearest", "scorer_names"]

ENTRY_POINTS = "loom.scorers"
"""The entry point group. Each entry is a `ScorerFactory`."""

ScorerFactory: TypeAlias = Callable[[Json], Scorer]
"""Takes the parameters of a specification; raises ConfigError for those it cannot use."""

_Check: TypeAlias = tuple[str, Callable[[JsonValue], bool]]


_TEXT: _Check = ("a text that is not empty", lambda value: isinstance(value, str) and value != "")
_FLAG: _Check = ("true or false", lambda value: isinstance(value, bool))
_AT_LEAST_0: _Check = ("a number of at least 0", lambda value: is_number(value) and value >= 0)
_ABOVE_0: _Check = ("a number above 0", lambda value: is_number(value) and value > 0)
_SHARE: _Check = ("a number from 0 to 1", lambda value: is_number(value) and 0 <= value <= 1)

_RUN_KEYS: dict[str, _Check] = {"threshold": _SHARE, "weight": _ABOVE_0}

_BUILT_IN: dict[str, tuple[Callable[..., Scorer], dict[str, _Check], tuple[str, ...]]] = {
    "exact_match": (ExactMatch, {}, ()),
    "field_match": (FieldMatch, {}, ()),
    "numeric": (
        Numeric,
        {"field": _TEXT, "tolerance": _AT_LEAST_0, "relative": _AT_LEAST_0, "parse": _FLAG},
        (),
    ),
    "regex": (
        Regex.of,
        {"pattern": _TEXT, "field": _TEXT, "full": _FLAG, "ignore_case": _FLAG},
        ("pattern",),
    ),
}


def scorer_names() -> tuple[str, ...]:
    """Every name `make_scorer` accepts, sorted."""
    return tuple(sorted({*_BUILT_IN, *_third_parties()}))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    return next(iter(get_close_matches(word, list(known), 1, 0.6)), None)


def make_scorer(spec: JsonValue) -> ConfiguredScorer:
    """The scorer that `spec` describes: a name, or `{scorer: name, threshold?, weight?, ...its parameters}`.

    Raises:
        ConfigError: with every problem of the specification.
    """
    if isinstance(spec, str):
        return ConfiguredScorer(_build(spec, {}))
    if not isinstance(spec, dict):
        remedy = "give a name, or a mapping with `scorer`"
        raise ConfigError(Problem("is not a scorer", value=spec, remedy=remedy))
    given = dict(cast("Json", spec))
    name = given.pop("scorer", None)
    if not isinstance(name, str):
        remedy = f"name one of {', '.join(scorer_names())}"
        raise ConfigError(Problem("is missing or not a text", field="scorer", value=name, remedy=remedy))
    run = {key: given.pop(key) for key in tuple(_RUN_KEYS) if key in given}
    problems = _problems(run, _RUN_KEYS, ())
    scorer = None
    try:
        scorer = _build(name, given)
    except ConfigError as error:
        problems = [*problems, *error.problems]
    if scorer is None or problems:
        raise ConfigError(problems)
    return ConfiguredScorer(scorer, run.get("threshold", DEFAULT_THRESHOLD), run.get("weight", 1.0))


def _build(name: str, params: Json) -> Scorer:
    built_in = _BUILT_IN.get(name)
    if built_in is None:
        return _third_party(name)(params)
    make, checks, required = built_in
    problems = _problems(params, checks, required)
    if problems:
        raise ConfigError(problems)
    return make(**params)


def _third_parties() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _third_party(name: str) -> ScorerFactory:
    entry = _third_parties().get(name)
    if entry is not None:
        try:
            return cast("ScorerFactory", entry.load())
        except (ImportError, AttributeError) as error:
            what, remedy = f"cannot be loaded: {error}", "mend its package"
            problem = Problem(what, field="scorer", value=name, remedy=remedy)
            raise ConfigError(problem) from error
    near = nearest(name, scorer_names())
    remedy = f"did you mean '{near}'?" if near else f"use one of {', '.join(scorer_names())}"
    raise ConfigError(Problem("is not a known scorer", field="scorer", value=name, remedy=remedy))


def _problems(params: Json, checks: Mapping[str, _Check], required: tuple[str, ...]) -> list[Problem]:
    found = [Problem("is missing", field=key, remedy="add it") for key in required if key not in params]
    for key, value in cast("dict[Any, JsonValue]", params).items():
        if key not in checks:
            near = nearest(str(key), (*checks, *_RUN_KEYS))
            remedy = f"did you mean '{near}'?" if near else "remove it"
            what = "is not a parameter of this scorer"
            found.append(Problem(what, field=str(key), value=value, remedy=remedy))
        elif not checks[key][1](value):
            remedy = f"give {checks[key][0]}"
            found.append(Problem("has the wrong value", field=key, value=value, remedy=remedy))
    return found
